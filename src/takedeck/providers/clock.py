"""The clocks and the sleep function of an API client, so that tests can pass their own."""

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
    """`now` returns UTC, `monotonic` seconds, `jitter` a random 0..1; `sleep` takes seconds."""

    now: Callable[[], datetime] = _utc_now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = random.random

    def steady(self) -> float:
        """Seconds since some moment, including time asleep; follows `now` if a test passes one.

        Unlike `now`, nobody can set this clock.
        """
        return through_sleep() if self.now is _utc_now else self.now().timestamp()
