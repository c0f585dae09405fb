"""When to ask the API again; pure, the clock is passed in."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

FAST: Final = 2.0
SLOWEST: Final = 60.0
SLOWEST_OUT: Final = 7.0
"""The slowest pace while the network or the server is out of order: that may end any moment."""
AWAY: Final = 15.0
"""The fastest pace while nobody looks."""
_JITTER: Final = 0.1


@dataclass(slots=True)
class Schedule:
    """The polling pace: fast while something is under way, ever slower while nothing is.

    Times are in seconds of a monotonic clock. `fastest` is the provider's own lower bound, `away`
    whether the terminal has lost the focus.
    """

    random: Random
    fastest: float = FAST
    away: bool = False
    _delay: float = 0.0

    def after_answer(self, *, active: bool, changed: bool) -> float:
        """How long to wait after an answer that arrived."""
        if active or changed or not self._delay:
            self._delay = self.fastest
        else:
            self._delay = min(SLOWEST, self._delay * 1.5)
        return self._jittered(max(self._delay, AWAY) if self.away else self._delay)

    def after_fault(self, retry_after: float | None, *, passing: bool = False) -> float:
        """How long to wait after an answer that did not; what the server asks for counts.

        `passing` faults are the network's and the server's own, which nobody has to mend here.
        """
        slowest = SLOWEST_OUT if passing and not self.away else SLOWEST
        self._delay = max(self.fastest, min(slowest, max(self.fastest, self._delay) * 2))
        return max(self._jittered(self._delay), min(SLOWEST, retry_after or 0.0))

    def _jittered(self, delay: float) -> float:
        # Never less: the fastest pace is a promise.
        return delay * (1 + self.random.uniform(0, _JITTER))
