"""Play, pause, seek, stop, end, loop: exact to the frame."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.deck.rig import RAMP, RATE, Rig, counter, largest_step, spec, tone, write_wav


@pytest.fixture
def count(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "count.wav", counter(3 * RATE))


def test_plays_every_frame_once(rig: Rig, count: Path) -> None:
    rig.load(spec(count))
    heard = np.concatenate([rig.pull(size) for size in (1, 239, 240, 241, 1764, 20_000)])
    assert (heard[RAMP:] == counter(len(heard))[RAMP:]).all()
    assert rig.deck.state().position == len(heard) / RATE


def test_pause_is_a_ramp_then_silence_then_the_next_frame(rig: Rig, count: Path) -> None:
    rig.load(spec(count))
    rig.pull(1000)
    rig.deck.pause()
    heard = rig.pull(2000)
    assert heard[RAMP // 2].any()
    assert not heard[RAMP:].any()
    assert rig.deck.state().transport == "paused"
    assert rig.deck.state().position == (1000 + RAMP) / RATE
    rig.deck.toggle()
    heard = rig.pull(1000)
    at = 1000 + RAMP
    assert (heard[RAMP:] == counter(1000, at)[RAMP:]).all()


@pytest.mark.parametrize("seconds", [0.0, 0.5, 1.23456, 2.9])
def test_seek_lands_on_its_frame(rig: Rig, count: Path, seconds: float) -> None:
    rig.load(spec(count))
    rig.pull(5000)
    rig.deck.seek(seconds)
    assert rig.deck.state().position == pytest.approx(seconds, abs=0.5 / RATE)
    heard = rig.pull(2000)
    landed = counter(2000 - RAMP, round(seconds * RATE))
    assert (heard[2 * RAMP :] == landed[RAMP:]).all()


def test_seek_in_silence_is_at_once(rig: Rig, count: Path) -> None:
    rig.load(spec(count), play=False)
    rig.deck.seek(1.0)
    assert rig.deck.state().position == 1.0
    rig.deck.play()
    assert (rig.pull(1000)[RAMP:] == counter(1000, RATE)[RAMP:]).all()


def test_start_position_is_exact(rig: Rig, count: Path) -> None:
    rig.load(spec(count), start=0.75)
    assert (rig.pull(1000)[RAMP:] == counter(1000, round(0.75 * RATE))[RAMP:]).all()


def test_stop_goes_to_the_start(rig: Rig, count: Path) -> None:
    rig.load(spec(count))
    rig.pull(5000)
    rig.deck.stop()
    assert not rig.pull(2000)[RAMP:].any()
    state = rig.deck.state()
    assert (state.transport, state.position) == ("stopped", 0.0)


def test_the_end_is_the_end_and_play_starts_over(rig: Rig, count: Path) -> None:
    rig.load(spec(count), start=2.9)
    heard = rig.pull(RATE)
    size = 3 * RATE - round(2.9 * RATE)
    assert (heard[RAMP:size] == counter(size, round(2.9 * RATE))[RAMP:]).all()
    assert not heard[size:].any()
    rig.until(lambda s: s.transport == "ended" and s.position == 3.0)
    rig.deck.play()
    assert (rig.pull(1000)[RAMP:] == counter(1000)[RAMP:]).all()


def test_seek_past_the_end_ends(rig: Rig, count: Path) -> None:
    rig.load(spec(count))
    rig.pull(1000)
    rig.deck.seek(99.0)
    rig.pull(2000)
    assert rig.deck.state().transport == "ended"


def test_seek_past_the_end_while_paused_stands_at_the_end(rig: Rig, count: Path) -> None:
    rig.load(spec(count))
    rig.pull(1000)
    rig.deck.pause()
    rig.pull(2 * RAMP)
    rig.deck.seek(99.0)
    state = rig.deck.state()
    assert (state.transport, state.position) == ("paused", 3.0)
    rig.deck.seek(state.position - 1.0)
    assert rig.deck.state().position == 2.0
    rig.deck.seek(99.0)
    rig.deck.play()
    assert not rig.pull(2000).any()
    state = rig.deck.state()
    assert (state.transport, state.position) == ("ended", 3.0)


def test_no_command_clicks(rig: Rig, tmp_path: Path) -> None:
    tones = [tone(4 * RATE, 110.0 * (i + 1), 3000) for i in range(4)]
    parts = [write_wav(tmp_path / f"s{i}.wav", frames) for i, frames in enumerate(tones)]
    master = write_wav(tmp_path / "m.wav", np.sum(tones, axis=0, dtype=np.int16))
    rig.load(spec(master, role="master"), *map(spec, parts))
    deck, rng = rig.deck, np.random.default_rng(7)
    commands: list[Callable[[], None]] = [
        deck.pause, deck.play, deck.stop, deck.play,
        lambda: deck.seek(float(rng.uniform(0, 3))), lambda: deck.seek(float(rng.uniform(0, 3))),
        lambda: deck.mute("s1", bool(rng.integers(2))),
        lambda: deck.solo("s2", bool(rng.integers(2))),
        lambda: deck.gain("s3", float(rng.integers(-60, 6))), lambda: deck.select("master"),
        lambda: deck.select("stems"), lambda: deck.select("s0"),
        lambda: deck.volume(float(rng.uniform(0.2, 1))),
    ]  # fmt: skip
    heard = []
    for _ in range(300):
        commands[rng.integers(len(commands))]()
        heard.append(rig.pull(int(rng.integers(1, 900))))
        if rig.deck.state().transport == "ended":
            deck.seek(0.0)
    # The partials' steepest slope at 6 dB up in one of them, and the ramp of everything in 8 ms.
    own = sum(3000 * (2 if i == 3 else 1) * 2 * np.pi * 110 * (i + 1) / RATE for i in range(4))
    assert largest_step(np.concatenate(heard)) <= own + 15000 / RAMP + 2


def test_loading_the_next_track_does_not_click(rig: Rig, tmp_path: Path) -> None:
    first = write_wav(tmp_path / "a.wav", tone(RATE, 100.0, 20_000))
    rig.load(spec(first))
    before = rig.pull(RATE // 400 * 41)
    rig.deck.load("next", [spec(first)], True)
    after = rig.pull(2000)
    assert after[:10].any()
    assert not after[RAMP:].any()
    assert (
        largest_step(np.concatenate((before, after)))
        <= 20_000 * (2 * np.pi * 100 / RATE + 1 / RAMP) + 2
    )


def test_positions_that_are_no_numbers_change_nothing(rig: Rig, count: Path) -> None:
    rig.load(spec(count))
    rig.pull(1000)
    rig.deck.seek(float("nan"))
    rig.deck.volume(float("inf"))
    rig.deck.gain("count", float("nan"))
    assert (rig.pull(1000) == counter(1000, 1000)).all()


def test_unload_empties_the_deck(rig: Rig, count: Path) -> None:
    rig.load(spec(count))
    rig.pull(1000)
    rig.deck.unload()
    assert not rig.pull(2000)[RAMP:].any()
    assert rig.deck.state().transport == "empty"
    rig.deck.play()
    assert rig.deck.state().transport == "empty"
