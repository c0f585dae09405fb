"""Notifications whose time never runs backwards."""

from __future__ import annotations

from time import time

from textual.notifications import Notification

_LEAST = 0.01


class Lasting(Notification):
    """One that has a moment left, as long as it is shown at all.

    Textual 8.2.8 makes the toast some milliseconds after it has asked whether it has expired, and
    a timer of less than nothing goes round for ever: the app stands still, at a whole core.
    """

    @property
    def time_left(self) -> float:
        """Seconds until it goes, never none."""
        return max(_LEAST, self.raised_at + self.timeout - time())

    @property
    def has_expired(self) -> bool:
        """Whether its time is over."""
        return self.raised_at + self.timeout <= time()
