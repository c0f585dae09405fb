"""Reads a file that is still being downloaded, no further than it is written."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from takedeck.deck.faults import Closed, DeckFault

WHOLE = 1 << 62
"""As the number of bytes to wait for: the whole file."""


class GrowingFile:
    """Bytes of `path` up to the limit that `set_available` raises; readers block until then.

    The file is opened at the first read and kept open, so it may be renamed or deleted afterwards.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None
        self._more = threading.Condition()
        self._closed = False
        self.available = 0
        self.complete = False
        self.fault: str | None = None

    def set_available(
        self, available: int, complete: bool = False, fault: str | None = None
    ) -> None:
        """Say how many bytes may be read now; after `complete` or a `fault` no more will come."""
        with self._more:
            self.available = max(self.available, available)
            self.complete = self.complete or complete or fault is not None
            self.fault = self.fault or fault
            self._more.notify_all()

    def close(self) -> None:
        """Make every reader raise `Closed`; the reading thread closes the file with `release`."""
        with self._more:
            self._closed = True
            self._more.notify_all()

    def release(self) -> None:
        """Close the descriptor. Only the reading thread may call this."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def wait(self, end: int) -> int:
        """Block until `end` bytes are available or no more will come.

        Returns how many bytes are available. Raises `Closed` once the part is unloaded.
        """
        with self._more:
            self._more.wait_for(lambda: self._closed or self.complete or self.available >= end)
            if self._closed:
                raise Closed("the part was unloaded")
            return self.available

    def read(self, offset: int, size: int, *, whole: bool = True) -> bytes:
        """Read `size` bytes at `offset`; unless `whole`, as many as are there, but at least one.

        Returns fewer, or none, only at the end of the file. Raises `DeckFault` if the file cannot
        be opened, `OSError` if it cannot be read, and `Closed` once the part is unloaded.
        """
        there = self.wait(offset + (size if whole else 1))
        size = min(size, there - offset)
        return self._pread(offset, size) if size > 0 else b""

    def _pread(self, offset: int, size: int) -> bytes:
        if self._fd is None:
            self._fd = self._open()
        pieces = []
        while size > 0 and (piece := os.pread(self._fd, size, offset)):
            pieces.append(piece)
            offset += len(piece)
            size -= len(piece)
        return b"".join(pieces)

    def _open(self) -> int:
        try:
            return os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            reason = error.strerror or "unknown reason"
            raise DeckFault(f"The downloaded file cannot be opened: {reason}.") from error
