"""One part (master or stem) on the deck: its file, its decoded frames, its mixer settings."""

from __future__ import annotations

from pathlib import Path

from takedeck.deck.bands import Bands
from takedeck.deck.decoding.growing_file import GrowingFile
from takedeck.deck.decoding.probe import Format
from takedeck.deck.pcm import Pcm
from takedeck.deck.ramps import Ramp
from takedeck.deck.state import GAIN_DB, PartSpec, PartState


class Part:
    """Mutable state of one part: the decoder writes its results, the mixer the listener's settings.

    `frames` is the length at the deck's rate, an estimate unless `exact`; `level` is the peak
    (0..1) of the last period; `complete` means that decoding has ended, also by a fault.
    """

    def __init__(self, spec: PartSpec, scratch: Path | None) -> None:
        self.spec = spec
        self.source = GrowingFile(spec.path)
        self.pcm = Pcm(scratch)
        self.bands = Bands()
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
        """The gain as a linear factor; the lowest setting is silence (0.0)."""
        return 0.0 if self.gain_db <= GAIN_DB[0] else 10.0 ** (self.gain_db / 20.0)

    def has(self, start: int, size: int) -> bool:
        """Whether the `size` frames from `start` are decoded, as far as the part reaches."""
        return self.complete or self.pcm.count >= start + size

    def state(self, audible: bool) -> PartState:
        """A snapshot of the part for the `DeckState`; the mixer knows whether it is `audible`."""
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
