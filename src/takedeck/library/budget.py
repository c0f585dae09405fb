"""How many requests may be made: one bucket for everything the app asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

PER_MINUTE: Final = 60
BURST: Final = 40


@dataclass(slots=True)
class Budget:
    """A token bucket over a monotonic clock in seconds.

    What must be asked (polls, opening a track) `spend`s, below zero if it has to; what is merely
    nice (titles) asks `can_spare` first, so that it never takes from what must be.
    """

    clock: Callable[[], float]
    per_minute: float = PER_MINUTE
    burst: float = BURST
    _level: float = -1.0
    _seen: float = 0.0

    def __post_init__(self) -> None:
        self._level, self._seen = self.burst, self.clock()

    def spend(self) -> None:
        """Count one request."""
        self._fill()
        self._level = max(-self.burst, self._level - 1)

    def debt(self) -> float:
        """Seconds until a request would be within the budget again; 0 while it is."""
        self._fill()
        return max(0.0, (1 - self._level) * 60 / self.per_minute)

    def can_spare(self, reserve: float = BURST / 2) -> bool:
        """Whether a request can be made that leaves `reserve` for more pressing ones."""
        self._fill()
        return self._level >= reserve + 1

    def _fill(self) -> None:
        now = self.clock()
        self._level = min(self.burst, self._level + (now - self._seen) * self.per_minute / 60)
        self._seen = now
