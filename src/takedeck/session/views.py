"""What the screen may hold of the rooms below: their plain, read-only types."""

from typing import TYPE_CHECKING

from takedeck.deck.state import BANDS, DeckState, PartState
from takedeck.session.mixer import LoopRegion
from takedeck.session.open_track import OpenTrack

if TYPE_CHECKING:
    # Known to the type checker only: a first frame needs no list and no estimate.
    from takedeck.library.estimate import Estimate
    from takedeck.library.store import Change, View

__all__ = [
    "BANDS",
    "Change",
    "DeckState",
    "Estimate",
    "LoopRegion",
    "OpenTrack",
    "PartState",
    "View",
]
