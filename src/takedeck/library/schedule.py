"""Computes when to poll the API again; pure."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

FAST: Final = 2.0
"""Seconds, as all of these."""

SLOWEST: Final = 60.0
SLOWEST_OUT: Final = 7.0
"""The longest wait during a fault of the network or the server, which may end at any moment."""
AWAY: Final = 15.0
"""The shortest wait while the terminal has no focus."""
_JITTER: Final = 0.1


@dataclass(slots=True)
class Schedule:
    """The polling interval: short while a job is active, ever longer while none is.

    All times are in seconds. `fastest` is the provider's shortest interval, `away` whether the
    terminal has lost the focus.
    """

    random: Random
    fastest: float = FAST
    away: bool = False
    _delay: float = 0.0

    def after_answer(self, *, active: bool, changed: bool) -> float:
        """How long to wait after a successful poll."""
        if active or changed or not self._delay:
            self._delay = self.fastest
        else:
            self._delay = min(SLOWEST, self._delay * 1.5)
        return self._jittered(max(self._delay, AWAY) if self.away else self._delay)

    def after_fault(self, retry_after: float | None, *, passing: bool = False) -> float:
        """How long to wait after a failed poll: exponential backoff, at least `retry_after`.

        `passing` means a fault of the network or the server, which ends without the user's help.
        """
        slowest = SLOWEST_OUT if passing and not self.away else SLOWEST
        self._delay = max(self.fastest, min(slowest, max(self.fastest, self._delay) * 2))
        return max(self._jittered(self._delay), min(SLOWEST, retry_after or 0.0))

    def _jittered(self, delay: float) -> float:
        # Jitter only adds: `fastest` is a promise to the provider.
        return delay * (1 + self.random.uniform(0, _JITTER))
