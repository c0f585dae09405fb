"""Makes closed, full or broken standard streams safe to use."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, Final, TextIO

from takedeck.errors import TakedeckError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_STANDARD: Final = (0, 1, 2)


class OutputError(TakedeckError):
    """Standard output could not be written."""

    title = "Standard output"
    advice = "Make room, or send it elsewhere."


class ReaderGone(Exception):
    """The reader of our output has closed the pipe, as `| head` does."""


class _Output(io.FileIO):
    """Standard output: raises its first fault, then discards everything."""

    _failed = False

    def write(self, data: ReadableBuffer, /) -> int:
        if self._failed:
            return len(memoryview(data))
        try:
            return super().write(data)
        except BrokenPipeError:
            self._failed = True
            raise ReaderGone from None
        except OSError as fault:
            self._failed = True
            raise OutputError(f"it cannot be written: {fault.strerror}.") from None


class _Errors(io.FileIO):
    """Standard error: swallows its own faults, as there is nowhere left to report them."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError:
            return len(memoryview(data))


def mend() -> None:
    """Replace stdout and stderr by streams that raise our errors, or none.

    A closed descriptor is opened on /dev/null, so that no file or socket gets its number and
    with it what is printed.
    """
    for number in _STANDARD:
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)
    sys.stdout = _text(_Output(1, "wb", closefd=False), sys.stdout, "strict")
    sys.stderr = _text(_Errors(2, "wb", closefd=False), sys.stderr, "backslashreplace")


def _text(raw: io.FileIO, before: TextIO | None, errors: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        before.encoding if before else "utf-8",
        (before.errors if before else None) or errors,
        line_buffering=raw.fileno() == 2 or raw.isatty(),
    )
