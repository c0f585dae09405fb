"""A file that can be read while it grows, and is either finished or removed."""

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
_LOW_FILE_LIMIT: Final = 32
"""With a limit on open files below this, parts are not limited any further."""
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW


class PartialFile:
    """A new file at `path` (mode 0600), locked while it grows, renamed to `final` at the end.

    `size` is in bytes; other processes can read them as soon as `write` returns. As a context
    manager it removes the file unless it was finished. Raises `DiskFull` if the file cannot be
    made, or would use up the process's open files.
    """

    def __init__(self, path: Path, final: Path) -> None:
        self.path = path
        self.final = final
        self.size = 0
        try:
            self._file: int | None = os.open(path, _FLAGS, 0o600)
        except OSError as error:
            raise disk_fault(error) from None
        if self._file >= _descriptor_limit():
            self.abandon()
            raise DiskFull(
                "Too many files would be open at once.",
                next_step="Allow more, as with `ulimit -n 1024`, and start again.",
            )
        lock(self._file)

    def write(self, data: bytes) -> None:
        """Append the bytes. Raises `DiskFull` if they do not all fit."""
        view = memoryview(data)
        try:
            while view:
                count = os.write(self._open(), view)
                self.size += count
                view = view[count:]
        except OSError as error:
            raise disk_fault(error) from None

    def restart(self) -> None:
        """Empty the file. Raises `DiskFull` if that fails."""
        try:
            os.ftruncate(self._open(), 0)
            os.lseek(self._open(), 0, os.SEEK_SET)
        except OSError as error:
            raise disk_fault(error) from None
        self.size = 0

    def finish(self) -> Path:
        """Sync the file to the disk, then give it its final name, which is returned.

        Blocks on the disk. Raises `DiskFull`.
        """
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
        # Swap first: `finish` may run in a thread, and a number closed twice may be reused by then.
        file, self._file = self._file, None
        if file is not None:
            os.close(file)


def _descriptor_limit() -> float:
    """The lowest file descriptor that a part must not use.

    Each part needs a connection too, and the app some files of its own, without which it cannot go
    on. The system hands out the lowest free descriptor.
    """
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return most // 2 + 4 if most >= _LOW_FILE_LIMIT else math.inf


def lock(file: int) -> bool:
    """Try to lock the open file; returns whether it worked. The lock ends with the process."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def disk_fault(error: OSError) -> DiskFull:
    """The `DiskFull` for a failed write, with the system's reason and without the path."""
    number = error.errno or 0
    reason = os.strerror(number) if number else type(error).__name__
    return DiskFull(_FULL.get(number, f"The system says: {reason}."))
