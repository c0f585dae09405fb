"""The mixer's state by itself: strips, loop region, volume, and what they make audible."""

from __future__ import annotations

import pytest

from takedeck.deck.state import GAIN_DB
from takedeck.session.mixer import ChannelStrip, LoopRegion, MixerState

STEMS = ("drums", "bass", "chords")


def test_keys_add_up_and_gain_stays_within_its_limits() -> None:
    mixer = MixerState()
    assert [mixer.toggle_mute("drums") for _ in range(3)] == [True, False, True]
    assert [mixer.toggle_solo("bass") for _ in range(2)] == [True, False]
    assert [mixer.add_gain("bass", 4.0) for _ in range(2)] == [4.0, GAIN_DB[1]]
    assert mixer.add_gain("bass", -100.0) == GAIN_DB[0]
    assert [mixer.add_volume(change) for change in (0.5, -0.05, -2.0)] == [1.0, 0.95, 0.0]


@pytest.mark.parametrize(
    ("strips", "heard"),
    [
        ({}, set(STEMS)),
        ({"drums": ChannelStrip(muted=True)}, {"bass", "chords"}),
        ({"drums": ChannelStrip(soloed=True)}, {"drums"}),
        (
            {"drums": ChannelStrip(soloed=True), "bass": ChannelStrip(soloed=True)},
            {"drums", "bass"},
        ),
        ({"drums": ChannelStrip(muted=True, soloed=True)}, set()),
    ],
)
def test_what_is_audible(strips: dict[str, ChannelStrip], heard: set[str]) -> None:
    assert MixerState(strips, stems=True).audible(STEMS) == heard
    assert MixerState(strips, stems=False).audible(STEMS) == set()


def test_a_region_reaches_to_the_end_of_the_track_where_it_has_none() -> None:
    region = LoopRegion()
    region.set(on=True)
    assert region.within(None) is None
    assert region.within(60.0) == (0.0, 60.0)
    region.set(start=5.0)
    assert region.within(60.0) == (5.0, 60.0)
    region.set(end=9.0)
    assert region.within(None) == (5.0, 9.0)


def test_the_newer_of_two_ends_that_cross_counts() -> None:
    region = LoopRegion(5.0, 9.0)
    region.set(start=12.0)
    assert (region.start, region.end) == (12.0, None)
    region.set(end=4.0)
    assert (region.start, region.end) == (None, 4.0)


def test_another_track_keeps_the_volume_another_version_the_loop_too() -> None:
    loop = LoopRegion(1.0, 2.0, on=True)
    mixer = MixerState({"drums": ChannelStrip(muted=True)}, loop, stems=True, volume=0.3)
    assert mixer.for_track() == MixerState(volume=0.3)
    assert mixer.for_version() == MixerState(loop=loop, volume=0.3)
