"""Outputs: kinds, files, and the device through a private PulseAudio."""

from __future__ import annotations

import importlib.util
import sys
import threading
import types
from pathlib import Path

import numpy as np
import pytest

from takedeck.deck import outputs
from takedeck.deck.client import DeckClient
from takedeck.deck.faults import OutputError
from takedeck.deck.outputs import simple
from takedeck.deck.outputs.base import Block, Output
from tests.deck.rig import (
    RAMP,
    RATE,
    PullOutput,
    Rig,
    counter,
    noise,
    read_wav,
    rigged,
    spec,
    write_wav,
)
from tests.deck.test_client import put, until
from tests.pulse import private_pulse


@pytest.mark.parametrize(
    "kind", ["", "speaker", "wav", "wav:", "wav-offline:", "null:x", "device:x"]
)
def test_unknown_kinds_are_refused(kind: str) -> None:
    with pytest.raises(OutputError):
        outputs.make(kind)


def test_a_paced_file_is_readable_while_it_is_written(tmp_path: Path) -> None:
    asked = threading.Semaphore(0)

    def render(frames: int) -> Block:
        asked.release()
        return counter(frames)

    output = outputs.make(f"wav:{tmp_path / 'o.wav'}")
    output.open(8000, render)
    output.start()
    for _ in range(3):
        assert asked.acquire(timeout=10)
    assert len(read_wav(tmp_path / "o.wav")) >= 160
    output.close()
    assert len(read_wav(tmp_path / "o.wav")) % 160 == 0


def test_the_rate_of_the_output_follows_the_track(rig: Rig, tmp_path: Path) -> None:
    rig.load(spec(write_wav(tmp_path / "a.wav", counter(1000))))
    rig.load(spec(write_wav(tmp_path / "b.wav", counter(1000))))
    assert (rig.out.opened, rig.out.rate) == (1, RATE)
    rig.load(spec(write_wav(tmp_path / "c.wav", counter(1000), 8000)))
    assert (rig.out.opened, rig.out.rate) == (2, 8000)


def test_a_lost_output_is_opened_again_then_given_up(rig: Rig, tmp_path: Path) -> None:
    rig.load(spec(write_wav(tmp_path / "a.wav", counter(RATE))))
    rig.pull(1000)
    rig.out.lost = True
    rig.until(lambda _: rig.out.opened == 2)
    assert rig.deck.state().output_fault is None
    rig.out.lost = True
    state = rig.until(lambda s: s.output_fault is not None)
    assert "stopped answering: playing silently" in str(state.output_fault)
    rig.until(lambda s: s.transport == "ended")


def test_an_output_with_gaps_is_opened_with_longer_periods(rig: Rig, tmp_path: Path) -> None:
    rig.load(spec(write_wav(tmp_path / "a.wav", counter(RATE))))
    rig.pull(1000)
    rig.out.underran = True
    rig.until(lambda _: rig.out.opened == 2 and rig.out.started)
    assert (rig.pull(1000) == counter(1000, 1000)).all()
    assert rig.deck.state().output_fault is None


def dropouts(heard: Block, frames: int) -> tuple[int, int]:
    """Frames of the counter that are missing from what was heard, and frames heard twice."""
    numbers = heard[:, 0].astype(np.int64) + ((heard[:, 1].astype(np.int64) - 1) << 15)
    numbers = numbers[heard[:, 1] > 0]
    kept = numbers[(numbers > RAMP) & (numbers < frames)]
    missing = frames - 1 - RAMP - len(np.unique(kept))
    return missing, len(kept) - len(np.unique(kept))


_TRIES = 4


async def test_the_device_gets_every_frame_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = 3 * RATE
    base, hiss = counter(frames), noise(frames, 200)
    parts = [
        spec(write_wav(tmp_path / "count.wav", base)),
        spec(write_wav(tmp_path / "plus.wav", hiss)),
        spec(write_wav(tmp_path / "minus.wav", -hiss)),
    ]

    async def scene() -> None:
        deck = DeckClient()
        await deck.start("device")
        put(deck, *parts)
        state = await until(deck, lambda s: s.transport == "ended")
        assert state.output_fault is None
        assert state.output.startswith("sound device")
        await deck.close()

    # In real time, against a real sound server. A machine that is very busy can keep that server
    # from a period once; frames that we lose ourselves are lost each time.
    lost = list[tuple[int, int]]()
    while (0, 0) not in lost:
        with private_pulse() as pulse:
            for name, value in pulse.env.items():
                monkeypatch.setenv(name, value)
            await scene()
            heard = pulse.until(lambda h: bool((h == base[-1]).all(axis=1).any()))
        lost.append(dropouts(heard, frames))
        assert len(lost) < _TRIES or (0, 0) in lost, lost


