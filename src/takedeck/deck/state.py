"""The deck's state as plain values that cross the process boundary.

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
"""`loading` and `buffering` wait for frames, `waiting` waits for a lost output."""

GAIN_DB = (-60.0, 6.0)
"""Lowest and highest gain of a part in dB; the lowest means silence."""

BIN_FRAMES = 2048
"""How many frames of a part one waveform bin covers."""

BANDS = 3
"""Bytes of one bin: how loud the low, the middle and the high band are."""


def passes(muted: bool, soloed: bool, solo: bool) -> bool:
    """Whether a stem is heard by the rule of mute and solo; `solo`: whether any stem is soloed."""
    return not muted and (soloed or not solo)


@dataclass(frozen=True, slots=True)
class PartSpec:
    """One file to be decoded.

    `size` is the expected number of bytes, `seconds` the true length where the server states it: it
    is used to trim encoder padding that the file does not declare. `attempt` counts how often the
    part was downloaded again, so that a report about an earlier file is not taken for this one's.
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
    """The state of one part.

    `decoded` and `frames` count frames at the deck's rate; `frames`, the length, is None while
    unknown and a guess while `estimated`. `rate` is the file's own sample rate. `level` is the peak
    (0..1) of what the part added to the last period. `fault` is a sentence for the user. `complete`
    means that decoding has ended. `damaged` says that the file itself is broken or too short, even
    if some of it can be heard; `attempt` is copied from its `PartSpec`.
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

    `key` names the loaded track; `rate` is the mix's sample rate. `underruns` counts audible gaps.
    `null_db` is the null test's result in dB, None until it has been measured. `seeks` counts the
    seeks that were carried out since the deck's process began, `clips` how often the mix was
    over full scale and was turned down. `serial` grows with every state a deck publishes.
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
    clips: int = 0
    serial: int = 0

    @property
    def busy(self) -> bool:
        """Whether the deck is playing, or waiting for frames or the output in order to play."""
        return self.transport in ("playing", "buffering", "loading", "waiting")
