"""Dropped frames in 60 s: while the app scrolls at full speed, and while its interpreter is held.

The first stem counts frames, the other seven cancel; whatever was heard that is not the next
frame's number was dropped, repeated or silence. Two controls tell what is the app's doing and what
the machine's: takedeck with its app at rest, and mpv, whose buffer is several times as long, with
one counter alone. Beside each stands how late a process that only sleeps was woken at worst.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.deck import players
from tests.benchmarks.deck.counted import Count, count
from tests.benchmarks.deck.ear import Ear, loud, say_lateness
from tests.benchmarks.deck.hiccups import Hiccups
from tests.benchmarks.deck.load import Load, cpu_seconds
from tests.benchmarks.deck.material import counters, workshop
from tests.benchmarks.deck.screen import TAKEDECK, playing
from tests.benchmarks.deck.served import Origin

SECONDS = 60
_SET = 80
_ROWS = 60
HELD = (sys.executable, "-m", "tests.benchmarks.deck.held")


def _heard(ear: Ear, start: int) -> Count:
    return count(ear.heard()[start : start + SECONDS * ear.rate])


def _scrolled(ear: Ear, origin: Origin, home: Path) -> tuple[Count, float]:
    """Keys go to the app every 4 ms, up and down a list that is longer than the screen."""
    with playing(ear, origin, home) as terminal:
        start, busy = ear.now, cpu_seconds(terminal.pid)
        while ear.now < start + SECONDS * ear.rate:
            for key in "j" * _ROWS + "k" * _ROWS:
                terminal.type(key)
                time.sleep(0.004)
        used = (cpu_seconds(terminal.pid) - busy) / SECONDS
    return _heard(ear, start), used


def _left(ear: Ear, origin: Origin, home: Path, command: Sequence[str]) -> Count:
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
            if players.here("mpv"):
                with _said("mpv, one file, alone") as say:
                    say(_alone(ear, origin))
            with _said("takedeck, app at rest") as say:
                say(_left(ear, origin, folder / "rest", TAKEDECK))
            with _said("takedeck, app scrolling") as say:
                found, used = _scrolled(ear, origin, folder / "scrolled")
                say(f"{found}; the app took {100 * used:.0f} % of a core")
            with _said("takedeck, app held 300 ms a second") as say:
                say(_left(ear, origin, folder / "held", HELD))
        say_lateness(ear)


@contextmanager
def _said(what: str) -> Iterator[Callable[[object], None]]:
    load, found = Load(), list[object]()
    with Hiccups() as naps:
        yield found.append
    print(f"{what}   {load.take()}, woken {naps} late")
    print(f"  {found[0]}")


if __name__ == "__main__":
    main()
