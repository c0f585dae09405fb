"""An hour of use, minute by minute, on a clock that is moved by hand."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import random
import tempfile
import threading
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import platformdirs

from takedeck.session.events import Polled
from takedeck.simulator.clock import ManualClock
from takedeck.simulator.service import Simulator
from tests.soak.trial import Outcome, Trial
from tests.tui.stage import NOW, Stage, Studio, app_on

_WARM: Final = 0.3
"""The share of the time after which things have to stay as they are."""
_MORE_MEMORY: Final = 24
"""MiB that the app or the deck may hold more at the end: an hour brings new jobs and titles."""
_UNTIL_WARM: Final = 160
"""The same for a few minutes, in which songs are made and much is done for the first time."""
_LONG: Final = 10
"""Minutes after which all has been done for the first time."""
_MORE_OTHERS: Final = 3
_BEFORE: Final = 30
"""Jobs that have ended before the hour begins."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What the app holds at one moment; memory in MiB."""

    memory: int
    deck: int
    threads: int
    descriptors: int
    processes: int

    @classmethod
    def of(cls, deck: int) -> Measure:
        """Of this process, and of the deck's."""
        gc.collect()
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        return cls(
            _resident(os.getpid()),
            _resident(deck),
            threading.active_count(),
            len(os.listdir("/proc/self/fd")),
            len(children),
        )

    def grown(self, before: Measure, memory: int) -> list[str]:
        """What is more than it was by more than may be; `memory` is in MiB."""
        bounds = {"memory": memory, "deck": memory, "processes": 0}
        names = ("memory", "deck", "threads", "descriptors", "processes")
        found = [(name, getattr(before, name), getattr(self, name)) for name in names]
        return [
            f"{name} {was} → {now}"
            for name, was, now in found
            if now - was > bounds.get(name, _MORE_OTHERS)
        ]


def _resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024


class _Hour:
    """Somebody at the keyboard: each minute some jobs end, some begin, and some are heard."""

    def __init__(self, studio: Studio, stage: Stage, dice: random.Random) -> None:
        self._studio = studio
        self._stage = stage
        self._dice = dice
        self._polls = 0
        stage.session.listen(self._heard)

    def _heard(self, event: object) -> None:
        self._polls += isinstance(event, Polled)

    async def minute(self, number: int) -> None:
        """A minute of jobs, and what somebody does in it."""
        studio, stage, dice = self._studio, self._stage, self._dice
        studio.clock.advance(60)
        made = f"mgen_{number + _BEFORE:012x}"
        studio.add(made, title=f"Minute {number}", run_seconds=20.0)
        polls = self._polls
        await stage.press("r")
        await stage.until(lambda: self._polls > polls)
        heard = dice.choice(studio.ids("succeeded")[1:9])
        await stage.press("G")
        await stage.move_to(heard)
        await stage.press("enter")
        await stage.until(lambda: self._plays(heard))
        ways = list(_WAYS)
        dice.shuffle(ways)
        for keys in ways:
            await stage.press(*keys)
        await stage.press("greater_than_sign")
        studio.simulator.requests.clear()

    def _plays(self, job_id: str) -> bool:
        opened = self._stage.session.player.opened
        return opened is not None and opened.job_id == job_id and self._stage.deck.busy


_WAYS: Final[tuple[tuple[str, ...], ...]] = (
    ("question_mark", "escape"),
    ("slash", "a", "b", "escape"),
    ("colon", "escape"),
    ("right_square_bracket", "right_square_bracket", "escape"),
    ("right", "right", "left", "shift+right", "home"),
    ("0", "1", "1", "0"),
    ("l", "l", "j", "s", "s", "h", "h"),
    ("space", "space"),
    ("I", "O", "L"),
    ("plus", "minus"),
    ("y",),
)


async def _all_threads() -> None:
    """The loop's pool makes its threads as they are first needed: all of them, now."""
    count = min(32, (os.cpu_count() or 1) + 4)
    together = threading.Barrier(count)
    await asyncio.gather(*(asyncio.to_thread(together.wait) for _ in range(count)))


async def _play(minutes: int, dice: random.Random, studio: Studio) -> tuple[list[str], Measure]:
    async with app_on(studio.connect, size=(140, 42)) as stage:
        await stage.connected()
        await _all_threads()
        hour = _Hour(studio, stage, dice)

        def measure() -> Measure:
            pid = stage.session.player._deck.pid
            assert pid is not None
            return Measure.of(pid)

        warm = max(1, int(minutes * _WARM))
        for number in range(warm):
            await hour.minute(number)
        before = measure()
        for number in range(warm, minutes):
            await hour.minute(number)
        after = measure()
        return after.grown(before, _MORE_MEMORY if warm >= _LONG else _UNTIL_WARM), after


def _run(count: int, seed: int) -> Outcome:
    clock = ManualClock(NOW)
    songs = platformdirs.user_cache_path("takedeck-tests") / "songs"
    with (
        tempfile.TemporaryDirectory() as folder,
        Simulator(cache=songs, clock=clock, scenario="empty", rate_limit=None) as simulator,
        contextlib.chdir(folder),
    ):
        studio = Studio(simulator, clock, Path(folder))
        for number in range(_BEFORE):
            made = NOW - timedelta(minutes=number + 5)
            studio.add(f"mgen_{number:012x}", created_at=made, title=f"Before {number}")
        grown, last = asyncio.run(_play(count, random.Random(seed), studio))
    figures = {
        "at the end": f"app {last.memory} MiB, deck {last.deck} MiB, {last.threads} threads, "
        f"{last.descriptors} descriptors, {last.processes} processes",
    }
    return Outcome(count, tuple(f"it has grown: {what}" for what in grown), figures)


TRIAL = Trial(
    promise="memory, threads, descriptors and processes stay as they are",
    unit="minutes of use at a fast clock",
    whole=60,
    small=4,
    run=_run,
)
