"""The open track, as the screen sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from takedeck.errors import TakedeckError
from takedeck.model import MASTER, Track


@dataclass(frozen=True, slots=True)
class Download:
    """How much of a part is on disk: `have` of `total` bytes, None while the total is unknown."""

    have: int = 0
    total: int | None = None
    complete: bool = False


@dataclass(frozen=True, slots=True)
class OpenTrack:
    """An open job: its track once fetched, the downloads of its parts, and what went wrong.

    `versions` are all tracks of a job that has several, else empty. `minting` means that fresh URLs
    are being fetched. `kept` means that the API could not be asked, and the track is played from
    the cache. `resumed` means that it was restored from the last run, and nothing of it is
    requested until the user plays it. `downloads` and `troubles` are by part name; `troubles` holds
    a sentence for each part whose download failed.
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
        """The master's name, then the stems' in the server's order; empty without a track."""
        if self.track is None:
            return ()
        return (MASTER, *(stem.name for stem in self.track.stems))

    @property
    def buffered(self) -> float | None:
        """The share (0..1) of the requested bytes that is on disk; None while no size is known."""
        known = [part for part in self.downloads.values() if part.total]
        total = sum(part.total or 0 for part in known)
        return sum(part.have for part in known) / total if total else None
