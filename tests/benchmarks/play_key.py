"""From the play key to the first sample heard, against a plain player on the same sound server."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

import numpy as np

from tests.benchmarks.terminal import Terminal
from tests.pulse import Pulse

RUNS = 8
_LOUD = 30


def sounding(pulse: Pulse, after: int) -> float:
    """When the first frame past `after` was heard that is not silence, by the recorder's clock."""
    pulse.until(lambda heard: bool((np.abs(heard[after:]) > _LOUD).any()), 60.0)
    return time.perf_counter()


def plain(pulse: Pulse, tone: Path) -> list[float]:
    """Process start of paplay to the first sample of a tone."""
    times = []
    for _ in range(RUNS):
        after, began = len(pulse.heard()), time.perf_counter()
        with subprocess.Popen(["paplay", str(tone)], env=os.environ | pulse.env) as player:
            times.append(sounding(pulse, after) - began)
            player.kill()
        quiet(pulse)
    return times


def quiet(pulse: Pulse) -> None:
    """Wait for a quarter of a second of silence."""
    pulse.until(lambda heard: not heard[-11025:].any())


def takedeck(pulse: Pulse, home: str) -> tuple[list[float], list[float]]:
    """Enter on a job that was never heard, and space on one that is loaded and stopped."""
    cold, warm = [], []
    env = {**pulse.env, "XDG_CACHE_HOME": home, "XDG_CONFIG_HOME": home,
           "TAKEDECK_SIMULATOR": "--scenario quiet"}  # fmt: skip
    command = [sys.executable, "-m", "takedeck", "--demo"]
    with Terminal(command, env=env, size=(140, 42)) as terminal:
        terminal.until("requests left")
        terminal.type("]]]")
        terminal.until("100 %")
        for run in range(RUNS):
            terminal.type("j" * (run > 0))
            quiet(pulse)
            after, began = len(pulse.heard()), time.perf_counter()
            terminal.type("\r")
            cold.append(sounding(pulse, after) - began)
            terminal.type(".")
            quiet(pulse)
            after, began = len(pulse.heard()), time.perf_counter()
            terminal.type(" ")
            warm.append(sounding(pulse, after) - began)
            terminal.type(".")
    return cold, warm


def main() -> None:
    """Print the medians, and their ratios to the plain player's."""
    with Pulse() as pulse, tempfile.TemporaryDirectory() as home:
        tone = Path(home) / "tone.wav"
        with wave.open(str(tone), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(44100)
            file.writeframes((np.ones((44100 * 2, 2)) * 8000).astype("<i2").tobytes())
        base = statistics.median(plain(pulse, tone))
        cold, warm = takedeck(pulse, home)
        rows = (("paplay, a WAV file", [base]), ("takedeck, enter, not heard before", cold),
                ("takedeck, space, loaded", warm))  # fmt: skip
        for name, times in rows:
            median = statistics.median(times)
            print(f"to first sample: {name:<36}{median * 1000:7.0f} ms  {median / base:.2f} x")


if __name__ == "__main__":
    main()
