"""From a command to its audible effect: mute, unmute, seek, pause, resume.

takedeck plays eight stems and mutes the one that is heard; mpv plays the sum of the same eight, and
one file, which is its best case, and mutes all of it. All parts are there before the first
command. The effect is the first frame on the far side of half the level. ffplay takes no commands.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.deck import players
from tests.benchmarks.deck.ear import Ear, Heard, say_lateness
from tests.benchmarks.deck.load import Load
from tests.benchmarks.deck.material import LEVEL, steps, workshop
from tests.benchmarks.deck.served import Origin
from tests.benchmarks.deck.studio import ALL_STEMS, Studio, studio

ROUNDS = 15
_SECONDS = 40
_BEFORE, _BEHIND = 5.0, 25.0
_REST = 0.3

Times = dict[str, list[float]]
Do = Callable[[str], None]
Hit = Callable[[Heard], NDArray[np.bool_]]


def _at(sign: int) -> Hit:
    return lambda heard: sign * heard[:, 0].astype(np.int32) > LEVEL // 2


def _silent(heard: Heard) -> NDArray[np.bool_]:
    return np.abs(heard[:, 0].astype(np.int32)) < LEVEL // 2


ROUND: tuple[tuple[str, Hit], ...] = (
    ("mute", _silent), ("unmute", _at(1)), ("seek", _at(-1)), ("pause", _silent),
    ("resume", _at(-1)), ("back", _at(1)),
)  # fmt: skip


def _once(ear: Ear, do: Do, command: str, hit: Hit) -> float:
    since, began = ear.rest(_REST), time.perf_counter()
    do(command)
    return ear.when(ear.first(since, hit, 10.0)) - began


def _rounds(ear: Ear, do: Do) -> Times:
    times: Times = {}
    ear.first(ear.now, _at(1))
    for _ in range(ROUNDS):
        for command, hit in ROUND:
            name = "seek" if command == "back" else command
            times.setdefault(name, []).append(_once(ear, do, command, hit))
    return times


def _of_deck(one: Studio, loop: asyncio.AbstractEventLoop) -> Do:
    deck = one.deck
    said: dict[str, Callable[[], None]] = {
        "mute": lambda: deck.mute("stem1", True), "unmute": lambda: deck.mute("stem1", False),
        "seek": lambda: deck.seek(_BEHIND), "back": lambda: deck.seek(_BEFORE),
        "pause": deck.pause, "resume": deck.play,
    }  # fmt: skip

    async def tell(command: str) -> None:
        said[command]()

    return lambda command: asyncio.run_coroutine_threadsafe(tell(command), loop).result()


async def _takedeck(ear: Ear, origin: Origin, home: Path) -> Times:
    async with studio(origin, ear.env, home) as one:
        await one.open("mtrack_000000000001", ALL_STEMS)
        await one.whole()
        one.deck.seek(_BEFORE)
        return await asyncio.to_thread(_rounds, ear, _of_deck(one, asyncio.get_running_loop()))


def _mpv(ear: Ear, folder: Path, urls: list[str]) -> Times:
    said = {
        "mute": ("set_property", "mute", True), "unmute": ("set_property", "mute", False),
        "seek": ("seek", _BEHIND, "absolute"), "back": ("seek", _BEFORE, "absolute"),
        "pause": ("set_property", "pause", True), "resume": ("set_property", "pause", False),
    }  # fmt: skip
    with players.Mpv(ear, folder) as mpv:
        mpv.load(urls)
        ear.first(ear.now, _at(1))
        while float(mpv.ask("get_property", "demuxer-cache-time")) < _SECONDS - 1:
            ear.rest(0.1)
        mpv.ask(*said["back"])
        return _rounds(ear, lambda command: mpv.tell(*said[command]))


def _say(name: str, times: Times, base: Times, load: str) -> None:
    print(f"command to effect, {name}   {load}")
    for command, each in times.items():
        middle = statistics.median(each)
        print(f"  {command:<10}{middle * 1000:6.0f} ms"
              f"  {middle / statistics.median(base[command]):.2f} x"
              f"   ({min(each) * 1000:.0f}-{max(each) * 1000:.0f})")  # fmt: skip


def main() -> None:
    """Print medians, ratios to mpv playing the same eight stems, and the spread."""
    players.say_missing()
    with workshop() as folder, Ear() as ear:
        (parts := folder / "steps").mkdir()
        rows: dict[str, tuple[Times, str]] = {}
        with Origin(steps(parts, _SECONDS)) as origin:
            load = Load()
            if players.here("mpv"):
                rows["mpv, eight stems"] = _mpv(ear, folder, origin.stems), load.take()
                ear.quiet()
            took = asyncio.run(_takedeck(ear, origin, folder / "home"))
            rows["takedeck, eight stems"] = took, load.take()
            ear.quiet()
            if players.here("mpv"):
                rows["mpv, one file"] = _mpv(ear, folder, [origin.master]), load.take()
        base = next(iter(rows.values()))[0]
        for name, (times, said) in rows.items():
            _say(name, times, base, said)
        say_lateness(ear)


if __name__ == "__main__":
    main()
