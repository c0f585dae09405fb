"""What the audio cache holds, and its clearing: for the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from takedeck.config import Folders
from takedeck.errors import DiskFull
from takedeck.media.cache import Cache


@dataclass(frozen=True, slots=True)
class Stored:
    """Finished parts in one folder: how many, their size and the bound on it, in bytes."""

    folder: Path
    parts: int
    size: int
    limit: int


def stored(folders: Folders) -> tuple[Stored, Stored]:
    """The cache of the APIs' audio and that of the demo's. Raises DiskFull."""
    return _stored(_cache(folders, demo=False)), _stored(_cache(folders, demo=True))


def clear(folders: Folders) -> tuple[Stored, Stored]:
    """Remove every finished part of both, and tell what was there.

    What another takedeck downloads or plays at the moment stays whole to it. Raises DiskFull
    when something cannot be removed.
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
