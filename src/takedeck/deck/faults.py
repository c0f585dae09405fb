"""The deck's exceptions; their texts are shown to the user."""

from __future__ import annotations


class DeckFault(Exception):
    """Base of what the deck refuses; the text says what to do next."""


class Damaged(DeckFault):
    """The file's content is broken; downloading it again may help."""


class NotAudio(Damaged):
    """A file in no format that a decoder here knows."""


class OutputError(DeckFault):
    """An output that cannot be opened or written."""


class Closed(DeckFault):
    """The part was unloaded while its file was being read."""
