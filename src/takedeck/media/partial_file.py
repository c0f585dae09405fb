"""A file that grows while others read it, and is either finished whole or leaves no trace."""

from __future__ import annotations

import errno
import fcntl
import math
import os
import resource
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from takedeck.errors import DiskFull

_FULL: Final = {errno.ENOSPC: "The disk is full.", errno.EDQUOT: "The disk quota is used up."}
_FEW_FILES: Final = 32
"""With fewer than that there is nothing to share out."""
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW


class PartialFile:
    """A new file at `path` (0600), locked while it grows; DiskFull when it cannot be made.

    As a context manager it removes itself unless it was finished. What `write` has returned from
    can be read by every other process.
    """

    def __init__(self, path: Path, final: Path) -> None:
        self.path = path
        self.final = final
        self.size = 0
        try:
            self._file: int | None = os.open(path, _FLAGS, 0o600)
        except OSError as error:
            raise disk_fault(error) from None
        if self._file >= _most_files():
            self.abandon()
            raise DiskFull(
                "Too many files would be open at once.",
                next_step="Allow more, as with `ulimit -n 1024`, and start again.",
            )
        lock(self._file)

    def write(self, data: bytes) -> None:
        """Append the bytes; DiskFull when they do not all fit."""
        view = memoryview(data)
        try:
            while view:
                count = os.write(self._open(), view)
                self.size += count
                view = view[count:]
        except OSError as error:
            raise disk_fault(error) from None

    def restart(self) -> None:
        """Drop all that was written."""
        try:
            os.ftruncate(self._open(), 0)
            os.lseek(self._open(), 0, os.SEEK_SET)
        except OSError as error:
            raise disk_fault(error) from None
        self.size = 0

    def finish(self) -> Path:
        """Give the file its final name, its bytes safe on the disk first. Blocks on the disk."""
        try:
            os.fsync(self._open())
            os.replace(self.path, self.final)
        except OSError as error:
            raise disk_fault(error) from None
        self._close()
        return self.final

    def abandon(self) -> None:
        """Remove the file, unless it is finished; calling it twice is harmless."""
        if self._file is not None:
            self._close()
            self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.abandon()

    def _open(self) -> int:
        if self._file is None:
            raise ValueError("the file is closed")
        return self._file

    def _close(self) -> None:
        # Taken out first: `finish` may run in a thread; a number closed twice may be another's.
        file, self._file = self._file, None
        if file is not None:
            os.close(file)


def _most_files() -> float:
    """The first descriptor that no part may have.

    Each part needs a connection too, and the app some files of its own: it ends where it has none
    left. Descriptors are given out from the lowest on.
    """
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return most // 2 + 4 if most >= _FEW_FILES else math.inf


def lock(file: int) -> bool:
    """Take the file's lock if nobody has it. It ends with the process, however that ends."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def disk_fault(error: OSError) -> DiskFull:
    """The system's word on a file that could not be written, without its path."""
    number = error.errno or 0
    reason = os.strerror(number) if number else type(error).__name__
    return DiskFull(_FULL.get(number, f"The system says: {reason}."))
