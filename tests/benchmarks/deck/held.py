"""The app, its interpreter held for 300 ms every second by a C call that keeps the GIL."""

from __future__ import annotations

import ctypes
import threading

from takedeck.cli.app import open_app
from takedeck.cli.flags import Flags

HELD = 0.3
EVERY = 1.0


def _hold() -> None:
    # PyDLL calls without letting go of the GIL, where CDLL would: nothing else of Python runs.
    usleep = ctypes.PyDLL(None).usleep
    pause = threading.Event()
    while True:
        usleep(round(HELD * 1e6))
        pause.wait(EVERY - HELD)


if __name__ == "__main__":
    threading.Thread(target=_hold, daemon=True).start()
    open_app(Flags())
