"""Notifications whose time left is never negative."""

from __future__ import annotations

from time import time

from textual.notifications import Notification

_LEAST = 0.01


class Lasting(Notification):
    """A notification that always has some time left.

    Textual 8.2.8 sets the toast's timer some milliseconds after checking that it has not expired.
    With a negative time left the timer loops for ever, and the app hangs with one core busy.
    """

    @property
    def time_left(self) -> float:
        """Seconds until it expires, always more than 0."""
        return max(_LEAST, self.raised_at + self.timeout - time())

    @property
    def has_expired(self) -> bool:
        """Whether its time is over."""
        return self.raised_at + self.timeout <= time()
