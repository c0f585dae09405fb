"""Mangled answers at the wire models of both APIs, and on through everything that keeps them."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final

import httpx

from takedeck.errors import TakedeckError
from takedeck.library.history import History
from takedeck.library.index import Index
from takedeck.library.search import parse
from takedeck.library.store import Store
from takedeck.model import Job, JobsPage, Track
from takedeck.providers import aitronos, mureka
from takedeck.providers.base import Provider
from takedeck.providers.clock import Clock
from takedeck.text import Secret, Wire
from tests.extremes import ZONES, zone
from tests.providers.mureka_page import JOB_ID
from tests.providers.server import Request, Server, reply
from tests.soak.crowds import crowd
from tests.soak.mangled import BODIES, GOOD, mangled, one_wrong
from tests.soak.refusing import refused, told
from tests.soak.rows import show
from tests.soak.showable import wrong, wrong_text
from tests.soak.trial import Outcome, Trial

_SLOW: Final = 5.0
"""Seconds of the processor for one answer, whatever else the machine does."""
_LONG: Final = 30.0
"""Seconds on the wall."""
_LARGEST: Final = 8 * 1024 * 1024
"""Bytes of an answer, above which it is not read at all."""
_ON_A_SOCKET: Final = 20
"""Every twentieth goes over a real one."""
_REFUSED: Final = 0.15
_CROWDED: Final = 30
"""Every thirtieth is well formed and far too much."""
_API: Final = "https://api.test"
_CALLS: Final[dict[str, Callable[[Provider], Awaitable[Any]]]] = {
    "first list": lambda it: it.list_jobs(),
    "first job": lambda it: it.get_job("mgen_1"),
    "first track": lambda it: it.get_track("mtrack_1"),
    "second running": lambda it: it.list_jobs(),
    "second job": lambda it: it.get_job(JOB_ID),
    "second track": lambda it: it.get_track(JOB_ID),
}


_CLIENTS: Final[dict[str, Callable[..., Provider]]] = {
    "first": aitronos.connect,
    "second": mureka.connect,
}


class Payloads:
    """Gives each answer to the client that asked, and follows what it makes of it."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._history = History.in_memory()
        self._store, self._index = Store(), Index()
        self.at_hand: tuple[int, bytes, dict[str, str]] = (200, b"", {})
        self._time = 0.0
        self.harm: list[str] = []
        self.taken = self.refused = self._owners = 0
        self.slowest = 0.0

    def answer(self, _: Request, __: object) -> bytes:
        """The answer at hand, on a socket."""
        status, data, headers = self.at_hand
        return reply(
            status, data, **{name.replace("-", "_"): text for name, text in headers.items()}
        )

    async def all(self, local: str, count: int) -> None:
        """So many answers."""
        inside = httpx.MockTransport(lambda _: self._response())
        # Each answer comes long after the pause that the one before it may have asked for.
        clock = Clock(monotonic=lambda: self._time, sleep=_at_once, jitter=lambda: 0.0)
        clients: dict[tuple[str, bool], Provider] = {}
        for name, connect in _CLIENTS.items():
            of = (Secret("ak_1"), "org_1")
            clients[name, False] = connect(_API, *of, clock=clock, backend=inside)
            clients[name, True] = connect(local, *of, clock=clock)
        try:
            for number in range(count):
                call = self._dice.choice(sorted(BODIES))
                crowded = number % _CROWDED == 10
                whole = number % 7 == 0 and not crowded
                self.at_hand = self._next(call, whole)
                self._time += 1_000.0
                call = "first list" if whole else call
                if crowded:
                    call, data = crowd(number // _CROWDED, self._dice)
                    self.at_hand = (200, data, {})
                on_socket = number % _ON_A_SOCKET == 0
                await self._one(call, clients[call.split()[0], on_socket], on_socket, whole)
        finally:
            self._history.close()
            for client in clients.values():
                await client.close()

    def _next(self, call: str, whole: bool) -> tuple[int, bytes, dict[str, str]]:
        if whole:
            return 200, one_wrong(self._dice), {}
        if self._dice.random() < _REFUSED:
            return refused(self._dice)
        data, headers = mangled(call, self._dice)
        return 200, data, headers | (told(self._dice) if self._dice.random() < 0.2 else {})

    def _response(self) -> httpx.Response:
        status, data, headers = self.at_hand
        raw = [(name.encode(), text.encode("latin-1")) for name, text in headers.items()]
        return httpx.Response(status, headers=raw, stream=httpx.ByteStream(data))

    async def _one(self, call: str, provider: Provider, on_socket: bool, whole: bool) -> None:
        started, worked = time.monotonic(), time.process_time()
        found = None
        try:
            found = await _CALLS[call](provider)
        except TakedeckError as error:
            self.refused += 1
            self._say(call, list(wrong_text("the error", str(error))))
            if whole and len(self.at_hand[1]) <= _LARGEST:
                self._say(call, ["one wrong job took the page along"])
        except Exception as fault:  # noqa: BLE001 - this is what the trial is for
            self._say(call, [f"{type(fault).__name__}: {fault}"])
        if found is not None:
            self.taken += 1
            self._say(call, list(wrong(found, loopback=on_socket)))
            self._say(call, list(self._onward(found)))
            if whole and GOOD not in [job.id for job in found.jobs]:
                self._say(call, ["the good job of the page is not there"])
        took, work = time.monotonic() - started, time.process_time() - worked
        self.slowest = max(self.slowest, work)
        if work > _SLOW or took > _LONG:
            self._say(call, [f"it took {took:.1f} s, {work:.1f} s of the processor"])

    def _say(self, call: str, harm: list[str]) -> None:
        status, data, _ = self.at_hand
        self.harm += [
            f"{call}: {what}; {status} of {len(data):,} bytes {data[:160]!r}" for what in harm
        ]

    def _onward(self, found: Job | JobsPage | Track) -> Iterator[str]:
        """Into the list, the search, the history, onto the screen, and out as JSON."""
        jobs = found.jobs if isinstance(found, JobsPage) else ()
        jobs = (found,) if isinstance(found, Job) else jobs
        query = parse("rain status:failed")
        try:
            if isinstance(found.wire, Wire):
                json.dumps(found.wire.redacted(), ensure_ascii=True)
            self._store.apply(jobs)
            with zone(self._dice.choice(ZONES)):
                for job in jobs:
                    self._index.matches(query, job)
                    show(job)
            self._owners += 1
            owner = f"owner {self._owners}"
            self._history.save(owner, jobs)
            kept = {job.id for job in self._history.load(owner)}
            if lost := [job.id for job in jobs if job.id not in kept]:
                yield f"the history has lost {lost[0]!r}"
        except Exception as fault:  # noqa: BLE001 - this is what the trial is for
            yield f"further on, {type(fault).__name__}: {fault}"


async def _at_once(_: float) -> None:
    pass


def _run(count: int, seed: int) -> Outcome:
    dice = random.Random(seed)
    this = Payloads(dice)
    with Server(this.answer) as server:
        asyncio.run(this.all(server.url, count))
    figures = {
        "taken": f"{this.taken:,}",
        "refused": f"{this.refused:,}",
        "slowest": f"{this.slowest:.2f} s of processor",
    }
    return Outcome(count, tuple(this.harm), figures)


TRIAL = Trial(
    promise="only our own errors; what is taken can be shown, kept and found",
    unit="mangled answers",
    whole=12_000,
    small=150,
    run=_run,
)
