"""One part on the deck: its file, its frames and its place in the mix."""

from __future__ import annotations

from pathlib import Path

from takedeck.deck.decoding.growing_file import GrowingFile
from takedeck.deck.decoding.probe import Format
from takedeck.deck.pcm import Pcm
from takedeck.deck.peaks import Peaks
from takedeck.deck.ramps import Ramp
from takedeck.deck.state import GAIN_DB, PartSpec, PartState


class Part:
    """Mutable; the decoder writes what it found, the transport what the listener wants."""

    def __init__(self, spec: PartSpec, scratch: Path | None) -> None:
        self.spec = spec
        self.source = GrowingFile(spec.path)
        self.pcm = Pcm(scratch)
        self.peaks = Peaks()
        self.format: Format | None = None
        self.frames: int | None = None
        self.exact = False
        self.complete = False
        self.fault: str | None = None
        self.damaged = False
        self.muted = False
        self.soloed = False
        self.gain_db = 0.0
        self.ramp = Ramp(0.0)
        self.level = 0.0

    @property
    def gain(self) -> float:
        """The gain as a factor; the lowest step is silence."""
        return 0.0 if self.gain_db <= GAIN_DB[0] else 10.0 ** (self.gain_db / 20.0)

    def has(self, start: int, size: int) -> bool:
        """Whether all of the part that lies in these frames is there."""
        return self.complete or self.pcm.count >= start + size

    def state(self, audible: bool) -> PartState:
        """The part as others may see it."""
        return PartState(
            name=self.spec.name,
            role=self.spec.role,
            decoded=self.pcm.count,
            frames=self.frames,
            estimated=self.frames is not None and not self.exact,
            rate=self.format.rate if self.format and self.format.rate else None,
            audible=audible,
            muted=self.muted,
            soloed=self.soloed,
            gain_db=self.gain_db,
            level=round(min(1.0, self.level), 4),
            fault=self.fault,
            complete=self.complete,
            damaged=self.damaged,
            attempt=self.spec.attempt,
        )
