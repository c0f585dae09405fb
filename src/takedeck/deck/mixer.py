"""Parts to one stereo signal: gains that move in ramps, a sum in float32, a limiter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from takedeck.deck.pcm import Frames

Mix = NDArray[np.float32]

CHUNK = 240
"""Frames mixed at once: few enough that numpy's calls are short and a callback is never held up."""

RAMP_SECONDS = 0.008
"""How long a gain takes from one value to the next."""

FULL = 32767.0
_LOUDEST = 32768.0
_RELEASE = 0.04


class Ramp:
    """A gain that goes to its target in a straight line, sample by sample."""

    def __init__(self, value: float) -> None:
        self.value = value
        self.target = value
        self.left = 0

    def to(self, target: float, frames: int) -> None:
        """Head for `target`, to be there in `frames`; a no-op if it is already headed there."""
        if target == self.target:
            return
        self.target = target
        self.left = frames
        if frames <= 0:
            self.snap(target)

    def snap(self, target: float) -> None:
        """Be at `target` at once."""
        self.value = self.target = target
        self.left = 0

    @property
    def silent(self) -> bool:
        """At zero, and to stay there."""
        return self.left == 0 and self.value == 0.0

    def take(self, frames: int) -> float | Mix:
        """The gain of the next frames: a number while it rests, else an array (frames, 1)."""
        if self.left == 0:
            return self.value
        moving = min(frames, self.left)
        step = (self.target - self.value) / self.left
        line = np.full((frames, 1), self.target, dtype=np.float32)
        line[:moving, 0] = self.value + step * np.arange(1, moving + 1)
        self.left -= moving
        self.value = self.target if self.left == 0 else self.value + step * moving
        return line


class Limiter:
    """Keeps a sum inside 16 bits by turning it down; what never exceeds them passes untouched."""

    def __init__(self) -> None:
        self._gain = 1.0

    def apply(self, mix: Mix) -> Frames:
        """Float frames in units of one int16 step to int16, in place."""
        peak = float(np.abs(mix).max(initial=0.0))
        want = FULL / peak if peak > _LOUDEST else 1.0
        if want >= self._gain:
            want = min(want, self._gain + (1.0 - self._gain) * _RELEASE)
            want = 1.0 if want > 0.999 else want
        if want != 1.0 or self._gain != 1.0:
            line = np.linspace(self._gain, want, len(mix) + 1, dtype=np.float32)[1:]
            mix *= line[:, None]
        self._gain = want
        return np.clip(np.rint(mix), -32768.0, FULL).astype(np.int16)
