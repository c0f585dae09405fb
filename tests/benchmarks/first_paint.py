"""Process start to first paint, against a minimal Textual app with three empty panes."""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.terminal import Terminal

RUNS = 15


def main() -> None:
    """Print both medians, and their ratio."""
    takedeck = [sys.executable, "-m", "takedeck"]
    bare = [sys.executable, str(Path(__file__).with_name("bare.py"))]
    times: dict[str, list[float]] = {"bare": [], "takedeck": []}
    with tempfile.TemporaryDirectory() as home:
        env = {
            "HOME": home,
            "XDG_CACHE_HOME": home,
            "XDG_CONFIG_HOME": home,
            "TAKEDECK_OUTPUT": "null",
            "FREDDY_API_KEY": "",
            "USEAPI_TOKEN": "",
        }
        for run in range(RUNS + 1):
            for name, command in (("bare", bare), ("takedeck", takedeck)):
                with Terminal(command, env=env) as terminal:
                    paint = terminal.until("Jobs")
                if run:
                    times[name].append(paint)
    medians = {name: statistics.median(each) for name, each in times.items()}
    print(f"first paint, bare Textual app   {medians['bare'] * 1000:7.0f} ms  1.00 x")
    ratio = medians["takedeck"] / medians["bare"]
    print(f"first paint, takedeck           {medians['takedeck'] * 1000:7.0f} ms  {ratio:.2f} x")


if __name__ == "__main__":
    main()
