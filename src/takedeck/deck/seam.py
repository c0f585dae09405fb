"""The seam of a loop: how its end goes over into its start without a click, to the frame in time.

Where there is material before the start, the last frames of the loop go over into it; else, where
there is some after the end, the first frames come out of that. Where there is neither, what there
is ends and begins in a ramp.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from takedeck.deck.pcm import Pcm


@dataclass(frozen=True, slots=True)
class Blend:
    """The `size` frames from `first` on come in, if `rising`, or go out.

    Against them goes what lies `offset` frames from them; nothing, if that is 0.
    """

    first: int
    size: int
    rising: bool
    offset: int = 0

    @property
    def last(self) -> int:
        """The frame after them."""
        return self.first + self.size

    def take(self, pcm: Pcm, start: int, size: int) -> NDArray[np.float32]:
        """What is heard of a part in `size` frames from `start`, all of them inside."""
        steps = np.arange(start - self.first + 1, start - self.first + 1 + size, dtype=np.float32)
        weight = (steps / np.float32(self.size + 1))[:, None]
        own, other = (weight, 1 - weight) if self.rising else (1 - weight, weight)
        mix = pcm.copy(start, size) * own
        if self.offset:
            mix += pcm.copy(start + self.offset, size) * other
        return mix


@dataclass(frozen=True, slots=True)
class Seam:
    """From `loop_end` the loop goes back to `start`; `out` is heard before, `into` after that."""

    start: int
    loop_end: int
    out: Blend | None = None
    into: Blend | None = None


def longest(start: int, loop_end: int, ramp: int) -> int:
    """Frames of the longest blend of that loop: two of them must fit in."""
    return min(ramp, (loop_end - start) // 2)


def plan(start: int, loop_end: int, ramp: int, *, left: int, after: int, smooth: bool) -> Seam:
    """The seam of a loop whose end is `left` frames ahead, with `after` frames decoded behind it.

    `smooth` says that the end goes over into the start as it is, so that no ramp is needed.
    """
    most, length = longest(start, loop_end, ramp), loop_end - start
    before, behind = min(most, start, left), min(most, after)
    if before == most or (before >= behind and 2 * before >= most > 0):
        return Seam(
            start, loop_end, out=Blend(loop_end - before, before, rising=False, offset=-length)
        )
    if 2 * behind >= most > 0:
        return Seam(start, loop_end, into=Blend(start, behind, rising=True, offset=length))
    if smooth or not most:
        return Seam(start, loop_end)
    fading = min(most, left)
    return Seam(
        start,
        loop_end,
        Blend(loop_end - fading, fading, rising=False),
        Blend(start, most, rising=True),
    )
