"""The terminal as it was, however the app ends."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

_RESET: Final = (
    b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l"  # mouse
    b"\x1b[?1004l\x1b[?2004l\x1b[?2048l"  # focus, bracketed paste, reports of the size
    b"\x1b[<u\x1b[?7h\x1b[?1049l\x1b[?25h\x1b[0m"  # keyboard, wrapping, screen, cursor, colour
)


@contextmanager
def kept_terminal() -> Iterator[Callable[[], None]]:
    """Restore the terminal at the end, if the app could not do so itself.

    Yields a function that restores it, for an exit that skips this context manager's own end.
    """
    try:
        import termios
    except ImportError:
        yield lambda: None
        return
    keys, screen = sys.stdin.fileno(), sys.stdout.fileno()
    before = termios.tcgetattr(keys)

    def give_back() -> None:
        # The app restores these attributes last: if they match, everything else is restored too.
        with suppress(OSError, termios.error):
            if termios.tcgetattr(keys) == before:
                return
            # Drop the app's pending output: a terminal that reads nothing must not block us.
            termios.tcflush(screen, termios.TCOFLUSH)
            termios.tcsetattr(keys, termios.TCSANOW, before)
            if any(select.select([], [screen], [], 0.5)):
                os.write(screen, _RESET)

    try:
        yield give_back
    finally:
        give_back()
