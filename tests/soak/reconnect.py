"""A sound server that dies, hangs and comes back, and a deck that is stopped, while it plays."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from takedeck.deck.client import DeckClient
from takedeck.deck.state import DeckState, PartSpec
from tests.deck.rig import RATE, counter, write_wav
from tests.pulse import Pulse, missing
from tests.soak.trial import Outcome, Trial

_DEADLINE: Final = 20.0
_SONG: Final = 240
_ENOUGH: Final = RATE // 5
"""Frames that must be heard before the next harm is done."""

_STOPPED: Final = 5.0
"""Seconds for which a process is stopped."""

_BACK: Final = 2.0
_ASTRAY: Final = RATE // 4
_MORE_THREADS: Final = 3
_MORE_DESCRIPTORS: Final = 6


@dataclass
class _Found:
    """What was measured: seconds to the first sound, frames between both places."""

    harm: list[str] = field(default_factory=list)
    back: list[float] = field(default_factory=list)
    astray: list[int] = field(default_factory=list)
    said: list[float] = field(default_factory=list)


class _Listener:
    """One deck's process, and what is heard of it."""

    def __init__(self, deck: DeckClient, pulse: Pulse, found: _Found) -> None:
        self._deck = deck
        self._pulse = pulse
        self._found = found
        self._news = asyncio.Event()
        deck.subscribe(lambda _: self._news.set())

    async def play(self, part: PartSpec) -> None:
        """Put the part on the deck, and hear its beginning."""
        self._deck.load("key", [part], True)
        self._deck.set_available(part.name, part.path.stat().st_size, complete=True)
        await self._sound(0)

    async def one(self, number: int) -> None:
        """One harm, and what comes of it."""
        try:
            if number % 6 < 5:
                await self._killed(paused=number % 6 == 4)
            elif number % 12 == 5:
                await self._stalled()
            else:
                await self._deck_stopped()
        except TimeoutError:
            self._found.harm.append(f"round {number}: no sound; {self._deck.state}")

    async def _killed(self, *, paused: bool) -> None:
        if paused:
            self._deck.pause()
            await self._until(lambda s: s.transport == "paused")
        place = _last(self._pulse.heard())
        await asyncio.to_thread(self._pulse.stop_server)
        if not paused:
            place = _last(self._pulse.heard())
            await self._said()
        since = len(self._pulse.heard())
        await asyncio.to_thread(self._pulse.start_server)
        if paused:
            self._deck.toggle()
        await self._back(since, place, self._pulse.answered)

    async def _stalled(self) -> None:
        with self._pulse.stalled():
            await self._said()
            await asyncio.sleep(_STOPPED)
            heard = self._pulse.heard()
        await self._back(len(heard), _last(heard), time.monotonic())

    async def _deck_stopped(self) -> None:
        assert self._deck.pid is not None
        os.kill(self._deck.pid, signal.SIGSTOP)
        await self._said()
        await asyncio.sleep(_STOPPED)
        heard = self._pulse.heard()
        os.kill(self._deck.pid, signal.SIGCONT)
        await self._back(len(heard), _last(heard), time.monotonic())

    async def _said(self) -> None:
        begun = time.monotonic()
        state = await self._until(lambda s: s.transport == "waiting" and bool(s.output_fault))
        self._found.said.append(time.monotonic() - begun)
        if "waiting for it" not in str(state.output_fault):
            self._found.harm.append(f"said otherwise: {state.output_fault}")

    async def _back(self, since: int, place: int, answered: float) -> None:
        heard = await self._sound(since)
        back = time.monotonic() - answered
        # What the recorder has of the sound came before this look at it.
        first = np.flatnonzero(heard[since:, 1] > 0)
        back -= (len(heard) - since - int(first[0])) / RATE
        astray = abs(_first(heard[since:]) - place)
        self._found.back.append(back)
        self._found.astray.append(astray)
        if back > _BACK:
            self._found.harm.append(f"sound only after {back:.2f} s")
        if astray > _ASTRAY:
            self._found.harm.append(f"{astray} frames from where it was")
        await self._until(lambda s: s.transport == "playing" and s.output_fault is None)

    async def _sound(self, since: int) -> NDArray[np.int16]:
        return await asyncio.to_thread(
            self._pulse.until, lambda h: int((h[since:, 1] > 0).sum()) > _ENOUGH, _DEADLINE
        )

    async def _until(self, enough: Callable[[DeckState], bool]) -> DeckState:
        async with asyncio.timeout(_DEADLINE):
            while not enough(self._deck.state):
                self._news.clear()
                await self._news.wait()
        return self._deck.state


def _numbers(heard: NDArray[np.int16]) -> NDArray[np.int64]:
    """The counter's numbers in what was heard; in a ramp both sides are too small."""
    loud = heard[heard[:, 1] > 0].astype(np.int64)
    return loud[:, 0] + ((loud[:, 1] - 1) << 15)


def _last(heard: NDArray[np.int16]) -> int:
    return int(_numbers(heard[-10 * RATE :]).max(initial=0))


def _first(heard: NDArray[np.int16]) -> int:
    return int(_numbers(heard)[_ENOUGH // 2]) - _ENOUGH // 2


def _threads(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/task"))


def _descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


async def _all(count: int, folder: Path, pulse: Pulse, found: _Found) -> dict[str, str]:
    part = PartSpec("a", write_wav(folder / "a.wav", counter(_SONG * RATE)), "master")
    deck = DeckClient(environ=os.environ | pulse.env)
    await deck.start("device")
    try:
        listener = _Listener(deck, pulse, found)
        await listener.play(part)
        pid = deck.pid
        assert pid is not None
        threads, descriptors = _threads(pid), _descriptors(pid)
        for number in range(count):
            await listener.one(number)
        if deck.pid != pid:
            found.harm.append("the deck's process is another")
            return {}
        more = _threads(pid) - threads, _descriptors(pid) - descriptors
        if more[0] > _MORE_THREADS or more[1] > _MORE_DESCRIPTORS:
            found.harm.append(f"{more[0]} more threads, {more[1]} more descriptors")
        return {
            "sound after": f"≤ {max(found.back, default=0):.2f} s",
            "said after": f"≤ {max(found.said, default=0):.2f} s",
            "from its place": f"≤ {1000 * max(found.astray, default=0) / RATE:.0f} ms",
            "threads": f"{threads} → {threads + more[0]}",
            "descriptors": f"{descriptors} → {descriptors + more[1]}",
        }
    finally:
        await deck.close()


def _run(count: int, _: int) -> Outcome:
    found = _Found()
    with tempfile.TemporaryDirectory() as folder, Pulse() as pulse:
        figures = asyncio.run(_all(count, Path(folder), pulse, found))
    return Outcome(count, tuple(found.harm), figures)


TRIAL = Trial(
    promise="sound is back within 2 s, at its place; no thread or descriptor is left",
    unit="sound servers killed (of 6: one while paused, one process stopped for 5 s instead)",
    whole=60,
    small=2,
    run=_run,
    missing=missing,
)
