"""Gains that move linearly from one value to the next, frame by frame."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

RAMP_SECONDS: Final = 0.008
"""How long a gain takes to reach its new value: short, but long enough not to click."""


class Ramp:
    """A gain that moves linearly to its target, frame by frame."""

    def __init__(self, value: float) -> None:
        self.value = value
        self.target = value
        self.left = 0

    def to(self, target: float, frames: int) -> None:
        """Move to `target` within `frames`; a no-op if that is the target already."""
        if target == self.target:
            return
        self.target = target
        self.left = frames
        if frames <= 0:
            self.snap(target)

    def snap(self, target: float) -> None:
        """Jump to `target`."""
        self.value = self.target = target
        self.left = 0

    @property
    def silent(self) -> bool:
        """Whether the gain is zero and stays zero."""
        return self.left == 0 and self.value == 0.0

    def take(self, frames: int) -> float | NDArray[np.float32]:
        """The gain of the next frames: a number if constant, else an array of shape (frames, 1)."""
        if self.left == 0:
            return self.value
        moving = min(frames, self.left)
        step = (self.target - self.value) / self.left
        line = np.full((frames, 1), self.target, dtype=np.float32)
        line[:moving, 0] = self.value + step * np.arange(1, moving + 1)
        self.left -= moving
        self.value = self.target if self.left == 0 else self.value + step * moving
        return line
