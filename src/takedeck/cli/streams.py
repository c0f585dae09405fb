"""Standard input, output and error that may be closed, full or gone."""

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
    """What was asked for could not be written to standard output."""

    title = "Standard output"
    advice = "Make room, or send it elsewhere."


class ReaderGone(Exception):
    """Whoever read our output has gone, as `| head` does."""


class _Output(io.FileIO):
    """Says once what is wrong with it, and is silent from then on."""

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
    """Where nothing can be told of its own faults."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError:
            return len(memoryview(data))


def mend() -> None:
    """Have faults of the standard streams told as ours, or nowhere.

    One that is closed keeps its number, so that no file or socket gets what is printed.
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
