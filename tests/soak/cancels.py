"""Requests and downloads whose callers go away at any tick: none costs a connection."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from takedeck.errors import TakedeckError
from takedeck.media.cache import Cache, PartKey
from takedeck.media.fetch import Fetcher
from takedeck.media.mint import Mint
from takedeck.model import Track
from takedeck.providers.api_client import ApiClient
from takedeck.providers.origin import Credential
from takedeck.text import Secret, SignedUrl
from tests.providers.server import Request, Server, head, json_reply, reply
from tests.soak.trial import Outcome, Trial

_WAVE: Final = 20
"""As many as the pool has connections: were each to leak one, nothing would go after a wave."""
_AT_ONCE: Final = 2.0
"""Seconds within which the next request has to be answered; a blocked pool takes five."""
_SETTLED: Final = 10.0
_BODY: Final = random.Random(7).randbytes(30_000)
_LATE: Final = 0.004


def _answer(request: Request, connection: socket.socket) -> bytes:
    """At once, late, or in two pieces: the ticks of a cancel fall into all of them."""
    kind = int(request.path.rpartition("/")[2]) % 4
    media = request.path.startswith("/media")
    whole = reply(200, _BODY, content_type="audio/mpeg") if media else json_reply({"fine": True})
    if kind == 1:
        _wait()
    if kind == 2:
        connection.sendall(whole[: len(whole) // 2])
        _wait()
        return whole[len(whole) // 2 :]
    if kind == 3:
        return head(100) + whole
    return whole


def _wait() -> None:
    """Be slow, in the server's own thread."""
    threading.Event().wait(_LATE)


class Cancels:
    """Starts calls in waves and cancels each at a tick of its own."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.harm: list[str] = []
        self.cut = 0
        self.slowest = 0.0

    async def wave(
        self, calls: list[Coroutine[Any, Any, object]], after: Callable[[], Awaitable[object]]
    ) -> None:
        """Cancel all of these; then `after` has to be answered at once."""
        await asyncio.gather(*(self._cancelled(call) for call in calls))
        started = time.monotonic()
        try:
            async with asyncio.timeout(_AT_ONCE):
                await after()
        except (TakedeckError, TimeoutError) as fault:
            self.harm.append(f"the request after it: {type(fault).__name__}")
        self.slowest = max(self.slowest, time.monotonic() - started)

    async def _cancelled(self, call: Coroutine[Any, Any, object]) -> None:
        task = asyncio.create_task(call)
        ticks = self._dice.randrange(40)
        for _ in range(ticks):
            await asyncio.sleep(0)
        if ticks % 3 == 0:
            await asyncio.sleep(self._dice.random() * 2 * _LATE)
        self.cut += task.cancel()
        found = (await asyncio.gather(task, return_exceptions=True))[0]
        if isinstance(found, Exception):
            self.harm.append(f"a cancelled call raised {type(found).__name__}")


async def _api(url: str, count: int, cancels: Cancels, *, wakes: bool = False) -> None:
    """With `wakes`, the machine wakes in the middle of each wave: that renews the pool."""
    client = ApiClient(url, Credential("X-API-Key", Secret("ak_1")))
    try:
        while cancels.cut < count:
            calls = [client.get(f"/v1/{number}") for number in range(_WAVE)]
            woken = [client.renew()] if wakes else []
            await cancels.wave([*calls, *woken], lambda: client.get("/v1/0"))
    finally:
        await client.close()


async def _media(url: str, count: int, cancels: Cancels, folder: Path) -> None:
    cache, fetcher = Cache(folder), Fetcher()

    async def one(number: int) -> None:
        async def ask() -> Track:
            signed = SignedUrl(f"{url}/media/{number}?sig=1", datetime.now(UTC))
            return Track("mtrack_1", master=signed)

        mint = Mint(ask, lambda: datetime.now(UTC))
        with cache.begin(PartKey("a", "t", str(number))) as growing:
            await fetcher.download("master", mint, growing)

    while cancels.cut < count:
        await cancels.wave([one(number) for number in range(_WAVE)], lambda: one(0))


async def _all(url: str, count: int, cancels: Cancels, folder: Path) -> None:
    await _api(url, count // 2, cancels)
    # Apart from the others: a new pool would hide what has leaked from the old.
    await _api(url, count // 2 + count // 4, cancels, wakes=True)
    await _media(url, count, cancels, folder)
    if left := [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]:
        _, pending = await asyncio.wait(left, timeout=_SETTLED)
        cancels.harm += [f"left pending: {task.get_name()}" for task in pending]
    if files := os.listdir(folder):
        cancels.harm.append(f"{len(files)} files left in the cache")


def _run(count: int, seed: int) -> Outcome:
    cancels = Cancels(random.Random(seed))
    with tempfile.TemporaryDirectory() as folder, Server(_answer) as server:
        before = len(os.listdir("/proc/self/fd"))
        asyncio.run(_all(server.url, count, cancels, Path(folder) / "audio"))
        # The server's own ends are descriptors of this process too.
        if not server.all_closed(_SETTLED):
            cancels.harm.append("connections left open at the server")
        if (after := len(os.listdir("/proc/self/fd"))) > before:
            cancels.harm.append(f"{after - before} descriptors left open")
        figures = {
            "slowest request right after": f"{cancels.slowest * 1000:.0f} ms",
        }
    return Outcome(cancels.cut, tuple(cancels.harm), figures)


TRIAL = Trial(
    promise="the request after it is answered, nothing stays open or pending",
    unit="requests and downloads cut off at random ticks",
    whole=10_000,
    small=600,
    run=_run,
)
