"""What is played: notes in beats, and the stems they belong to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Sound: TypeAlias = NDArray[np.float32]
"""Frames of one tone: ``(n,)`` mono or ``(n, 2)`` stereo, full scale 1."""

Instrument: TypeAlias = Callable[[float, float, float, int], Sound]
"""Plays (MIDI pitch, seconds held, velocity 0–1, variant) with whatever rings on after."""


@dataclass(frozen=True, slots=True)
class Note:
    """One tone; `beat` and `length` in quarter notes, `pan` from −1 (left) to 1."""

    beat: float
    length: float
    pitch: float
    velocity: float = 0.8
    pan: float = 0.0


@dataclass(frozen=True, slots=True)
class Stem:
    """What one instrument plays and how it sits in the mix.

    `ceiling` (of full scale) is never passed: the ceilings of a song's stems add up to less
    than 1. `reverb` is how much goes to the room, `duck` how far a kick pushes it down (0–1).
    """

    play: Instrument
    notes: Sequence[Note]
    _: KW_ONLY
    gain: float
    ceiling: float
    reverb: float = 0.1
    duck: float = 0.0


@dataclass(frozen=True, slots=True)
class Score:
    """A song's stems; `kicks` are the beats that duck, `room` the reverb's seconds."""

    stems: Mapping[str, Stem]
    kicks: Sequence[float] = ()
    room: float = 1.2
    fade: float = 2.0
