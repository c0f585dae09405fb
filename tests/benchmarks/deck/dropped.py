"""Dropped frames in 60 s: while the app scrolls at full speed, and while its interpreter is held.

The first stem counts frames, the other seven cancel; whatever was heard that is not the next
frame's number was dropped, repeated or silence. mpv plays one counter beside nothing at all, as
a measure of what the machine and the recorder lose by themselves.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.benchmarks.deck import players
from tests.benchmarks.deck.counted import Count, count
from tests.benchmarks.deck.ear import Ear, loud, say_lateness
from tests.benchmarks.deck.load import Load, cpu_seconds
from tests.benchmarks.deck.material import counters, workshop
from tests.benchmarks.deck.screen import playing
from tests.benchmarks.deck.served import Origin

SECONDS = 60
_SET = 80
_ROWS = 60


def _heard(ear: Ear, start: int) -> Count:
    return count(ear.heard()[start : start + SECONDS * ear.rate])


def _scrolled(ear: Ear, origin: Origin, home: Path) -> tuple[Count, float]:
    """Keys go to the app as fast as it draws a list that is longer than the screen."""
    with playing(ear, origin, home) as terminal:
        start, busy = ear.now, cpu_seconds(terminal.pid)
        while ear.now < start + SECONDS * ear.rate:
            for key in "j" * _ROWS + "k" * _ROWS:
                terminal.type(key)
                time.sleep(0.004)
        used = (cpu_seconds(terminal.pid) - busy) / SECONDS
    return _heard(ear, start), used


def _held(ear: Ear, origin: Origin, home: Path) -> Count:
    command = [sys.executable, "-m", "tests.benchmarks.deck.held"]
    with playing(ear, origin, home, command):
        start = ear.now
        ear.rest(SECONDS)
    return _heard(ear, start)


def _alone(ear: Ear, origin: Origin) -> Count:
    since = ear.quiet()
    with subprocess.Popen(players.mpv([origin.master]), env=os.environ | ear.env) as mpv:
        ear.first(since, loud)
        ear.rest(2.0)
        start = ear.now
        ear.rest(SECONDS)
        mpv.terminate()
    return _heard(ear, start)


def main() -> None:
    """Print what was dropped in each, and how busy the app was."""
    players.say_missing()
    with workshop() as folder, Ear() as ear:
        (parts := folder / "counters").mkdir()
        with Origin(counters(parts, _SET)) as origin:
            load = Load()
            if players.here("mpv"):
                print(f"mpv, one file, alone: {_alone(ear, origin)}   {load.take()}")
            found, used = _scrolled(ear, origin, folder / "scrolled")
            print(f"takedeck, scrolling ({100 * used:.0f} % of a core): {found}   {load.take()}")
            found = _held(ear, origin, folder / "held")
            print(f"takedeck, held 300 ms a second: {found}   {load.take()}")
        say_lateness(ear)


if __name__ == "__main__":
    main()
