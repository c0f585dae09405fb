"""Hints that fit what is on the deck: each is shown until its key was used once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from takedeck.session.views import DeckState

_SETTLED: Final = 10.0
"""Seconds into a track from which a hint about loops is of use."""


class Hint(NamedTuple):
    """`commands` are the names of those whose keys stand before the words."""

    name: str
    commands: tuple[str, ...]
    words: str


STEMS: Final = Hint("stems", ("stems",), "loads the stems")
VERSION: Final = Hint("version", ("next_version",), "the other version")
NULL_TEST: Final = Hint("null_test", ("null_test",), "null test")
LOOP: Final = Hint("loop", ("loop_in", "loop_out", "loop"), "loop a part")
HINTS: Final = (STEMS, VERSION, NULL_TEST, LOOP)


def due(deck: DeckState, stems: int, versions: int, learned: Iterable[str]) -> Hint | None:
    """The one hint to be shown now, if any, of those that are not learned.

    `stems` and `versions` count those of the open track.
    """
    loaded = any(part.role == "stem" for part in deck.parts)
    waiting = {
        STEMS: stems > 0 and not loaded,
        VERSION: versions > 1,
        NULL_TEST: loaded and deck.null_db is None,
        LOOP: deck.position >= _SETTLED and deck.loop is None,
    }
    known = set(learned)
    return next((hint for hint in HINTS if waiting[hint] and hint.name not in known), None)
