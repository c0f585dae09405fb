"""Master minus the sum of its stems, in decibels."""

from __future__ import annotations

import numpy as np
import pytest

from takedeck.deck.nulltest import EXACT, residual_db
from takedeck.deck.pcm import Frames, Pcm


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
