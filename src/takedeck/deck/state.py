"""What the deck tells of itself: plain values that cross the process boundary.

Nothing here needs numpy, so the app can import it before its first paint.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Role = Literal["master", "stem"]
Source = Literal["master", "stems"]
Transport = Literal[
    "empty", "loading", "playing", "paused", "stopped", "buffering", "waiting", "ended"
]
"""`buffering` waits for the download, `waiting` for an output that is lost."""

GAIN_DB = (-60.0, 6.0)
"""The span of a stem's gain; its lowest step is silence."""

PEAK_FRAMES = 2048
"""Frames of a part under one bin of its waveform."""


@dataclass(frozen=True, slots=True)
class PartSpec:
    """One file to be decoded.

    `size` is the number of bytes expected, `seconds` the true length where it is known: it trims
    the padding that an encoder added and did not write down. `attempt` counts how often the part
    was fetched anew, so that what is told of an earlier file is not taken for this one's.
    """

    name: str
    path: Path
    role: Role
    size: int | None = None
    mime: str | None = None
    seconds: float | None = None
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class PartState:
    """One part as it stands.

    `decoded` and `frames` count frames at the deck's rate; `frames` is None until it can be told
    and a guess while `estimated`. `rate` is the file's own. `level` is the peak (0..1) of what the
    part gave to the last period. `fault` is a sentence for people. `damaged` says that the file
    itself is wrong or too short, whether or not some of it can be heard; `attempt` is its spec's.
    """

    name: str
    role: Role
    decoded: int = 0
    frames: int | None = None
    estimated: bool = False
    rate: int | None = None
    audible: bool = False
    muted: bool = False
    soloed: bool = False
    gain_db: float = 0.0
    level: float = 0.0
    fault: str | None = None
    complete: bool = False
    damaged: bool = False
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class DeckState:
    """The deck at one instant: `position`, `duration` and `loop` are seconds, `volume` is 0..1.

    `null_db` is the null test's result in dB, None before it was asked for and measured. `seeks`
    counts the seeks that were carried out since the deck's process began. `serial` grows with
    every state a deck publishes.
    """

    key: str | None = None
    transport: Transport = "empty"
    position: float = 0.0
    duration: float | None = None
    rate: int = 44100
    source: Source = "master"
    parts: tuple[PartState, ...] = ()
    volume: float = 1.0
    output: str = ""
    output_fault: str | None = None
    underruns: int = 0
    loop: tuple[float, float] | None = None
    null_db: float | None = None
    seeks: int = 0
    serial: int = 0

    @property
    def busy(self) -> bool:
        """Whether frames are being played or waited for."""
        return self.transport in ("playing", "buffering", "loading", "waiting")
