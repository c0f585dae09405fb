"""The request budget: one token bucket for all requests of the app."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

PER_MINUTE: Final = 60
BURST: Final = 40
"""Tokens in a full bucket."""


@dataclass(slots=True)
class Budget:
    """A token bucket over a monotonic clock in seconds.

    Necessary requests (polls, opening a track) just `spend`, below zero if need be. Optional ones
    (titles) ask `can_spare` first, so that they never delay the necessary ones.
    """

    clock: Callable[[], float]
    per_minute: float = PER_MINUTE
    burst: float = BURST
    _level: float = -1.0
    _filled_at: float = 0.0

    def __post_init__(self) -> None:
        self._level, self._filled_at = self.burst, self.clock()

    def spend(self) -> None:
        """Count one request."""
        self._fill()
        self._level = max(-self.burst, self._level - 1)

    def debt(self) -> float:
        """Seconds until a request is within the budget again; 0 if it is now."""
        self._fill()
        return max(0.0, (1 - self._level) * 60 / self.per_minute)

    def can_spare(self, reserve: float = BURST / 2) -> bool:
        """Whether a request now would leave `reserve` tokens for more urgent ones."""
        self._fill()
        return self._level >= reserve + 1

    def _fill(self) -> None:
        now = self.clock()
        self._level = min(self.burst, self._level + (now - self._filled_at) * self.per_minute / 60)
        self._filled_at = now
