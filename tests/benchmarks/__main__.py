"""Every figure: `python -m tests.benchmarks`, or some: `python -m tests.benchmarks play_key`."""

from __future__ import annotations

import importlib
import sys

ALL = (
    "first_paint", "play_key", "playing", "from_clone", "live_list", "at_rest", "deck.first_sound",
    "deck.commands", "deck.cost", "deck.dropped", "deck.shuffled",
)  # fmt: skip

if __name__ == "__main__":
    for name in sys.argv[1:] or ALL:
        importlib.import_module(f"tests.benchmarks.{name}").main()
