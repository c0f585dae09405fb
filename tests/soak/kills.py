"""Processes that share a cache, killed without warning again and again."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from socket import socket
from typing import Final

from takedeck.media.cache import Cache, PartKey
from takedeck.media.fetch import Fetcher
from takedeck.media.mint import Mint
from takedeck.model import Track
from takedeck.text import SignedUrl
from tests.providers.server import Request, Server, head
from tests.soak.trial import Outcome, Trial

_PROCESSES: Final = 3
_FILES: Final = 12
_LIMIT: Final = 2_000_000
"""Bytes; less than all files, so that some are let go while others come."""
_LONG_AGO: Final = 3_600.0
_PIECE: Final = 16_384


def key(number: int) -> PartKey:
    """The part of that number."""
    return PartKey("a", f"t{number}", "master")


def files(seed: int) -> list[bytes]:
    """What the storage holds."""
    dice = random.Random(seed)
    return [dice.randbytes(dice.randint(50_000, 400_000)) for _ in range(_FILES)]


async def fetch(url: str, number: int, cache: Cache, fetcher: Fetcher) -> Path:
    """The part from the cache, or from the storage into it."""
    if (found := cache.find(key(number))) is not None:
        return found
    signed = SignedUrl(f"{url}/{number}?sig=1", datetime.now(UTC))

    async def ask() -> Track:
        return Track("mtrack_1", master=signed)

    with cache.begin(key(number)) as growing:
        await fetcher.download("master", Mint(ask, lambda: datetime.now(UTC)), growing)
        return await asyncio.to_thread(cache.finish, growing)


async def for_ever(url: str, folder: Path, seed: int) -> None:
    """What a killed process does while it lives."""
    dice, cache, fetcher = random.Random(seed), Cache(folder, limit=_LIMIT), Fetcher()
    while True:
        await asyncio.gather(
            *(fetch(url, number, cache, fetcher) for number in dice.sample(range(_FILES), 3))
        )


class _Killing:
    """The processes, the storage they ask, and the folder they share."""

    def __init__(self, seed: int, folder: Path) -> None:
        self._dice = random.Random(seed)
        self._files = files(seed)
        self._folder = folder
        self._number = seed * 1_000_000
        self.harm: list[str] = []
        self.seen = 0
        self.half = 0

    def answer(self, request: Request, connection: socket) -> bytes:
        """The whole file, in pieces, so that a kill finds some on their way."""
        data = self._files[int(request.path[1:])]
        connection.sendall(
            head(content_length=str(len(data)), content_type="audio/mpeg", etag='"1"')
        )
        for at in range(0, len(data), _PIECE):
            connection.sendall(data[at : at + _PIECE])
            time.sleep(0.001)  # the storage's own slowness, in its own thread
        return b""

    def run(self, url: str, count: int) -> None:
        """Kill that many, each a moment after it began to fetch."""
        running = [self._start(url) for _ in range(_PROCESSES)]
        try:
            for number in range(count):
                place = number % _PROCESSES
                process = running[place]
                assert process.stdout is not None
                process.stdout.readline()
                time.sleep(self._dice.uniform(0, 0.15))
                process.kill()
                process.wait()
                process.stdout.close()
                running[place] = self._start(url)
                self._look()
        finally:
            for process in running:
                process.kill()
                process.communicate()
        self._after(url)

    def _start(self, url: str) -> subprocess.Popen[bytes]:
        self._number += 1
        command = [sys.executable, "-m", __name__, url, str(self._folder), str(self._number)]
        return subprocess.Popen(command, stdout=subprocess.PIPE)

    def _look(self) -> None:
        """Everything that has a final name is whole."""
        known = {f"{key(n).name}.audio": data for n, data in enumerate(self._files)}
        for path in self._folder.iterdir():
            if path.suffix == ".part":
                self.half += 1
                continue
            try:
                found = hashlib.sha256(path.read_bytes()).digest()
            except FileNotFoundError:
                continue  # another process has let it go
            self.seen += 1
            if path.name not in known or found != hashlib.sha256(known[path.name]).digest():
                self.harm.append(f"a wrong file: {path.name[:12]}{path.suffix}")

    def _after(self, url: str) -> None:
        for path in self._folder.glob("*.part"):
            os.utime(path, (time.time() - _LONG_AGO,) * 2)
        cache = Cache(self._folder)
        if left := list(self._folder.glob("*.part")):
            self.harm.append(f"{len(left)} halves are never removed")

        async def everything() -> None:
            fetcher = Fetcher()
            await asyncio.gather(*(fetch(url, n, cache, fetcher) for n in range(_FILES)))

        asyncio.run(everything())
        self._look()
        if cache.usage()[1] != _FILES:
            self.harm.append("not everything could be fetched afterwards")


def _run(count: int, seed: int) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        audio = Path(folder) / "audio"
        audio.mkdir(mode=0o700)
        killing = _Killing(seed, audio)
        with Server(killing.answer) as server:
            killing.run(server.url, count)
    figures = {"halves met": f"{killing.half:,}", "files checked": f"{killing.seen:,}"}
    return Outcome(count, tuple(dict.fromkeys(killing.harm)), figures)


TRIAL = Trial(
    promise="no corrupt file, no half left for ever, everything can be fetched afterwards",
    unit="kills of 3 processes that share the cache",
    whole=210,
    small=6,
    run=_run,
)


if __name__ == "__main__":
    print("ready", flush=True)
    asyncio.run(for_ever(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
