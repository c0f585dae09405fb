"""What a screen that plays costs: bytes a second to the terminal, and the app's processor time.

The demo's first song plays with its stems, to no device. Beside it stands a bare Textual app that
draws as many meters with `Static.update`, ten times a second.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.at_rest import cpu
from tests.benchmarks.terminal import Terminal

SECONDS = 10.0
SIZES = ((80, 24), (160, 50))
_SETTLE = 25.0


def measured(terminal: Terminal) -> tuple[float, float]:
    """KiB a second that are written to the terminal, and the share of a core that it takes."""
    before, taken = terminal.written, cpu(terminal.pid)
    time.sleep(SECONDS)
    return (
        (terminal.written - before) / SECONDS / 1024,
        (cpu(terminal.pid) - taken) / SECONDS,
    )


def ours(size: tuple[int, int], animation: str, *, focused: bool = True) -> tuple[float, float]:
    """The same for takedeck while five stems play."""
    with tempfile.TemporaryDirectory() as home:
        env = {f"XDG_{name}_HOME": home for name in ("CONFIG", "DATA", "STATE")}
        env |= {"TAKEDECK_OUTPUT": "null", "TAKEDECK_SIMULATOR": "--scenario quiet --seed 3"}
        env |= {"TEXTUAL_ANIMATIONS": animation}
        with Terminal([sys.executable, "-m", "takedeck", "--demo"], env=env, size=size) as terminal:
            terminal.until("live")
            time.sleep(2.0)
            terminal.type("\r")
            terminal.until("link fresh")
            terminal.type("0")
            time.sleep(_SETTLE)
            if not focused:
                terminal.type("\x1b[O")
                time.sleep(1.0)
            return measured(terminal)


def bare(size: tuple[int, int]) -> tuple[float, float]:
    """The same for the bare app."""
    script = Path(__file__).with_name("bare_meters.py")
    with Terminal([sys.executable, str(script)], size=size) as terminal:
        terminal.until("Meters")
        time.sleep(2.0)
        return measured(terminal)


def main() -> None:
    """Print them all."""
    for size in SIZES:
        columns, rows = size
        for what, (kib, share) in (
            ("bare Textual app with six meters", bare(size)),
            ("takedeck, five stems", ours(size, "full")),
            ("takedeck, no animation", ours(size, "none")),
            ("takedeck, terminal not focused", ours(size, "full", focused=False)),
        ):
            print(f"{columns}×{rows} {what}: {kib:.1f} KiB/s, {share:.1%} of a core", flush=True)


if __name__ == "__main__":
    main()
