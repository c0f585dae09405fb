"""The log of the simulator's requests, for tests that count them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode


@dataclass(frozen=True, slots=True)
class Request:
    """One request that was answered; `query` is without signature and expiry."""

    origin: str
    method: str
    path: str
    query: str
    status: int
    range: str | None = None


class RequestLog:
    """The last requests, oldest first; safe to read while the servers write."""

    def __init__(self, size: int = 20_000) -> None:
        self._all: deque[Request] = deque(maxlen=size)
        self._lock = threading.Lock()

    def add(self, request: Request) -> None:
        with self._lock:
            self._all.append(request)

    def clear(self) -> None:
        with self._lock:
            self._all.clear()

    def __iter__(self) -> Iterator[Request]:
        with self._lock:
            return iter(tuple(self._all))

    def __len__(self) -> int:
        with self._lock:
            return len(self._all)


def harmless(query: bytes) -> str:
    """Return a query without its signature and expiry."""
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    return urlencode([(name, value) for name, value in pairs if name not in {"sig", "exp"}])
