"""Every bug of the table, room by room."""

from __future__ import annotations

from typing import Final

from tests.bugs import above, ground, media_deck, session, wire
from tests.bugs.bug import Bug

BUGS: Final[tuple[Bug, ...]] = (
    *ground.BUGS,
    *wire.BUGS,
    *media_deck.BUGS,
    *session.BUGS,
    *above.BUGS,
)
