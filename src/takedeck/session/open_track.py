"""The opened track, as the screen may see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from takedeck.errors import TakedeckError
from takedeck.model import MASTER, Track


@dataclass(frozen=True, slots=True)
class Download:
    """How much of a part is on disk: `have` of `total` bytes, None where the total is unknown."""

    have: int = 0
    total: int | None = None
    complete: bool = False


@dataclass(frozen=True, slots=True)
class OpenTrack:
    """One opened job: its track once fetched, how far each part is, and what went wrong.

    `versions` are all tracks of a job that has several. `kept` says that the API would not tell of
    the track, and what is in the cache plays. `resumed` says that it stands as an earlier start
    left it, and nothing of it is asked for before a key wants it. `troubles` holds a sentence for
    each part that could not be fetched.
    """

    job_id: str
    track: Track | None = None
    minting: bool = False
    trouble: TakedeckError | None = None
    versions: tuple[Track, ...] = ()
    kept: bool = False
    resumed: bool = False
    downloads: Mapping[str, Download] = field(default_factory=dict)
    troubles: Mapping[str, str] = field(default_factory=dict)

    @property
    def part_names(self) -> tuple[str, ...]:
        """The master first, then the stems as the server orders them."""
        if self.track is None:
            return ()
        return (MASTER, *(stem.name for stem in self.track.stems))

    @property
    def buffered(self) -> float | None:
        """The share of the asked-for bytes that is on disk, 0–1; None while it cannot be told."""
        known = [part for part in self.downloads.values() if part.total]
        total = sum(part.total or 0 for part in known)
        return sum(part.have for part in known) / total if total else None