needs_simpleaudio = pytest.mark.skipif(
    sys.version_info >= (3, 12) or importlib.util.find_spec("simpleaudio") is None,
    reason="simpleaudio is not installed, or crashes on this Python",
)


@needs_simpleaudio
async def test_simpleaudio_stops_and_plays_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = counter(3 * RATE)
    part = spec(write_wav(tmp_path / "count.wav", frames), "count", "master")

    async def scene() -> None:
        deck = DeckClient()
        await deck.start("simpleaudio")
        put(deck, part)
        await until(deck, lambda s: s.transport == "playing" and s.position > 0.5)
        deck.pause()
        state = await until(deck, lambda s: s.transport == "paused")
        assert 0.5 < state.position < 1.5
        deck.seek(2.0)
        deck.play()
        state = await until(deck, lambda s: s.transport == "ended")
        assert state.position == 3.0
        assert state.output_fault is None
        await deck.close()

    # In real time, as above: its own queue runs dry on a machine that is very busy.
    whole = list[bool]()
    while True not in whole:
        with private_pulse() as pulse:
            for name, value in pulse.env.items():
                monkeypatch.setenv(name, value)
            await scene()
            heard = pulse.until(lambda h: bool((h == frames[-1]).all(axis=1).any()))
        begun = int(np.flatnonzero((heard == frames[2 * RATE]).all(axis=1))[0])
        after = heard[begun : begun + RATE]
        whole.append(len(after) == RATE and bool((after == frames[2 * RATE :]).all()))
        assert len(whole) < _TRIES or True in whole
    begun = int(np.flatnonzero((heard == frames[1]).all(axis=1))[0])
    assert (heard[begun : begun + RATE // 4] == frames[1 : 1 + RATE // 4]).all()


def test_simpleaudio_is_refused_where_it_would_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", max(sys.version_info, (3, 12)))
    with pytest.raises(OutputError, match=r"Python 3\.12"):
        outputs.make("simpleaudio")


def test_simpleaudio_gives_back_what_the_clock_says_was_not_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The counting is ours: it is the same whichever player is imported, and where there is none.
    monkeypatch.setattr(sys, "version_info", (3, 11))
    monkeypatch.setitem(sys.modules, "simpleaudio", types.ModuleType("simpleaudio"))
    now = 100.0
    monkeypatch.setattr(simple.time, "monotonic", lambda: now)
    output = simple.SimpleAudioOutput()
    output.open(RATE, counter)
    output.given(RATE)
    assert (output.pending, output.interrupt(), output.pending) == (RATE, RATE, 0)
    output.given(RATE)
    output._started_at = now
    now += 0.25
    assert (output.pending, output.interrupt(), output.pending) == (33_075, 33_075, 0)
    output.given(RATE)
    output._started_at = now
    now += 2
    assert (output.pending, output.interrupt(), output.pending) == (0, 0, 0)


def test_simpleaudio_is_refused_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 11))
    monkeypatch.setitem(sys.modules, "simpleaudio", None)
    with pytest.raises(OutputError, match="not installed"):
        outputs.make("simpleaudio")


def test_a_device_that_is_back_is_used_by_the_next_track(tmp_path: Path) -> None:
    made = PullOutput()
    present = False

    def make(kind: str) -> Output:
        if kind == "auto" and not present:
            raise OutputError("no sound device")
        return made if kind == "auto" else outputs.make(kind)

    with rigged(make, "auto") as rig:
        rig.until(lambda s: s.output_fault is not None)
        present = True
        rig.deck.load("k", [], True)
        state = rig.until(lambda s: s.output_fault is None)
        assert state.output == "pull"
