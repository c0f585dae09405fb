"""Detects that the machine was suspended: a clock that counts sleep runs ahead of another."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from takedeck.times import through_sleep

JUMP: Final = 5.0
"""The difference in seconds between the clocks that counts as a suspend."""


class SuspendDetector:
    """Compares a clock that runs on during sleep (`through`) with one that stops; in seconds."""

    def __init__(
        self,
        through: Callable[[], float] = through_sleep,
        halting: Callable[[], float] = time.monotonic,
    ) -> None:
        self._through = through
        self._halting = halting
        self._difference = through() - halting()

    def happened(self) -> bool:
        """Whether the machine was suspended since the last call."""
        before, self._difference = self._difference, self._through() - self._halting()
        return self._difference - before > JUMP
