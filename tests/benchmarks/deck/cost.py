"""CPU and memory while eight stems of four minutes play: takedeck with its app on screen, and mpv.

CPU is seconds of processor time (user and system) for each second of playing, once everything is
downloaded and decoded. Memory is RSS, its share without what other processes use too (PSS), and
what no file backs (anonymous): that alone cannot be given back when memory is short.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks.deck import players
from tests.benchmarks.deck.ear import Ear, loud
from tests.benchmarks.deck.load import Load, cpu_seconds, memory
from tests.benchmarks.deck.material import songs, workshop
from tests.benchmarks.deck.screen import App, playing
from tests.benchmarks.deck.served import Origin

SECONDS = 30
_SET = 240
_SETTLED = 0.5

Cost = dict[str, tuple[float, dict[str, float]]]


def _measured(ear: Ear, pids: Mapping[str, int]) -> Cost:
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    start = ear.now
    ear.rest(SECONDS)
    seconds = (ear.now - start) / ear.rate
    return {
        name: ((cpu_seconds(pid) - before[name]) / seconds, memory(pid))
        for name, pid in pids.items()
    }


def _until_decoded(ear: Ear, app: App) -> None:
    """Wait until the deck's processor time is that of playing alone."""
    while True:
        before = cpu_seconds(app.deck)
        ear.rest(2.0)
        if cpu_seconds(app.deck) - before < 2.0 * _SETTLED:
            return


def _takedeck(ear: Ear, origin: Origin, home: Path) -> Cost:
    with playing(ear, origin, home) as app:
        _until_decoded(ear, app)
        return _measured(ear, {"takedeck, deck": app.deck, "takedeck, app": app.pid})


def _mpv(ear: Ear, origin: Origin) -> Cost:
    since = ear.quiet()
    with subprocess.Popen(players.mpv(origin.stems), env=os.environ | ear.env) as mpv:
        ear.first(since, loud)
        ear.rest(8.0)
        cost = _measured(ear, {"mpv, amix": mpv.pid})
        mpv.terminate()
    return cost


def main() -> None:
    """Print each process's figures, and its CPU as a ratio to mpv's."""
    players.say_missing()
    with workshop() as folder, Ear() as ear:
        (parts := folder / "songs").mkdir()
        with Origin(songs(parts, _SET)) as origin:
            load = Load()
            cost = _takedeck(ear, origin, folder / "home")
            if players.here("mpv"):
                cost |= _mpv(ear, origin)
            print(f"eight stems playing, the app on screen   {load.take()}")
    base = next(reversed(cost.values()))[0]
    for name, (cpu, size) in cost.items():
        print(f"  {name:<16}{100 * cpu:5.1f} % of a core  {cpu / base:.2f} x"
              f"   RSS {size['Rss']:.0f}, PSS {size['Pss']:.0f},"
              f" anonymous {size['Anonymous']:.0f} MB")  # fmt: skip


if __name__ == "__main__":
    main()
