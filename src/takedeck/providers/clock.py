"""The clocks and the sleep that a client uses, so that tests can pass their own."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from takedeck.times import through_sleep


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """`now` is wall time (UTC), `monotonic` and `sleep` count seconds, `jitter` gives 0–1."""

    now: Callable[[], datetime] = _utc_now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = random.random

    def steady(self) -> float:
        """Seconds since some moment, those asleep among them; with a test's `now`, by that.

        Nobody sets this clock, as they may `now`.
        """
        return through_sleep() if self.now is _utc_now else self.now().timestamp()
