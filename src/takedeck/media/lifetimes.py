"""How long signed URLs are valid: as they state, or as learnt from earlier refusals."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from takedeck.text import SignedUrl

MARGIN: Final = 2.0
"""Seconds that a URL must still be valid for a request to start."""

_SHORTEST_LEARNED: Final = 5.0
"""A URL refused sooner (in seconds) was probably refused for another reason."""


class Lifetimes:
    """Lifetimes of URLs, learnt for each host. Times are the server's (UTC)."""

    def __init__(self) -> None:
        self._learned: dict[str, float] = {}

    def end(self, url: SignedUrl) -> datetime | None:
        """When the URL expires: as it states, or as learnt for its host; None if neither."""
        if url.expires_at is not None:
            return url.expires_at
        learned = self._learned.get(url.host)
        return None if learned is None else url.minted_at + timedelta(seconds=learned)

    def left(self, url: SignedUrl, now: datetime) -> float | None:
        """Seconds until the URL expires, negative afterwards; None if unknown."""
        end = self.end(url)
        return None if end is None else (end - now).total_seconds()

    def ending(self, url: SignedUrl, now: datetime) -> bool:
        """Whether the URL expires too soon to start a request.

        That is in under 2 s, or under a quarter of a lifetime shorter than 8 s. A URL that expired
        before it was minted only shows that two clocks differ, so it counts as valid.
        """
        end = self.end(url)
        if end is None:
            return False
        life = (end - url.minted_at).total_seconds()
        return life > 0 and (end - now).total_seconds() < min(MARGIN, life / 4)

    def learn(self, refused: SignedUrl, now: datetime) -> None:
        """A URL was refused. If it states no expiry, assume its age for others of its host."""
        age = (now - refused.minted_at).total_seconds()
        if refused.expires_at is None and age >= _SHORTEST_LEARNED:
            self._learned[refused.host] = min(age, self._learned.get(refused.host, age))
