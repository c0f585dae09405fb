"""Stems on one clock: mute, solo, gain, master and stems, the limiter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from takedeck.deck.mixer import Limiter
from takedeck.deck.state import BANDS, BIN_FRAMES
from tests.deck.rig import RAMP, RATE, Rig, counter, noise, spec, tone, write_wav


@pytest.fixture
def pair(tmp_path: Path) -> list[Path]:
    """The counter, and a noise that would hide a slip of it."""
    return [
        write_wav(tmp_path / "count.wav", counter(2 * RATE)),
        write_wav(tmp_path / "noise.wav", noise(2 * RATE, 300)),
    ]


def test_mute_moves_no_other_stem(rig: Rig, pair: list[Path]) -> None:
    rig.load(*map(spec, pair))
    rig.deck.gain("count", -6)
    rig.deck.gain("count", 0)
    rig.pull(1000)
    rig.deck.mute("noise", True)
    heard = rig.pull(2000)
    assert (heard[RAMP:] == counter(2000, 1000)[RAMP:]).all()
    both = counter(RAMP, 1000).astype(int) + noise(2 * RATE, 300)[1000 : 1000 + RAMP]
    assert np.abs(heard[: RAMP // 8] - both[: RAMP // 8]).max() <= 300
    rig.deck.mute("noise", False)
    heard = rig.pull(2000)
    both = counter(2000, 3000).astype(int) + noise(2 * RATE, 300)[3000:5000]
    assert (heard[RAMP:] == both[RAMP:]).all()


def test_solo_is_additive_and_mute_wins(rig: Rig, tmp_path: Path) -> None:
    paths = [
        write_wav(tmp_path / f"s{i}.wav", np.full((RATE, 2), 1 << i, np.int16)) for i in range(4)
    ]
    rig.load(*map(spec, paths))
    assert (rig.pull(1000)[RAMP:] == 15).all()
    rig.deck.solo("s0", True)
    assert (rig.pull(1000)[RAMP:] == 1).all()
    rig.deck.solo("s2", True)
    assert (rig.pull(1000)[RAMP:] == 5).all()
    assert [part.audible for part in rig.deck.state().parts] == [True, False, True, False]
    rig.deck.mute("s2", True)
    assert (rig.pull(1000)[RAMP:] == 1).all()
    rig.deck.mute("s2", False)
    rig.deck.solo("s0", False)
    rig.deck.solo("s2", False)
    assert (rig.pull(1000)[RAMP:] == 15).all()


@pytest.mark.parametrize(
    ("db", "factor"),
    [(99, 1.9953), (7, 1.9953), (6, 1.9953), (0, 1.0), (-6, 0.5012), (-60, 0.0), (-99, 0.0)],
)
def test_gain_in_decibels(rig: Rig, tmp_path: Path, db: float, factor: float) -> None:
    rig.load(spec(write_wav(tmp_path / "s.wav", np.full((RATE, 2), 10_000, np.int16))))
    rig.deck.gain("s", db)
    assert np.abs(rig.pull(1000)[RAMP:] - 10_000 * factor).max() <= 1
    assert rig.deck.state().parts[0].gain_db == min(6, max(-60, db))


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("late", [0, 1])
def test_one_stem_that_stalls_is_waited_for(
    rig: Rig, tmp_path: Path, late: int, whole: bool
) -> None:
    signals = [tone(2 * RATE), noise(2 * RATE, 300)]
    both = signals[0] + signals[1]
    parts = [spec(write_wav(tmp_path / f"{n}.wav", signal)) for n, signal in enumerate(signals)]
    there, further, other = RATE, 3 * RATE // 2, 1 - late
    rig.deck.load("k", parts, True)
    rig.deck.set_available(str(late), 44 + 4 * there)
    rig.deck.set_available(str(other), 44 + 4 * (2 * RATE if whole else further), complete=whole)
    rig.until(
        lambda s: (
            s.parts[late].decoded == there
            and (s.parts[other].complete if whole else s.parts[other].decoded == further)
        )
    )
    rig.settled()
    heard = rig.pull(3 * RATE // 2)
    state = rig.deck.state()
    assert state.transport == "buffering"
    stalled = round(state.position * RATE)
    assert there - 2 * RAMP < stalled <= there
    assert (heard[RAMP : stalled - RAMP] == both[RAMP : stalled - RAMP]).all()
    assert not heard[stalled:].any()
    for part in parts:
        rig.deck.set_available(part.name, part.path.stat().st_size, complete=True)
    rig.until(lambda s: all(part.complete for part in s.parts))
    heard = rig.pull(1000)
    assert rig.deck.state().transport == "playing"
    assert (heard[RAMP:] == both[stalled + RAMP : stalled + 1000]).all()


def test_master_and_stems_switch_at_the_same_instant(rig: Rig, tmp_path: Path) -> None:
    whole = counter(2 * RATE)
    half = (whole // 2).astype(np.int16)
    master = write_wav(tmp_path / "master.wav", whole)
    stems = [write_wav(tmp_path / "a.wav", half), write_wav(tmp_path / "b.wav", whole - half)]
    rig.load(spec(master, role="master"), *map(spec, stems))
    assert rig.deck.state().source == "master"
    heard = [rig.pull(1000)]
    for source in ("stems", "master", "stems"):
        rig.deck.select(source)
        heard.append(rig.pull(777))
    everything = np.concatenate(heard).astype(int)
    assert np.abs(everything - whole[: len(everything)])[RAMP:].max() <= 1


def test_a_source_that_is_not_loaded_is_not_chosen(rig: Rig, pair: list[Path]) -> None:
    rig.load(spec(pair[0], "master", "master"))
    rig.deck.select("stems")
    assert rig.deck.state().source == "master"
    assert (rig.pull(1000)[RAMP:] == counter(1000)[RAMP:]).all()


def test_the_master_plays_on_until_the_stems_are_there(rig: Rig, pair: list[Path]) -> None:
    master = spec(pair[0], "master", "master")
    rig.load(master)
    rig.pull(1000)
    rig.deck.add_parts([spec(pair[1])])
    rig.deck.select("stems")
    assert (rig.pull(1000) == counter(1000, 1000)).all()
    rig.deck.set_available("noise", pair[1].stat().st_size, complete=True)
    rig.until(lambda s: all(part.complete for part in s.parts))
    assert (rig.pull(1000)[RAMP:] == noise(2 * RATE, 300)[2000 + RAMP : 3000]).all()


def test_sixteen_stems_are_limited_and_never_wrap(rig: Rig, tmp_path: Path) -> None:
    loud = tone(3 * RATE, 440.0, 12_000)
    paths = [write_wav(tmp_path / f"s{i}.wav", loud) for i in range(16)]
    rig.load(*map(spec, paths))
    heard = rig.pull(RATE // 2).astype(int)
    audible = np.abs(loud[: len(heard)]) > 500
    assert (np.sign(heard) == np.sign(loud[: len(heard)]))[audible].all()
    assert np.abs(heard).max() > 30_000
    for i in range(1, 16):
        rig.deck.mute(f"s{i}", True)
    rig.pull(3 * RATE // 2)
    assert (rig.pull(1000) == loud[2 * RATE : 2 * RATE + 1000]).all()


def test_the_limiter_leaves_full_scale_alone() -> None:
    extremes = np.array([[-32768, 32767], [32767, -32768], [0, 1]] * 80, dtype=np.float32)
    assert (Limiter().apply(extremes.copy()) == extremes).all()


def test_the_limiter_lets_go_slowly_and_altogether() -> None:
    limiter, chunk = Limiter(), 240
    limiter.apply(np.full((chunk, 2), 2 * 32768.0, dtype=np.float32))
    quiet = [limiter.apply(np.full((chunk, 2), 10_000.0, dtype=np.float32)) for _ in range(200)]
    heard = np.concatenate(quiet)[:, 0].astype(int)
    assert 4_990 <= heard[0] <= 5_010
    assert (np.diff(heard) >= 0).all()
    assert np.diff(heard).max() <= 2
    half = int(np.argmax(heard >= 7_500)) / RATE
    assert 0.05 <= half <= 0.2
    assert (heard[-chunk:] == 10_000).all()


def test_parts_of_unequal_length_end_with_the_longest(rig: Rig, tmp_path: Path) -> None:
    short = write_wav(tmp_path / "short.wav", np.full((1000, 2), 500, np.int16))
    long = write_wav(tmp_path / "long.wav", counter(5000))
    rig.load(spec(short), spec(long))
    heard = rig.pull(6000)
    assert (heard[1000:5000] == counter(4000, 1000)).all()
    assert rig.deck.state().transport == "ended"
    assert rig.deck.state().duration == 5000 / RATE


def test_levels_follow_what_is_heard(rig: Rig, tmp_path: Path) -> None:
    stems = [
        write_wav(tmp_path / "a.wav", np.full((RATE, 2), 16384, np.int16)),
        write_wav(tmp_path / "b.wav", np.full((RATE, 2), 8192, np.int16)),
    ]
    rig.load(*map(spec, stems))
    rig.pull(1000)
    rig.deck.mute("b", True)
    rig.deck.gain("a", -6)
    rig.pull(1000)
    rig.pull(1000)
    a, b = rig.deck.state().parts
    assert a.level == pytest.approx(0.2506, abs=1e-3)
    assert b.level == 0.0


def test_a_bin_says_how_loud_each_band_is(rig: Rig, tmp_path: Path) -> None:
    frames = np.zeros((8 * BIN_FRAMES + 1024, 2), np.int16)
    for number, turns in enumerate((5, 50, 500)):
        # Whole turns in a bin, so that nothing leaks into the band beside it.
        wave = 16384 * np.sin(2 * np.pi * turns * np.arange(BIN_FRAMES) / BIN_FRAMES)
        at = number * 2 * BIN_FRAMES
        frames[at : at + BIN_FRAMES, 0] = np.rint(wave)
    frames[-1024:, 0] = frames[:1024, 0]
    frames[-1024:, 1] = frames[:1024, 0]
    rig.load(spec(write_wav(tmp_path / "p.wav", frames)))
    bins = rig.deck.bands("p")
    assert rig.deck.bands("p", 8) == bins[8 * BANDS :]
    # One channel of two: the RMS is 0.25, its root a half.
    silence = [0, 0, 0]
    assert list(bins[: 8 * BANDS]) == pytest.approx(
        [*[128, 0, 0], *silence, *[0, 128, 0], *silence, *[0, 0, 128], *silence * 3], abs=2
    )
    assert bins[8 * BANDS] > 120
    rig.load(spec(write_wav(tmp_path / "q.wav", np.stack((frames[:, 0], -frames[:, 0]), axis=1))))
    assert list(rig.deck.bands("q", 4)[:BANDS]) == pytest.approx([0, 152, 0], abs=2)
    assert rig.deck.bands("nothing") == b""


def test_a_sum_over_full_scale_is_counted(rig: Rig, tmp_path: Path) -> None:
    loud = tone(RATE, level=20_000)
    paths = [write_wav(tmp_path / f"{name}.wav", loud) for name in "ab"]
    rig.load(spec(paths[0]))
    rig.pull(4000)
    assert rig.deck.state().clips == 0
    rig.load(*(spec(path) for path in paths))
    rig.pull(4000)
    assert rig.deck.state().clips > 0
