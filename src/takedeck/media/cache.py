"""Finished parts on disk: bounded, shared by several takedecks, never half a file."""

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

from takedeck.errors import DiskFull
from takedeck.media.partial_file import PartialFile, disk_fault, lock

LIMIT: Final = 1024**3
_FINISHED: Final = ".audio"
_GROWING: Final = ".part"
_STALE_AFTER: Final = 600.0


@dataclass(frozen=True, slots=True)
class PartKey:
    """What a part is, in our own words: `part` is `master` or a stem's name.

    `owner` tells API and account apart: elsewhere the same id is another track.
    """

    owner: str
    track_id: str
    part: str

    @property
    def name(self) -> str:
        """64 hexadecimal digits; nothing of what a server said shows in it."""
        fields = (self.owner, self.track_id, self.part)
        text = "".join(f"{len(field)}:{field}" for field in fields)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class _Entry:
    path: Path
    size: int
    used_at: float


class Cache:
    """The folder (made 0700) of finished parts, at most `limit` bytes of them.

    Making one removes what killed processes have left. Where the folder cannot be made or
    written there is nothing to be found, and `begin` raises DiskFull. All methods block on the
    disk, briefly but for `PartialFile.finish`.
    """

    def __init__(self, folder: Path, *, limit: int = LIMIT) -> None:
        self.folder = folder
        self.limit = limit
        with contextlib.suppress(DiskFull):
            self.prepare()
        self._sweep()

    def find(self, key: PartKey) -> Path | None:
        """The finished part, and note that it was used; None when it is not there."""
        path = self._final(key)
        try:
            if not stat.S_ISREG(path.lstat().st_mode):
                return None
            os.utime(path)
        except FileNotFoundError:
            return None
        except OSError:
            # Unlike the method of Path, this never raises.
            return path if os.path.isfile(path) else None
        return path

    def drop(self, key: PartKey) -> None:
        """Remove a part that turned out to be spoiled, so that it is fetched anew."""
        _remove(self._final(key))

    def begin(self, key: PartKey) -> PartialFile:
        """A new file to fill, under a name that no other process has. Raises DiskFull."""
        self.prepare()
        return PartialFile(
            self.folder / f"{key.name}.{secrets.token_hex(8)}{_GROWING}", self._final(key)
        )

    def finish(self, growing: PartialFile) -> Path:
        """Keep the whole file under its final name, and let the least recently used go."""
        path = growing.finish()
        self._trim(keep=path)
        return path

    def usage(self) -> tuple[int, int]:
        """How many bytes and how many finished parts there are."""
        entries = list(self._entries(_FINISHED))
        return sum(entry.size for entry in entries), len(entries)

    def clear(self) -> None:
        """Remove every finished part and what killed processes have left."""
        for entry in self._entries(_FINISHED):
            _remove(entry.path)
        self._sweep()

    def prepare(self) -> None:
        """Make the folder, which may have gone since. Raises DiskFull."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.folder.chmod(0o700)
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

    def _sweep(self) -> None:
        for entry in self._entries(_GROWING):
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
