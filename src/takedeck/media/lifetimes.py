"""How long signed URLs last: as they say themselves, or as earlier refusals have taught."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from takedeck.text import SignedUrl

MARGIN: Final = 2.0
_SHORTEST_LEARNED: Final = 5.0


class Lifetimes:
    """What is known of each host's URLs. Times are the server's (UTC), lengths in seconds."""

    def __init__(self) -> None:
        self._learned: dict[str, float] = {}

    def end(self, url: SignedUrl) -> datetime | None:
        """When the URL ends; None where neither it nor experience tells."""
        if url.expires_at is not None:
            return url.expires_at
        learned = self._learned.get(url.host)
        return None if learned is None else url.minted_at + timedelta(seconds=learned)

    def left(self, url: SignedUrl, now: datetime) -> float | None:
        """Seconds until the URL ends, below 0 once it has."""
        end = self.end(url)
        return None if end is None else (end - now).total_seconds()

    def ending(self, url: SignedUrl, now: datetime) -> bool:
        """Whether too little is left to start a request with.

        That is under 2 s, or under a quarter of a life shorter than 8 s. A URL that had ended
        before it was minted only shows that two clocks differ, so it is tried.
        """
        end = self.end(url)
        if end is None:
            return False
        life = (end - url.minted_at).total_seconds()
        return life > 0 and (end - now).total_seconds() < min(MARGIN, life / 4)

    def learn(self, refused: SignedUrl, now: datetime) -> None:
        """A URL that says nothing of its end was refused: others of its host last no longer."""
        age = (now - refused.minted_at).total_seconds()
        if refused.expires_at is None and age >= _SHORTEST_LEARNED:
            self._learned[refused.host] = min(age, self._learned.get(refused.host, age))
