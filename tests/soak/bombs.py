"""Answers that are small on the wire and large in memory, at every call of the API."""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import random
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from takedeck.errors import TakedeckError
from takedeck.providers.aitronos import connect
from takedeck.providers.base import Provider
from takedeck.text import Secret
from tests.providers.server import Request, Server, head, reply
from tests.soak.trial import Outcome, Trial

_MOST: Final = 120
"""MiB that one answer may take at its height: 8 MiB packed, 8 unpacked, and what is read of it."""
_SLOW: Final = 8.0
_LARGE: Final = 8 * 1024 * 1024
_CALLS: Final[tuple[Callable[[Provider], Awaitable[Any]], ...]] = (
    lambda it: it.list_jobs(),
    lambda it: it.get_job("mgen_1"),
    lambda it: it.get_track("mtrack_1"),
)
_VALUES: Final = (
    b"[],", b"{},", b"0,", b"1.1,", b'"",', b'{"a":1},', b"[0],", b"[[[[[]]]]],", b'"\xc3\xa9",',
)  # fmt: skip


def _crowd(dice: random.Random) -> bytes:
    value = dice.choice(_VALUES)
    most = dice.choice((490_000, _LARGE - 100)) // len(value)
    return b'{"id": "mgen_1", "jobs": [' + value * most + b"0]}"


def _jobs(dice: random.Random) -> bytes:
    jobs = [
        {"id": f"mgen_{n}", "error_message": "\U0001f600" * dice.choice((1, 20_000)), "x": [0] * 40}
        for n in range(100)
    ]
    return json.dumps({"jobs": jobs}, ensure_ascii=False).encode()


_BODIES: Final[tuple[Callable[[random.Random], bytes], ...]] = (
    _crowd,
    _crowd,
    _jobs,
    lambda dice: b" " * dice.choice((_LARGE, 4 * _LARGE, 100_000_000)),
    lambda dice: b'{"jobs":' * 60 + b"[" + b"[]," * 100_000 + b"0]" + b"}" * 60,
    lambda dice: b'"' + b"\xf0\x9f\x98\x80" * 2_000_000 + b'"',
    lambda dice: b'"' + b"\\u0000" * 1_300_000 + b'"',
    lambda dice: b"9" * dice.choice((4_000, 8_000_000)),
)


def _members(body: bytes) -> bytes:
    step = max(1, len(body) // 7)
    return b"".join(gzip.compress(body[at : at + step], 1) for at in range(0, len(body), step))


_PACKINGS: Final[tuple[tuple[str, Callable[[bytes], bytes]], ...]] = (
    ("gzip", lambda body: gzip.compress(body, 6)),
    ("GZIP", lambda body: gzip.compress(body, 1)),
    ("x-gzip", _members),
    ("gzip", lambda body: _members(body) + gzip.compress(b"") * 100_000),
    ("gzip", lambda body: gzip.compress(b"") * 300_000),
    ("gzip", lambda body: gzip.compress(gzip.compress(body, 9), 9)),
    ("gzip, gzip", lambda body: gzip.compress(gzip.compress(body, 9), 9)),
    ("identity, gzip", lambda body: gzip.compress(body, 1)),
    ("gzip", lambda body: gzip.compress(body, 1)[:-9]),
    ("deflate", lambda body: zlib.compress(body, 1)),
    ("br", lambda body: body),
    ("zstd", lambda body: body),
    ("identity", lambda body: body),
)
_STATUSES: Final = (200, 200, 200, 400, 404, 500)


def _answer(dice: random.Random) -> bytes:
    packing, pack = dice.choice(_PACKINGS)
    data, status = pack(dice.choice(_BODIES)(dice)), dice.choice(_STATUSES)
    if dice.random() < 0.3:
        begin = head(status, content_encoding=packing, transfer_encoding="chunked")
        return begin + b"%x\r\n" % len(data) + data + b"\r\n0\r\n\r\n"
    return reply(status, data, content_encoding=packing)


def _held(what: str = "VmRSS") -> int:
    """How many MiB this process holds, or with `VmHWM` has held since that was cleared."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{what}:")[2].split()[0]) // 1024


class _Bombs:
    """Asks for one after the other, and measures."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._answer = b""
        self.most = 0
        self.slowest = 0.0
        self.harm: list[str] = []

    def __call__(self, *_: object) -> bytes:
        return self._answer

    async def all(self, url: str, count: int) -> None:
        """So many, after one that is as it should be and shows what is held at rest."""
        self._answer = reply(200, b'{"id": "mgen_1", "jobs": []}')
        await self._one(url)
        rest = _held()
        for _ in range(count):
            self._answer = _answer(self._dice)
            gc.collect()
            unlike = _held() - rest
            Path("/proc/self/clear_refs").write_text("5")
            took = await self._one(url)
            # What the server here has made of it is not the client's.
            grown = _held("VmHWM") - rest - min(unlike, 2 * len(self._answer) // 2**20)
            self.most, self.slowest = max(self.most, grown), max(self.slowest, took)
            begin = bytes(self._answer[:120])
            if grown > _MOST:
                self.harm.append(f"{grown} MiB for {begin!r}")
            if took > _SLOW:
                self.harm.append(f"{took:.1f} s for {begin!r}")

    async def _one(self, url: str) -> float:
        # Each with its own client: none waits for the pause that another was told.
        client = connect(url, Secret("ak_1"), "org_1", deadline=2 * _SLOW)
        started = asyncio.get_running_loop().time()
        try:
            await self._dice.choice(_CALLS)(client)
        except TakedeckError:
            pass
        except Exception as fault:  # noqa: BLE001 - this is what the trial is for
            self.harm.append(f"{type(fault).__name__}: {str(fault)[:100]}")
        finally:
            took = asyncio.get_running_loop().time() - started
            await client.close()
        return took


def _run(count: int, seed: int) -> Outcome:
    bombs = _Bombs(random.Random(seed))

    def answer(_: Request, __: object) -> bytes:
        return bombs()

    with Server(answer) as server:
        asyncio.run(bombs.all(server.url, count))
    figures = {"memory for one": f"≤ {bombs.most} MiB", "slowest": f"{bombs.slowest:.1f} s"}
    return Outcome(count, tuple(bombs.harm), figures)


TRIAL = Trial(
    promise=f"only our own errors, and no more than {_MOST} MiB",
    unit="answers that are small on the wire and large in memory",
    whole=400,
    small=20,
    run=_run,
)
