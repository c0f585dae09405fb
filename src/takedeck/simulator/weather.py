"""Network faults between the storage and its client, set by tests and benchmarks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

_PIECE = 8 * 1024


class Cut(ConnectionError):
    """The connection is cut before the end of the file."""


@dataclass(frozen=True, slots=True)
class Spoiled:
    """What is served in place of a part's file: `body`, or the file's first `keep` bytes."""

    body: bytes | None = None
    keep: int = 0
    mime_type: str = "audio/mpeg"


@dataclass(slots=True)
class Weather:
    """No faults by default; may be changed at any time, by any thread.

    `rate` is bytes a second shared by all connections; `cut_after` ends each connection after
    that many bytes of its body; `broken` names parts (``master`` or a stem) answered with 503.
    `spoiled` parts are replaced once, with a Content-Length that matches.
    """

    rate: float | None = None
    cut_after: int | None = None
    broken: set[str] = field(default_factory=set)
    spoiled: dict[str, Spoiled] = field(default_factory=dict)
    _free_at: float = 0.0

    async def pass_through(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield the body, slowed down or cut as set. Raises Cut."""
        sent = 0
        async for chunk in body:
            size = len(chunk) if self.rate is None else _PIECE
            for start in range(0, len(chunk), size):
                piece = chunk[start : start + size]
                await self._wait(len(piece))
                if self.cut_after is not None and sent + len(piece) > self.cut_after:
                    yield piece[: self.cut_after - sent]
                    raise Cut
                sent += len(piece)
                yield piece

    async def _wait(self, size: int) -> None:
        if self.rate is None:
            return
        now = time.monotonic()
        self._free_at = max(now, self._free_at) + size / self.rate
        await asyncio.sleep(self._free_at - now)
