"""What the app costs while nothing happens, and how often it asks."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from takedeck.library.schedule import Schedule
from tests.benchmarks.terminal import Terminal

SETTLE = 100.0
SECONDS = 40.0
_TICK = os.sysconf("SC_CLK_TCK")


def requests_per_hour(*, active: bool) -> int:
    """How often the list is asked for in an hour of the schedule's own clock."""
    schedule, at, count = Schedule(Random(1)), 0.0, 0
    while at < 3600:
        at += schedule.after_answer(active=active, changed=active)
        count += 1
    return count


def cpu(pid: int) -> float:
    """The CPU seconds of that process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def at_rest(command: list[str], drawn: str, settle: float) -> float:
    """The share of a core that a program in a terminal takes once it has settled."""
    with tempfile.TemporaryDirectory() as home:
        env = {"XDG_CACHE_HOME": home, "XDG_CONFIG_HOME": home, "TAKEDECK_OUTPUT": "null",
               "TAKEDECK_SIMULATOR": "--scenario quiet"}  # fmt: skip
        with Terminal(command, env=env, size=(140, 42)) as terminal:
            terminal.until(drawn)
            time.sleep(settle)
            before = cpu(terminal.pid)
            time.sleep(SECONDS)
            return (cpu(terminal.pid) - before) / SECONDS


def main() -> None:
    """Print both, the CPU beside a bare Textual app's."""
    for count in (0, 1, 10):
        print(f"{count:2d} active: {requests_per_hour(active=count > 0):5d} requests an hour")
    bare = at_rest([sys.executable, str(Path(__file__).with_name("bare.py"))], "Jobs", 2.0)
    ours = at_rest([sys.executable, "-m", "takedeck", "--demo"], "requests left", SETTLE)
    print(f"at rest: bare Textual app {bare:.2%} of a core, takedeck {ours:.2%}")


if __name__ == "__main__":
    main()
