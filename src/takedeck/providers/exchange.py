"""A bounded record of requests and responses, without secrets."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

KEPT: Final = 200
"""Exchanges kept in a record."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response.

    `at` is the local time (UTC) of its start, `attempt` counts from 1. `path` includes our own
    query, never a signature. `duration` is in seconds, `size` in bytes as received. `status` is
    None without a response; `fault` names the class of the error, if there was one.
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
        """Called for each exchange, automatic retries included."""

    def add(self, exchange: Exchange) -> None:
        """Keep the exchange; drops the oldest if the record is full."""
        self._exchanges.append(exchange)
        self.count += 1
        self.on_request()

    def __iter__(self) -> Iterator[Exchange]:
        return iter(tuple(self._exchanges))

    def __len__(self) -> int:
        return len(self._exchanges)
