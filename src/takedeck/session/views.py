"""What the screen may hold of the rooms below: their plain, read-only types."""

from takedeck.deck.state import DeckState, PartState
from takedeck.library.estimate import Estimate
from takedeck.library.store import Change, View
from takedeck.session.mix import Marks
from takedeck.session.opened import Opened

__all__ = ["Change", "DeckState", "Estimate", "Marks", "Opened", "PartState", "View"]
