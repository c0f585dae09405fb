"""A file that is still being downloaded, read no further than it has grown."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from takedeck.deck.faults import Closed, DeckFault

WHOLE = 1 << 62


class GrowingFile:
    """Bytes of `path` up to a limit that `grew` moves; readers wait for what is not there yet.

    The file is opened at the first byte and kept open, so it may be renamed or deleted afterwards.
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
        """Wake every reader with `Closed`; the reader's own `release` closes the descriptor."""
        with self._more:
            self._closed = True
            self._more.notify_all()

    def release(self) -> None:
        """Close the descriptor. Only the reading thread may call this."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def wait(self, end: int) -> int:
        """Wait until `end` bytes are there or no more will come.

        Returns the number of bytes there. Raises `Closed` once the part is unloaded.
        """
        with self._more:
            self._more.wait_for(lambda: self._closed or self.complete or self.available >= end)
            if self._closed:
                raise Closed("the part was unloaded")
            return self.available

    def read(self, offset: int, size: int, *, whole: bool = True) -> bytes:
        """Read `size` bytes at `offset`: all of them if `whole`, else what is there, at least one.

        Fewer (or none) come back only at the end of the file.
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
