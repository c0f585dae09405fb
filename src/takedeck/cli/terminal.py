"""The terminal as it was, however the app ends."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

_LEAVE: Final = (
    b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l"  # mouse
    b"\x1b[?1004l\x1b[?2004l\x1b[?2048l"  # focus, bracketed paste, reports of the size
    b"\x1b[<u\x1b[?7h\x1b[?1049l\x1b[?25h\x1b[0m"  # keyboard, wrapping, screen, cursor, colour
)


@contextmanager
def kept_terminal() -> Iterator[Callable[[], None]]:
    """Undo what the app did to the terminal, where it came to no end that does so itself.

    Gives what undoes it, for an end that does not even come to the end of this.
    """
    try:
        import termios
    except ImportError:
        yield lambda: None
        return
    keys, screen = sys.stdin.fileno(), sys.stdout.fileno()
    before = termios.tcgetattr(keys)

    def give_back() -> None:
        # The app sets these back as the last thing it undoes: when they fit, all else does.
        with suppress(OSError, termios.error):
            if termios.tcgetattr(keys) == before:
                return
            # What the app still had to say; a terminal that takes nothing must not hold us up.
            termios.tcflush(screen, termios.TCOFLUSH)
            termios.tcsetattr(keys, termios.TCSANOW, before)
            if any(select.select([], [screen], [], 0.5)):
                os.write(screen, _LEAVE)

    try:
        yield give_back
    finally:
        give_back()
