"""What can go wrong in the deck, in sentences for people."""

from __future__ import annotations


class DeckFault(Exception):
    """Anything the deck refuses; its text says what to do next."""


class Damaged(DeckFault):
    """A file that cannot be what was meant to be in it: fetched anew it may be whole."""


class NotAudio(Damaged):
    """A file that no decoder here knows."""


class OutputError(DeckFault):
    """An output that cannot be opened."""


class Closed(DeckFault):
    """The part was unloaded while its file was being read."""
