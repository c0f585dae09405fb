"""Master minus the sum of its stems, in decibels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from takedeck.deck.nulltest import EXACT, residual_db
from takedeck.deck.pcm import Frames, Pcm
from tests.deck.rig import Rig, spec, write_wav


def pcm(frames: Frames) -> Pcm:
    made = Pcm()
    made.append(frames)
    made.close()
    return made


def noise(seed: int, count: int = 200_000) -> Frames:
    return np.random.default_rng(seed).integers(-8000, 8000, (count, 2)).astype(np.int16)


def test_integer_sum_leaves_nothing() -> None:
    stems = [noise(seed) for seed in range(3)]
    master = sum(stems[1:], start=stems[0].copy())
    assert residual_db(pcm(master), [pcm(stem) for stem in stems]) == EXACT


def test_missing_stem_is_what_is_left() -> None:
    one, other = noise(1), noise(2)
    expected = 10 * np.log10(
        np.square(other.astype(float)).sum() / np.square((one + other).astype(float)).sum()
    )
    assert residual_db(pcm(one + other), [pcm(one)]) == pytest.approx(expected, abs=1e-6)


def test_shorter_stem_ends_in_silence() -> None:
    master = noise(3)
    assert residual_db(pcm(master), [pcm(master[:100_000])]) == pytest.approx(-3.0, abs=0.1)


def test_the_figure_of_one_track_is_not_told_of_the_next(rig: Rig, tmp_path: Path) -> None:
    parts = (
        spec(write_wav(tmp_path / "master.wav", noise(1)), role="master"),
        spec(write_wav(tmp_path / "drums.wav", noise(1))),
    )
    rig.load(*parts, play=False)
    rig.deck.null_test()
    rig.until(lambda state: state.null_db is not None)
    rig.load(*parts, play=False)
    assert rig.deck.state().null_db is None
