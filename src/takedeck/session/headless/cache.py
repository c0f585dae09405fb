"""Size and clearing of the audio cache, for the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from takedeck.config import Folders
from takedeck.errors import DiskFull
from takedeck.media.cache import Cache


@dataclass(frozen=True, slots=True)
class Stored:
    """The finished parts in one folder: their number, total size and its limit in bytes."""

    folder: Path
    parts: int
    size: int
    limit: int


def stored(folders: Folders) -> tuple[Stored, Stored]:
    """The caches of the APIs' and of the demo's audio. Raises `DiskFull` if one cannot be made."""
    return _stored(_cache(folders, demo=False)), _stored(_cache(folders, demo=True))


def clear(folders: Folders) -> tuple[Stored, Stored]:
    """Remove all finished parts of both caches; returns what was there.

    Other takedeck processes can go on with what they are downloading or playing. Raises `DiskFull`
    if something cannot be removed.
    """
    before = stored(folders)
    for demo in (False, True):
        _cache(folders, demo=demo).clear()
    if left := sum(kept.parts for kept in stored(folders)):
        raise DiskFull(
            f"{left} files could not be removed.",
            next_step=f"Check who may write to {folders.cache}.",
        )
    return before


def _cache(folders: Folders, *, demo: bool) -> Cache:
    cache = Cache(folders.audio(demo=demo))
    cache.prepare()
    return cache


def _stored(cache: Cache) -> Stored:
    size, parts = cache.usage()
    return Stored(cache.folder, parts, size, cache.limit)
