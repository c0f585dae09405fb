"""Signed URLs that end in the middle of one download or of twenty, again and again."""

from __future__ import annotations

import asyncio
import hashlib
import random
import socket
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from takedeck.errors import TakedeckError
from takedeck.media.cache import Cache, PartKey
from takedeck.media.fetch import Fetcher
from takedeck.media.mint import Mint
from takedeck.model import Track
from tests.media.storage import Storage
from tests.providers.server import Request, head, reset
from tests.soak.trial import Outcome, Trial

_SHARES: Final = (0.0, 0.25, 0.5, 0.99)
_PARTS: Final = (1, 20)
_COMBINATIONS: Final = [(share, parts) for share in _SHARES for parts in _PARTS]
_DEADLINE: Final = 30.0
_TOGETHER: Final = 10.0
_MINT_TAKES: Final = (0.0, 0.02, 0.2)
"""Seconds: some parts come to wait for a mint that is under way, others find that it has ended."""


class Ending:
    """Lets a storage send a share of what is missing of every part, and then ends all its URLs.

    This many `times`; after that the URLs last.
    """

    def __init__(self, storage: Storage, share: float, times: int) -> None:
        self._storage = storage
        self._share = share
        self.left = times
        self.harm: list[str] = []
        self._together = threading.Barrier(len(storage.files), self._end, _TOGETHER)

    def _end(self) -> None:
        self.left -= 1
        self._storage.expire()

    def answer(self, request: Request, connection: socket.socket) -> bytes | None:
        """What the storage does instead of sending everything."""
        token = request.target.rpartition("sig=")[2]
        if not self.left or token not in self._storage.tokens:
            return self._storage.serve(request, connection)
        data = self._storage.files[request.path[1:]]
        start = int(request.headers.get("range", "bytes=0-")[6:-1])
        some = data[start : start + int((len(data) - start) * self._share)]
        if some:
            connection.sendall(self._head(request, start, len(data)) + some)
        try:
            self._together.wait()
        except threading.BrokenBarrierError:
            self.harm.append("not all parts were asked for at once")
        if not some:
            return self._storage.serve(request, connection)
        reset(connection)
        return None

    def _head(self, request: Request, start: int, size: int) -> bytes:
        fields = {"etag": self._storage.etags[request.path[1:]], "content_type": "audio/mpeg"}
        if start:
            fields["content_range"] = f"bytes {start}-{size - 1}/{size}"
        return head(206 if start else 200, content_length=str(size - start), **fields)


def _run(count: int, seed: int) -> Outcome:
    dice = random.Random(seed)
    harm: list[str] = []
    ended = minted = 0
    for number in range(count):
        share, parts = _COMBINATIONS[number % len(_COMBINATIONS)]
        # After two mints in a row without a byte it gives up, as it should.
        times = dice.randint(1, 3 if share else 2)
        names = ["master", *(f"stem{n}" for n in range(1, parts))]
        files = {name: dice.randbytes(dice.randint(20_000, 400_000)) for name in names}
        with tempfile.TemporaryDirectory() as folder, Storage(files) as storage:
            ending = Ending(storage, share, times)
            storage.before = ending.answer
            what = f"{parts} parts, {share:.0%}, {times} times: "
            slowness = dice.choice(_MINT_TAKES)
            found = [*asyncio.run(_download(storage, Path(folder), slowness)), *ending.harm]
            if ending.left:
                found.append(f"{ending.left} of the ends were not met")
            if storage.minted != 1 + times:
                found.append(f"minted {storage.minted} times")
            harm += [what + each for each in found]
            ended, minted = ended + times, minted + storage.minted - 1
    return Outcome(count, tuple(harm), {"ends": f"{ended:,}", "mints after them": f"{minted:,}"})


async def _download(storage: Storage, folder: Path, slowness: float) -> list[str]:
    async def ask() -> Track:
        await asyncio.sleep(slowness)
        return await storage.ask()

    cache, fetcher = Cache(folder / "audio"), Fetcher()
    mint = Mint(ask, lambda: datetime.now(UTC))

    async def one(part: str) -> str | None:
        with cache.begin(PartKey("a", "t", part)) as growing:
            await fetcher.download(part, mint, growing)
            path = await asyncio.to_thread(cache.finish, growing)
        same = hashlib.sha256(path.read_bytes()).digest()
        return None if same == hashlib.sha256(storage.files[part]).digest() else f"{part} differs"

    try:
        async with asyncio.timeout(_DEADLINE):
            await mint.refresh()
            found = await asyncio.gather(*(one(part) for part in storage.files))
    except (TakedeckError, TimeoutError) as fault:
        return [f"{type(fault).__name__}: {fault}"]
    return [each for each in found if each]


TRIAL = Trial(
    promise="hashes equal, one mint for each end of a URL and track",
    unit="downloads of 1 or 20 parts whose URLs end at 0, 25, 50 or 99 %",
    whole=200,
    small=len(_COMBINATIONS),
    run=_run,
)
