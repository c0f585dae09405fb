"""How long jobs took, and what is said of one that is still running."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takedeck.library.estimate import FEWEST, LATEST, LONGEST, Estimate, Estimates, took
from takedeck.model import FAILED, RUNNING, SUCCEEDED, Job, Track
from tests.conftest import START

credible = st.floats(0.001, LONGEST - 1)


def finished(track_after: float | None = 42.0) -> Job:
    made = None if track_after is None else START + timedelta(seconds=track_after)
    return Job("a", SUCCEEDED, created_at=START, tracks=(Track("t", created_at=made),))


def test_the_tracks_own_time_says_how_long_it_took() -> None:
    assert took(finished(42.0)) == 42.0
    assert took(finished(42.0), START + timedelta(seconds=50)) == 42.0


@pytest.mark.parametrize("after", [None, 0.0, -5.0, LONGEST, 1e6])
def test_without_a_credible_time_of_the_track_what_was_seen_counts(after: float | None) -> None:
    assert took(finished(after)) is None
    assert took(finished(after), START + timedelta(seconds=50)) == 50.0
    assert took(finished(after), START - timedelta(seconds=50)) is None


def test_only_what_succeeded_tells_how_long_it_takes() -> None:
    seen = START + timedelta(seconds=9)
    assert took(replace(finished(), status=FAILED), seen) is None
    assert took(replace(finished(), status=RUNNING), seen) is None
    assert took(replace(finished(), created_at=None), seen) is None
    assert took(Job("a", SUCCEEDED, created_at=START)) is None
    assert took(Job("a", SUCCEEDED, created_at=START), seen) == 9.0


def test_median_and_90th_percentile() -> None:
    known = Estimates({("studio", "focus"): [float(number) for number in range(101)][1:]})
    known.add("studio", "focus", 101.0)
    assert known.of("studio", "focus") == Estimate(median=51.0, p90=91.0, count=101)


def test_the_closest_kind_with_enough_jobs_counts() -> None:
    known = Estimates()
    assert known.of("studio", "focus") is None
    for _ in range(FEWEST):
        known.add("sketch", "focus", 10)
    assert known.of("studio", "focus") == Estimate(10, 10, FEWEST)
    for _ in range(FEWEST):
        known.add("studio", "creation", 100)
    assert known.of("studio", "focus") == Estimate(100, 100, FEWEST)
    known.add("studio", "focus", 300)
    known.add("studio", "focus", 300)
    assert known.of("studio", "focus") == Estimate(100, 300, FEWEST + 2)
    known.add("studio", "focus", 300)
    assert known.of("studio", "focus") == Estimate(300, 300, FEWEST)


def test_what_is_old_is_forgotten() -> None:
    known = Estimates({("studio", "focus"): [900.0] * LATEST + [30.0] * LATEST})
    assert known.of("studio", "focus") == Estimate(30, 30, LATEST)


@pytest.mark.parametrize("seconds", [0.0, -1.0, LONGEST, float("inf"), float("nan")])
def test_what_is_not_credible_teaches_nothing(seconds: float) -> None:
    known = Estimates({("studio", "focus"): [seconds] * 9})
    assert known.of("studio", "focus") is None


def test_the_time_left_runs_from_the_median_to_slower_than_usual() -> None:
    usual = Estimate(median=60, p90=90, count=9)
    assert usual.left(-5) == usual.left(0) == 60
    assert usual.left(45) == 30
    assert usual.left(90) == 0
    assert not usual.slow(90)
    assert usual.slow(90.1)
    assert usual.left(90.1) is None


@given(st.lists(credible, min_size=FEWEST, max_size=40), st.lists(st.floats(0, 2 * LONGEST)))
def test_the_time_left_never_rises_and_ends_when_it_is_slow(
    durations: list[float], moments: list[float]
) -> None:
    usual = Estimates({("studio", "focus"): durations}).of("studio", "focus")
    assert usual is not None
    assert min(durations) <= usual.median * (1 + 1e-9)
    assert usual.median <= usual.p90 * (1 + 1e-9)
    assert usual.p90 <= max(durations) * (1 + 1e-9)
    for earlier, later in pairwise(sorted(moments)):
        before, after = usual.left(earlier), usual.left(later)
        assert (after is None) == usual.slow(later)
        assert after is None or (before is not None and 0 <= after <= before <= usual.median)
