"""The terminal as it was, however the app ends."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

_LEAVE: Final = (
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l"  # mouse
    "\x1b[?1004l\x1b[?2004l\x1b[?2048l"  # focus, bracketed paste, reports of the size
    "\x1b[<u\x1b[?7h\x1b[?1049l\x1b[?25h\x1b[0m"  # keyboard, wrapping, screen, cursor, colour
)


@contextmanager
def kept_terminal() -> Iterator[None]:
    """Undo what the app did to the terminal, where it came to no end that does so itself."""
    try:
        import termios
    except ImportError:
        yield
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        yield
    finally:
        # The app sets these back as the last thing it undoes: when they fit, all else does.
        with suppress(OSError, termios.error):
            if termios.tcgetattr(descriptor) != before:
                sys.stdout.write(_LEAVE)
                sys.stdout.flush()
                termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
