"""A bounded record of what went over the wire, with nothing secret in it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

KEPT: Final = 200


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came back.

    `path` holds our own query only, never a signature. `duration` is in seconds, `size` in bytes
    as received. `status` is None where no answer came; `fault` then names why.
    """

    at: datetime
    method: str
    path: str
    attempt: int
    status: int | None
    duration: float
    size: int
    trace_id: str | None = None
    fault: str | None = None


class Record:
    """The latest exchanges, oldest first."""

    def __init__(self, kept: int = KEPT) -> None:
        self._exchanges: deque[Exchange] = deque(maxlen=kept)
        self.count = 0
        self.on_request: Callable[[], None] = lambda: None
        """Called for each exchange: also for a request that was repeated by itself."""

    def add(self, exchange: Exchange) -> None:
        """Keep the exchange; the oldest goes when the record is full."""
        self._exchanges.append(exchange)
        self.count += 1
        self.on_request()

    def __iter__(self) -> Iterator[Exchange]:
        return iter(tuple(self._exchanges))

    def __len__(self) -> int:
        return len(self._exchanges)
