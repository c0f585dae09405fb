"""The cache of downloaded parts: of limited size, shared by processes, complete files only."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from takedeck.config import private_folder
from takedeck.errors import DiskFull
from takedeck.media.partial_file import PartialFile, disk_fault, lock

LIMIT: Final = 1024**3
"""Bytes of finished parts at most."""

_FINISHED: Final = ".audio"
_PARTIAL: Final = ".part"
_STALE_AFTER: Final = 600.0
"""Seconds after which an unlocked partial file counts as abandoned."""


@dataclass(frozen=True, slots=True)
class PartKey:
    """Identifies a part: `part` is `master` or a stem's name.

    `owner` identifies the API and the account: the same id may be another track elsewhere.
    """

    owner: str
    track_id: str
    part: str

    @property
    def name(self) -> str:
        """A file name of 64 hexadecimal digits (SHA-256), which shows nothing of the server's."""
        fields = (self.owner, self.track_id, self.part)
        text = "".join(f"{len(field)}:{field}" for field in fields)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class _Entry:
    path: Path
    size: int
    used_at: float


class Cache:
    """A folder (mode 0700) of finished parts, at most `limit` bytes of them.

    The constructor removes files left by killed processes. If the folder cannot be made or
    written, nothing is found and `begin` raises `DiskFull`. All methods block on the disk, briefly
    except for `finish`.
    """

    def __init__(self, folder: Path, *, limit: int = LIMIT) -> None:
        self.folder = folder
        self.limit = limit
        with contextlib.suppress(DiskFull):
            self.prepare()
        self._remove_abandoned()

    def find(self, key: PartKey) -> Path | None:
        """The finished part's path, or None. Marks it as used now."""
        path = self._final(key)
        try:
            if not stat.S_ISREG(path.lstat().st_mode):
                return None
            os.utime(path)
        except FileNotFoundError:
            return None
        except OSError:
            # Unlike Path.is_file, this never raises.
            return path if os.path.isfile(path) else None
        return path

    def drop(self, key: PartKey) -> None:
        """Remove a part that turned out to be damaged, so that it is downloaded again."""
        _remove(self._final(key))

    def begin(self, key: PartKey) -> PartialFile:
        """A new partial file, under a unique name. Raises `DiskFull` if it cannot be made."""
        self.prepare()
        return PartialFile(
            self.folder / f"{key.name}.{secrets.token_hex(8)}{_PARTIAL}", self._final(key)
        )

    def finish(self, growing: PartialFile) -> Path:
        """Give the complete file its final name, and evict the least recently used beyond `limit`.

        Returns its path. Raises `DiskFull`. Blocks until the file is on the disk.
        """
        path = growing.finish()
        self._trim(keep=path)
        return path

    def usage(self) -> tuple[int, int]:
        """The total size in bytes and the number of finished parts."""
        entries = list(self._entries(_FINISHED))
        return sum(entry.size for entry in entries), len(entries)

    def clear(self) -> None:
        """Remove all finished parts and the files left by killed processes."""
        for entry in self._entries(_FINISHED):
            _remove(entry.path)
        self._remove_abandoned()

    def prepare(self) -> None:
        """Make the folder, which may have been removed since. Raises `DiskFull` if that fails."""
        try:
            private_folder(self.folder)
        except OSError as error:
            raise disk_fault(error) from None

    def _final(self, key: PartKey) -> Path:
        return self.folder / (key.name + _FINISHED)

    def _trim(self, keep: Path) -> None:
        entries = sorted(self._entries(_FINISHED), key=lambda entry: entry.used_at)
        total = sum(entry.size for entry in entries)
        for entry in entries:
            if total <= self.limit:
                return
            if entry.path != keep:
                _remove(entry.path)
                total -= entry.size

    def _remove_abandoned(self) -> None:
        for entry in self._entries(_PARTIAL):
            if time.time() - entry.used_at > _STALE_AFTER and _is_abandoned(entry.path):
                _remove(entry.path)

    def _entries(self, suffix: str) -> Iterator[_Entry]:
        try:
            found = [item for item in os.scandir(self.folder) if item.name.endswith(suffix)]
        except OSError:
            return
        for item in found:
            # Another takedeck may have removed it since.
            with contextlib.suppress(OSError):
                status = item.stat(follow_symlinks=False)
                yield _Entry(Path(item.path), status.st_size, status.st_mtime)


def _is_abandoned(path: Path) -> bool:
    """Whether no living process holds the file's lock."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        return lock(file)
    finally:
        os.close(file)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
