"""The rate limit of a key: a token bucket and its response headers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime

from takedeck.simulator.clock import Clock
from takedeck.simulator.errors import rate_limited

BURST = 1.2
"""The bucket's capacity in minutes' worth of requests: 120 requests at 100 a minute."""


@dataclass(slots=True)
class RateLimit:
    """A token bucket, full at first and refilled at `per_minute`; None switches it off."""

    clock: Clock
    per_minute: int | None
    _tokens: float = field(init=False)
    _filled_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self._tokens = self._size
        self._filled_at = self.clock.now()

    @property
    def _size(self) -> float:
        return float(int((self.per_minute or 0) * BURST))

    def _fill(self) -> None:
        now = self.clock.now()
        if self.clock.frozen:
            # A stopped clock would never refill it, and every screenshot would differ.
            self._tokens = self._size
        else:
            gone = max(0.0, (now - self._filled_at).total_seconds())
            self._tokens = min(self._size, self._tokens + gone * (self.per_minute or 0) / 60)
        self._filled_at = now

    def take(self) -> None:
        """Take a token for one request; raise a 429 ApiError if there is none left."""
        if self.per_minute is None:
            return
        self._fill()
        if self._tokens < 1:
            raise rate_limited(max(1, math.ceil((1 - self._tokens) * 60 / self.per_minute)))
        self._tokens -= 1

    def headers(self) -> dict[str, str]:
        """Return the current ``X-RateLimit-*`` headers; none when switched off."""
        if self.per_minute is None:
            return {}
        full_in = (self._size - self._tokens) * 60 / self.per_minute
        return {
            "X-RateLimit-Limit": str(self.per_minute),
            "X-RateLimit-Remaining": str(min(self.per_minute, int(self._tokens))),
            "X-RateLimit-Reset": str(math.ceil(self.clock.now().timestamp() + full_in)),
        }
