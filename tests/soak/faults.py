"""Faults of the network between takedeck and both of its servers, and how soon it is well again."""

from __future__ import annotations

import asyncio
import hashlib
import random
import re
import socket
import tempfile
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from takedeck.errors import TakedeckError
from takedeck.library.budget import Budget
from takedeck.library.schedule import Schedule
from takedeck.library.store import Store
from takedeck.media.cache import Cache, PartKey
from takedeck.media.fetch import Fetcher
from takedeck.media.mint import Mint
from takedeck.providers.aitronos import connect
from takedeck.providers.base import Provider
from takedeck.session.events import Event, Polled
from takedeck.session.poller import JobPoller
from takedeck.text import Secret
from tests.providers.server import Request, Server, head, json_reply
from tests.soak.faulty import KINDS, Faulty
from tests.soak.trial import Outcome, Trial

_FILE: Final = random.Random(3).randbytes(150_000)
_HASH: Final = hashlib.sha256(_FILE).digest()
_RECOVERY: Final = 10.0
_LIMITED: Final = "limited"
_RECOVERY_LIMITED: Final = 20.0
"""Who was told to ask less often doubles its waits on purpose, and sits the last of them out."""
_AT_ONCE: Final = 24
_WORK: Final = ("polling", "downloading")
_USER: Final = 1.0
"""Seconds after which somebody presses r, where a download says that it has failed."""


def upstream(request: Request, _: socket.socket) -> bytes:
    """An API of one job and its track, and the storage of it, both where the client found them."""
    if request.path.startswith("/media"):
        wanted = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
        start = int(wanted[1]) if wanted else 0
        fields = {"etag": '"1"', "content_type": "audio/mpeg"}
        if wanted:
            fields["content_range"] = f"bytes {start}-{len(_FILE) - 1}/{len(_FILE)}"
        body = _FILE[start:]
        return head(206 if wanted else 200, content_length=str(len(body)), **fields) + body
    url = f"http://{request.headers['host']}/media?sig=1"
    track = {"id": "mtrack_1", "playback_url": url}
    if "/tracks/" in request.path:
        return json_reply(track)
    job = {"id": "mgen_1", "status": "running", "progress": 40, "error_message": "x" * 9_000}
    return json_reply({"jobs": [job], "limit": 50, "offset": 0})


@dataclass
class Try:
    """One fault of a kind, from a moment to another, and what is seen of it."""

    kind: str
    begins: float
    lasts: float
    harm: list[str] = field(default_factory=list)
    recovered: dict[str, float] = field(default_factory=dict)
    struck: int = 0
    _end: float | None = None
    _begun: dict[str, float] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, port: int, folder: Path) -> None:
        """Poll and download through it all, and wait until both are well again."""
        proxy = Faulty(port)
        await proxy.start()
        provider = connect(proxy.url, Secret("ak_1"), "org_1")
        work = [
            asyncio.create_task(self._watch(provider)),
            asyncio.create_task(self._listen(provider, Cache(folder))),
        ]
        try:
            await asyncio.sleep(self.begins)
            await proxy.begin(self.kind)
            await asyncio.sleep(self.lasts)
            await proxy.end()
            self._end = time.monotonic()
            with suppress(TimeoutError):
                async with asyncio.timeout(_RECOVERY_LIMITED + 1):
                    while len(self.recovered) < 2 and not any(task.done() for task in work):
                        self._news.clear()
                        await self._news.wait()
        finally:
            for task in work:
                task.cancel()
            ended = await asyncio.gather(*work, return_exceptions=True)
            await provider.close()
            await proxy.close()
        self._judge(proxy, ended, folder)

    def _judge(self, proxy: Faulty, ended: list[Any], folder: Path) -> None:
        self.struck = proxy.struck
        for fault in ended:
            if not isinstance(fault, asyncio.CancelledError):
                self.harm.append(f"it crashed: {type(fault).__name__}: {fault}")
        soon = _RECOVERY_LIMITED if self.kind == _LIMITED else _RECOVERY
        for what in _WORK:
            if self.recovered.get(what, 99.0) > soon:
                self.harm.append(f"{what} took {self.recovered.get(what, 99.0):.1f} s to recover")
        for file in folder.iterdir():
            if file.suffix != ".audio" or hashlib.sha256(file.read_bytes()).digest() != _HASH:
                self.harm.append(f"a wrong file in the cache: {file.suffix}")

    async def _watch(self, provider: Provider) -> None:
        watch = JobPoller(
            provider, Store(), Schedule(random.Random(1)), Budget(time.monotonic), self._heard
        )
        await watch.run()

    def _heard(self, event: Event) -> None:
        if isinstance(event, Polled) and event.trouble is None:
            self._well("polling")

    async def _listen(self, provider: Provider, cache: Cache) -> None:
        """Somebody who opens one track after the other."""
        fetcher, number = Fetcher(), 0
        while True:
            number += 1
            mint = Mint(lambda: provider.get_track("mtrack_1"), provider.server_now)
            try:
                await mint.refresh()
                with cache.begin(PartKey("a", f"t{number % 5}", "master")) as growing:
                    await fetcher.download("master", mint, growing)
                    file = await _whole(asyncio.to_thread(cache.finish, growing))
            except TakedeckError:
                await asyncio.sleep(_USER)
            else:
                # At once: the next download of that track would write over it.
                if hashlib.sha256(file.read_bytes()).digest() != _HASH:
                    self.harm.append("a corrupt file went into the cache")
                self._well("downloading")

    def _well(self, what: str) -> None:
        if self._end is not None and what not in self.recovered:
            self.recovered[what] = time.monotonic() - self._end
            self._news.set()


async def _whole(work: Coroutine[Any, Any, Path]) -> Path:
    """To its end, cancelled or not: a thread that finishes a file cannot be stopped."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait((task,))
        raise


async def _all(tries: list[Try], port: int, folder: Path) -> None:
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int, this: Try) -> None:
        async with room:
            await this.run(port, folder / str(number))

    await asyncio.gather(*(one(number, this) for number, this in enumerate(tries)))


def _run(
    count: int, seed: int, kinds: Callable[[int], str] = lambda n: KINDS[n % len(KINDS)]
) -> Outcome:
    dice = random.Random(seed)
    tries = [Try(kinds(n), dice.uniform(0.05, 1.0), dice.uniform(0.3, 4.0)) for n in range(count)]
    with tempfile.TemporaryDirectory() as folder, Server(upstream) as server:
        asyncio.run(_all(tries, server.port, Path(folder)))
    harm = [f"{this.kind}: {what}" for this in tries for what in this.harm]
    figures = {}
    for after, limited in (("", False), (" after a 429", True)):
        of = [this for this in tries if (this.kind == _LIMITED) == limited]
        for what in _WORK:
            slowest = max((this.recovered.get(what, 99.0) for this in of), default=0.0)
            figures[f"{what} again{after}"] = f"≤ {slowest:.1f} s"
    figures["faults that struck"] = str(sum(this.struck > 0 for this in tries))
    return Outcome(count, tuple(harm), figures)


TRIAL = Trial(
    promise="no crash, no corrupt file, well again in 10 s of the fault's end (20 s after a 429)",
    unit=f"faults of {len(KINDS)} kinds",
    whole=50 * len(KINDS),
    small=len(KINDS),
    run=_run,
)
