"""Stems: heard one by one or together, at the same instant as the master."""

from __future__ import annotations

import pytest

from takedeck.deck.state import PartState
from takedeck.tui.screens import main
from tests.tui.stage import DEADLINE, Stage, Studio

WALTZ = "mgen_00a1"
STEMS = ("drums", "bass", "chords", "lead", "pad")


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, a digit follows `S` in time."""
    monkeypatch.setattr(main, "_SOLO_WAITS", DEADLINE)


def part(stage: Stage, name: str) -> PartState:
    """The deck's part of that name; a silent one before it is on the deck."""
    parts = (part for part in stage.deck.parts if part.name == name)
    return next(parts, PartState(name=name, role="stem"))


def audible(stage: Stage) -> set[str]:
    return {part.name for part in stage.deck.parts if part.audible}


async def paused(stage: Stage) -> float:
    """Open the waltz and pause it at ten seconds."""
    await stage.open(WALTZ)
    await stage.press("space")
    await stage.until(lambda: stage.deck.transport == "paused")
    await stage.press("home", "right", "right")
    await stage.until(lambda: abs(stage.deck.position - 10) < 0.05)
    return stage.deck.position


async def test_0_switches_at_the_same_instant(quiet: Studio) -> None:
    quiet.add(WALTZ)
    async with quiet.app() as stage:
        position = await paused(stage)
        assert audible(stage) == {"master"}
        assert not [r for r in quiet.simulator.requests if "drums" in r.path]
        await stage.press("0")
        await stage.until(lambda: audible(stage) == set(STEMS))
        assert abs(stage.deck.position - position) < 0.001
        await stage.press("0")
        await stage.until(lambda: audible(stage) == {"master"})
        assert abs(stage.deck.position - position) < 0.001


async def test_the_stems_play_together(quiet: Studio) -> None:
    quiet.add(WALTZ)
    async with quiet.app() as stage:
        await stage.open(WALTZ)
        await stage.press("0")
        await stage.until(lambda: audible(stage) == set(STEMS) and stage.playing())
        before = stage.deck.position
        await stage.until(lambda: stage.deck.position > before + 0.3)
        await stage.shows("buffered 100 %")


async def test_s_hears_one_stem_by_itself(quiet: Studio) -> None:
    quiet.add(WALTZ)
    async with quiet.app() as stage:
        await paused(stage)
        await stage.press("l", "l", "j", "j", "s")
        await stage.until(lambda: audible(stage) == {"bass"})
        await stage.press("j", "s")
        await stage.until(lambda: audible(stage) == {"bass", "chords"})
        await stage.press("s", "k", "s")
        await stage.until(lambda: audible(stage) == set(STEMS))


async def test_digits_and_m_mute(quiet: Studio) -> None:
    quiet.add(WALTZ)
    async with quiet.app() as stage:
        await paused(stage)
        await stage.press("2")
        await stage.until(lambda: audible(stage) == set(STEMS) - {"bass"})
        await stage.press("l", "l", "j", "m")
        await stage.until(lambda: audible(stage) == set(STEMS) - {"bass", "drums"})
        await stage.press("2", "m")
        await stage.until(lambda: audible(stage) == set(STEMS))
        await stage.press("9")
        await stage.press("1")
        await stage.until(lambda: audible(stage) == set(STEMS) - {"drums"})


async def test_braces_change_the_gain(quiet: Studio) -> None:
    quiet.add(WALTZ)
    async with quiet.app() as stage:
        await paused(stage)
        await stage.press("l", "l", "j")
        for gain, key in ((-1, "{"), (-2, "{"), (-1, "}"), (0, "}"), (1, "}")):
            await stage.press("left_curly_bracket" if key == "{" else "right_curly_bracket")
            await stage.until(lambda gain=gain: part(stage, "drums").gain_db == gain)
        await stage.until(lambda: "+1" in stage.pane("#lanes"))
        for _ in range(8):
            await stage.press("right_curly_bracket")
        await stage.until(lambda: part(stage, "drums").gain_db == 6)


async def test_a_stem_key_without_a_stem_says_what_to_do(quiet: Studio) -> None:
    quiet.add(WALTZ)
    async with quiet.app() as stage:
        await stage.open(WALTZ)
        await stage.press("s")
        await stage.shows("Choose a stem first")
        assert audible(stage) == {"master"}


async def test_a_track_without_stems_says_so(quiet: Studio) -> None:
    quiet.add(WALTZ, has_stems=False)
    async with quiet.app() as stage:
        await stage.open(WALTZ)
        assert "drums" not in stage.pane("#track")
        for key in ("s", "m", "left_curly_bracket", "1", "0"):
            await stage.press(key)
        await stage.shows("This track has no stems.")
        assert audible(stage) == {"master"}
        await stage.until(stage.playing)


async def test_the_lanes_show_waveforms(quiet: Studio) -> None:
    quiet.add(WALTZ)
    async with quiet.app() as stage:
        await stage.open(WALTZ)
        await stage.press("0")
        await stage.until(lambda: all(part(stage, name).complete for name in STEMS))
        await stage.until(lambda: "·" not in stage.pane("#lanes"))
        drawn = stage.pane("#lanes")
        assert len(set(drawn) & set("▁▂▃▄▅▆▇█")) >= 4


async def test_s_and_a_digit_solo_that_stem(quiet: Studio) -> None:
    quiet.add(WALTZ)
    async with quiet.app() as stage:
        await paused(stage)
        await stage.press("S", "3")
        await stage.until(lambda: audible(stage) == {"chords"})
        await stage.press("S", "3")
        await stage.until(lambda: audible(stage) == set(STEMS))
        # As a terminal without kitty's protocol sends alt+1.
        await stage.press("inverted_exclamation_mark")
        await stage.until(lambda: audible(stage) == {"drums"})
        # The digit after S has been taken: the next one mutes.
        await stage.press("1")
        await stage.until(lambda: part(stage, "drums").muted)


async def test_one_key_clears_the_mutes_and_solos_and_one_the_gains(quiet: Studio) -> None:
    quiet.add(WALTZ)
    async with quiet.app() as stage:
        await paused(stage)
        await stage.press("2", "S", "3", "l", "l", "j", "left_curly_bracket")
        await stage.until(lambda: audible(stage) == {"chords"} and part(stage, "bass").muted)
        await stage.until(lambda: part(stage, "drums").gain_db == -1)
        await stage.press("C")
        await stage.until(lambda: audible(stage) == set(STEMS))
        assert part(stage, "drums").gain_db == -1
        await stage.press("Z")
        await stage.until(lambda: part(stage, "drums").gain_db == 0)
        assert not [each for each in stage.deck.parts if each.muted or each.soloed]
