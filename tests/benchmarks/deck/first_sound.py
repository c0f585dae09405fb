"""First sound: from a program's start (cold), and from a command to one that runs (warm).

takedeck asks the API for the track and its signed URLs first, which is in its figures; mpv and
ffplay are given the parts' URLs of the same origin. Nothing was heard or cached before. Warm mpv
is told `loadfile` by IPC, with `amix` for the stems, and once more after the same question to the
API, for URLs that live a minute have to be asked for by whoever plays them; ffplay takes no
commands. In each round every program has its turn, so that all of them meet the same load.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from takedeck.model import MASTER
from tests.benchmarks.deck import players
from tests.benchmarks.deck.ear import Ear, loud, say_lateness
from tests.benchmarks.deck.load import Load
from tests.benchmarks.deck.material import STEMS, songs, workshop
from tests.benchmarks.deck.served import Origin, job
from tests.benchmarks.deck.studio import ALL_STEMS, Studio, environment, play, studio
from tests.benchmarks.terminal import Terminal

RUNS = 7
SLOW = 512 * 1024

Times = dict[str, list[float]]
_numbers = itertools.count(1)


def _cold(ear: Ear, origin: Origin, folder: Path, stems: bool, times: Times) -> None:
    urls = origin.stems if stems else [origin.master]
    home = folder / f"home{next(_numbers)}"
    commands = {"takedeck": play(job(next(_numbers)), STEMS if stems else 0)}
    for name, command_for in (("mpv", players.mpv), ("ffplay", players.ffplay)):
        if players.here(name):
            commands[name] = command_for(urls)
    env = environment(origin, ear.env, home)
    quiet = subprocess.DEVNULL
    for name, command in commands.items():
        since, began = ear.quiet(), time.perf_counter()
        program = subprocess.Popen(command, env=env, stdin=quiet, stdout=quiet, stderr=quiet)
        try:
            times.setdefault(name, []).append(ear.when(ear.first(since, loud)) - began)
        finally:
            program.terminate()
            program.wait()


async def _warm(ear: Ear, origin: Origin, one: Studio, mpv: players.Mpv | None,
                stems: bool, times: Times) -> None:  # fmt: skip
    def listen(since: int, began: float) -> float:
        return ear.when(ear.first(since, loud)) - began

    since, began = await asyncio.to_thread(ear.quiet), time.perf_counter()
    await one.open(f"mtrack_{next(_numbers):012x}", ALL_STEMS if stems else (MASTER,))
    heard = await asyncio.to_thread(listen, since, began)
    times.setdefault("takedeck", []).append(heard)
    await one.shut()
    if mpv is None:
        return
    for name, asking in (("mpv", False), ("mpv, asking the API", True)):
        since, began = await asyncio.to_thread(ear.quiet), time.perf_counter()
        if asking:
            origin.ask()
        mpv.load(origin.stems if stems else [origin.master])
        times.setdefault(name, []).append(await asyncio.to_thread(listen, since, began))
        mpv.stop()


async def _all_warm(ear: Ear, origin: Origin, folder: Path, stems: bool, times: Times) -> None:
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(
            studio(origin, ear.env, folder / f"home{next(_numbers)}")
        )
        mpv = stack.enter_context(players.Mpv(ear, folder)) if players.here("mpv") else None
        for run in range(RUNS + 1):
            await _warm(ear, origin, one, mpv, stems, times if run else {})


def _enter(ear: Ear, origin: Origin, folder: Path) -> list[float]:
    """The enter key on a job of the app, as a person opens it."""
    times = []
    env = environment(origin, ear.env, folder / f"home{next(_numbers)}")
    with Terminal([sys.executable, "-m", "takedeck"], env=env, size=(140, 42)) as terminal:
        terminal.until("Take ")
        for run in range(RUNS + 1):
            since = ear.quiet()
            began = time.perf_counter()
            terminal.type("\r")
            heard = ear.when(ear.first(since, loud)) - began
            times += [heard] if run else []
            terminal.type(".j")
    return times


def _say(what: str, times: Times, load: Load) -> None:
    base = statistics.median(times["mpv" if "mpv" in times else "takedeck"])
    print(f"first sound, {what}   {load.take()}")
    for name, each in times.items():
        middle = statistics.median(each)
        print(f"  {name:<24}{middle * 1000:6.0f} ms  {middle / base:.2f} x"
              f"   ({min(each) * 1000:.0f}-{max(each) * 1000:.0f})")  # fmt: skip


def measure(ear: Ear, origin: Origin, folder: Path, rates: Sequence[int]) -> None:
    """Print cold and warm, the master and eight stems, at each rate (bytes a second, 0: full)."""
    load = Load()
    for rate in rates:
        origin.rate(rate)
        speed = f"{rate // 1024} KiB/s" if rate else "full speed"
        for stems in (False, True):
            part = "eight stems" if stems else "master"
            times: Times = {}
            for _ in range(RUNS):
                _cold(ear, origin, folder, stems, times)
            _say(f"cold, {part}, {speed}", times, load)
            times = {}
            asyncio.run(_all_warm(ear, origin, folder, stems, times))
            if not stems:
                times["takedeck, enter in app"] = _enter(ear, origin, folder)
            _say(f"warm, {part}, {speed}", times, load)


def main() -> None:
    """Print all of it, at full speed and at 512 KiB/s shared by all connections."""
    players.say_missing()
    with workshop() as folder, Ear() as ear:
        (songs_folder := folder / "songs").mkdir()
        with Origin(songs(songs_folder, 60)) as origin:
            measure(ear, origin, folder, (0, SLOW))
        say_lateness(ear)


if __name__ == "__main__":
    main()
