"""The deck as a process: started, spoken to, killed, started again, ended with its input."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest

from takedeck.deck.bands import Bands
from takedeck.deck.client import DeckClient
from takedeck.deck.protocol import Load, SetAvailable, encode
from takedeck.deck.state import BANDS, BIN_FRAMES, DeckState, PartSpec
from tests.deck.rig import RAMP, RATE, counter, mp3, noise, read_wav, spec, write_wav

DEADLINE = 100.0


async def until(deck: DeckClient, enough: Callable[[DeckState], bool]) -> DeckState:
    """Wait for a state that is `enough`. Raises TimeoutError."""
    found: asyncio.Future[DeckState] = asyncio.get_running_loop().create_future()

    def look(state: DeckState) -> None:
        if enough(state) and not found.done():
            found.set_result(state)

    unsubscribe = deck.subscribe(look)
    look(deck.state)
    try:
        return await asyncio.wait_for(found, DEADLINE)
    finally:
        unsubscribe()


async def with_deck(scene: Callable[[DeckClient], Awaitable[None]], output: str = "null") -> None:
    """Run a scene with a started deck, and end the deck whatever happens."""
    deck = DeckClient()
    await deck.start(output)
    try:
        await scene(deck)
    finally:
        await deck.close()
        assert not deck.alive


def put(deck: DeckClient, *parts: PartSpec, play: bool = True) -> None:
    deck.load("key", parts, play)
    for part in parts:
        deck.set_available(part.name, part.path.stat().st_size, complete=True)


async def test_offline_is_the_whole_part_bit_by_bit(tmp_path: Path) -> None:
    frames = counter(5 * RATE // 2)
    part = spec(write_wav(tmp_path / "a.wav", frames), "a", "master")

    async def scene(deck: DeckClient) -> None:
        deck.volume(0.3)
        put(deck, part)
        state = await until(deck, lambda s: s.transport == "ended")
        assert state.position == 2.5
        assert (read_wav(tmp_path / "out.wav") == frames).all()

    await with_deck(scene, f"wav-offline:{tmp_path / 'out.wav'}")


async def test_offline_waits_for_the_download_and_puts_nothing_in(tmp_path: Path) -> None:
    source = noise(3 * RATE)
    raw = mp3(source)
    path = tmp_path / "g.mp3"

    async def scene(deck: DeckClient) -> None:
        deck.load("key", [PartSpec("g", path, "master", len(raw))], True)
        with path.open("wb") as file:
            for at in range(0, len(raw), 10_000):
                file.write(raw[at : at + 10_000])
                file.flush()
                deck.set_available("g", file.tell(), complete=file.tell() == len(raw))
                await until(deck, lambda s: s.key == "key")
        await until(deck, lambda s: s.transport == "ended")
        heard = read_wav(tmp_path / "out.wav")
        error = heard[: len(source)].astype(float) - source
        assert np.std(error) < np.std(source) / 10

    await with_deck(scene, f"wav-offline:{tmp_path / 'out.wav'}")


async def test_offline_waits_for_a_download_that_has_not_begun(tmp_path: Path) -> None:
    frames = counter(RATE)
    path = tmp_path / "late.wav"

    async def scene(deck: DeckClient) -> None:
        deck.load("key", [PartSpec("late", path, "master")], True)
        await until(deck, lambda s: s.transport == "loading")
        deck.select("master")
        serial = deck.state.serial
        await until(deck, lambda s: s.serial > serial)
        write_wav(path, frames)
        deck.set_available("late", path.stat().st_size, complete=True)
        await until(deck, lambda s: s.transport == "ended")
        assert (read_wav(tmp_path / "out.wav") == frames).all()

    await with_deck(scene, f"wav-offline:{tmp_path / 'out.wav'}")


async def test_news_of_another_track_is_passed_over(tmp_path: Path) -> None:
    part = spec(write_wav(tmp_path / "a.wav", counter(RATE)), "a", "master")

    async def scene(deck: DeckClient) -> None:
        deck.load("before", [part], False)
        deck.load("key", [part], False)
        deck.set_available("a", 0, True, "The storage refused the URL.", "before")
        deck.set_available("a", part.size or 0, True, None, "key")
        state = await until(deck, lambda s: s.key == "key" and s.parts[0].complete)
        assert (state.parts[0].decoded, state.parts[0].fault) == (RATE, None)

    await with_deck(scene)


async def test_offline_with_nothing_to_hear_ends_with_the_fault(tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(b"no sound in here" * 9)

    async def scene(deck: DeckClient) -> None:
        put(deck, spec(tmp_path / "bad", "bad", "master"))
        state = await until(deck, lambda s: s.transport == "stopped")
        assert state.parts[0].fault is not None

    await with_deck(scene, f"wav-offline:{tmp_path / 'out.wav'}")


async def test_a_mix_of_muted_stems_is_rendered(tmp_path: Path) -> None:
    parts = [
        spec(write_wav(tmp_path / f"s{i}.wav", np.full((RATE, 2), 1 << i, np.int16)))
        for i in range(3)
    ]

    async def scene(deck: DeckClient) -> None:
        put(deck, *parts, play=False)
        deck.mute("s1", True)
        deck.play()
        await until(deck, lambda s: s.transport == "ended")
        assert (read_wav(tmp_path / "out.wav") == 5).all()

    await with_deck(scene, f"wav-offline:{tmp_path / 'out.wav'}")


async def test_plays_on_the_clock_to_a_file(tmp_path: Path) -> None:
    frames = counter(RATE // 2)
    part = spec(write_wav(tmp_path / "a.wav", frames), "a", "master")
    seen: list[DeckState] = []

    async def scene(deck: DeckClient) -> None:
        unsubscribe = deck.subscribe(seen.append)
        put(deck, part)
        await until(deck, lambda s: s.transport == "ended")
        unsubscribe()

    await with_deck(scene, f"wav:{tmp_path / 'out.wav'}")
    heard = read_wav(tmp_path / "out.wav")
    begun = int(np.flatnonzero((heard == frames[1000]).all(axis=1))[0]) - 1000
    body = heard[begun + RAMP : begun + len(frames)]
    assert (body == frames[RAMP:]).all()
    playing = [state.position for state in seen if state.transport == "playing"]
    assert len(playing) >= 5
    assert playing == sorted(playing)
    assert [s.serial for s in seen] == sorted(s.serial for s in seen)


async def test_bands_arrive_as_the_part_decodes(tmp_path: Path) -> None:
    stereo = noise(300 * BIN_FRAMES, level=9000)
    expected = Bands()
    expected.add(stereo, RATE)
    part = spec(write_wav(tmp_path / "a.wav", stereo), "a", "master")

    async def scene(deck: DeckClient) -> None:
        put(deck, part, play=False)
        await until(deck, lambda s: bool(s.parts) and s.parts[0].complete)
        await until(deck, lambda _: len(deck.bands("a")) == 300 * BANDS)
        assert deck.bands("a") == expected.since(0)
        deck.load("other", [], False)
        assert deck.bands("a") == b""

    await with_deck(scene)


async def test_killed_it_says_so_and_the_next_load_starts_it_again(tmp_path: Path) -> None:
    part = spec(write_wav(tmp_path / "a.wav", counter(2 * RATE)), "a", "master")

    async def scene(deck: DeckClient) -> None:
        deck.volume(0.5)
        put(deck, part)
        await until(deck, lambda s: s.transport == "playing")
        first = deck.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        state = await until(deck, lambda s: s.transport == "empty")
        assert "SIGKILL" in str(state.output_fault)
        for command in (deck.play, deck.pause, deck.stop, deck.toggle, deck.unload):
            command()
        put(deck, part)
        state = await until(deck, lambda s: s.transport == "playing")
        assert state.volume == 0.5
        assert state.output_fault is None
        assert deck.pid not in (None, first)

    await with_deck(scene)


async def test_after_the_end_nobody_waits_for_its_next_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = spec(write_wav(tmp_path / "a.wav", counter(RATE // 3)), "a", "master")
    loop = asyncio.get_running_loop()
    time, ahead = loop.time, 0.0

    async def scene(deck: DeckClient) -> None:
        nonlocal ahead
        put(deck, part)
        await until(deck, lambda s: s.transport == "playing")
        await until(deck, lambda s: s.transport == "ended")
        # What is due within a minute is due now.
        for _ in range(2):
            ahead += 60.0
            for _ in range(3):
                await asyncio.sleep(0)
        assert (deck.state.transport, deck.state.output_fault) == ("ended", None)

    monkeypatch.setattr(loop, "time", lambda: time() + ahead)
    await with_deck(scene)


async def test_an_output_that_cannot_be_opened_is_said_and_played_silently(tmp_path: Path) -> None:
    part = spec(write_wav(tmp_path / "a.wav", counter(RATE)), "a", "master")

    async def scene(deck: DeckClient) -> None:
        state = await until(deck, lambda s: s.output_fault is not None)
        assert "playing silently" in str(state.output_fault)
        put(deck, part)
        await until(deck, lambda s: s.transport == "playing" and s.position > 0.1)

    await with_deck(scene, f"wav:{tmp_path / 'missing' / 'out.wav'}")


async def test_no_sound_device_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    if Path("/dev/snd").exists():
        pytest.skip("this machine has a sound device")
    monkeypatch.setenv("PULSE_SERVER", "unix:/nonexistent")

    async def scene(deck: DeckClient) -> None:
        state = await until(deck, lambda s: s.output_fault is not None)
        assert "no sound device: playing silently" in str(state.output_fault)

    await with_deck(scene, "auto")


def test_ends_when_its_input_ends_and_keeps_its_output_clean(tmp_path: Path) -> None:
    part = spec(write_wav(tmp_path / "a.wav", counter(RATE)), "a", "master")
    lines = [
        encode(Load("k", (part,), True)),
        b"this is no command\n",
        b'{"do":"seek","seconds":"far"}\n',
        encode(SetAvailable("a", part.size or 0, True, None, "k")),
    ]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "takedeck.deck", "--output", f"wav:{tmp_path / 'o.wav'}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(b"".join(lines))
        process.stdin.flush()
        said = []
        for line in process.stdout:
            said.append(json.loads(line))
            if said[-1].get("state", {}).get("position", 0) > 3 * RAMP / RATE:
                process.stdin.close()
        assert b"refused" in process.stderr.read()
    assert process.returncode == 0
    assert all(message["is"] in ("state", "bands") for message in said)
    heard = read_wav(tmp_path / "o.wav")
    assert (tmp_path / "o.wav").stat().st_size == 44 + heard.nbytes
    begun = int(np.flatnonzero((heard == counter(RATE)[RAMP]).all(axis=1))[0]) - RAMP
    # It began where it should: the seek to nowhere was passed over.
    assert (heard[begun + RAMP : begun + 2 * RAMP] == counter(2 * RAMP)[RAMP:]).all()


def test_the_app_side_imports_nothing_heavy() -> None:
    code = (
        "import sys, takedeck.deck.client;"
        "print(sorted({'numpy', 'miniaudio', 'soxr', 'pydub'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
