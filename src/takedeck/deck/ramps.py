"""Gains that go from one value to the next in a straight line, sample by sample."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

RAMP_SECONDS: Final = 0.008
"""How long a gain takes from one value to the next."""


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

    def take(self, frames: int) -> float | NDArray[np.float32]:
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
