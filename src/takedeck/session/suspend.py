"""Notices that the machine has slept: the clock that counts sleep has run ahead of the other."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from takedeck.times import through_sleep

JUMP: Final = 5.0
"""Seconds by which the clocks must part to count as sleep."""


class SuspendDetector:
    """Compares a clock that goes on in sleep with one that halts; both in seconds."""

    def __init__(
        self,
        through: Callable[[], float] = through_sleep,
        halting: Callable[[], float] = time.monotonic,
    ) -> None:
        self._through = through
        self._halting = halting
        self._apart = through() - halting()

    def happened(self) -> bool:
        """Whether the machine has slept since this was last asked."""
        before, self._apart = self._apart, self._through() - self._halting()
        return self._apart - before > JUMP
