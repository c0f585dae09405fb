"""Hints fit what is on the deck, and go once their key was used."""

from __future__ import annotations

import pytest

from takedeck.deck.state import DeckState, PartState
from takedeck.tui.hints import HINTS, LOOP, NULL_TEST, STEMS, VERSION, Hint, due
from takedeck.tui.preferences import Preferences
from tests.tui.stage import Studio, app_on

WALTZ = "mgen_00a1"
MASTER_ONLY = DeckState(parts=(PartState("master", "master"),))
WITH_STEMS = DeckState(parts=(PartState("master", "master"), PartState("drums", "stem")))


@pytest.mark.parametrize(
    ("deck", "stems", "versions", "learned", "hint"),
    [
        (MASTER_ONLY, 5, 0, (), STEMS),
        (MASTER_ONLY, 0, 0, (), None),
        (MASTER_ONLY, 5, 2, ("stems",), VERSION),
        (WITH_STEMS, 5, 0, (), NULL_TEST),
        (WITH_STEMS, 5, 0, ("null_test",), None),
        (DeckState(position=11.0), 0, 0, (), LOOP),
        (DeckState(position=11.0, loop=(1.0, 2.0)), 0, 0, (), None),
        (DeckState(position=11.0), 5, 2, tuple(each.name for each in HINTS), None),
    ],
)
def test_the_hint_that_is_due(
    deck: DeckState, stems: int, versions: int, learned: tuple[str, ...], hint: Hint | None
) -> None:
    assert due(deck, stems, versions, learned) == hint


async def test_a_hint_goes_once_its_key_was_used_and_stays_away(quiet: Studio) -> None:
    quiet.add(WALTZ)
    kept: list[Preferences] = []
    async with app_on(quiet.connect, keep_preferences=kept.append) as stage:
        await stage.connected()
        await stage.open(WALTZ)
        await stage.shows("0 loads the stems")
        await stage.press("0")
        await stage.shows("N null test")
        assert "loads the stems" not in stage.text
        assert kept[-1].learned == {"stems"}
        await stage.press("0")
        assert len(kept) == 1
    async with app_on(quiet.connect, preferences=kept[-1]) as stage:
        await stage.connected()
        await stage.open(WALTZ)
        await stage.press("right", "right", "right")
        await stage.until(lambda: stage.deck.position > 10)
        await stage.shows("I O L loop a part")
        assert "loads the stems" not in stage.text


async def test_a_hint_has_the_key_that_the_config_gives(quiet: Studio) -> None:
    quiet.add(WALTZ)
    async with app_on(quiet.connect, keymap={"stems": "t"}) as stage:
        await stage.connected()
        await stage.open(WALTZ)
        await stage.shows("t loads the stems")
