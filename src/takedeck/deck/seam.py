"""The seam of a loop: a crossfade from its end to its start, without a click and without drift.

If there are frames before the loop's start, the last frames of the loop are crossfaded into those.
Otherwise, if there are frames after the loop's end, those are crossfaded into the loop's first
frames. With neither, the loop fades out at its end and in at its start.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from takedeck.deck.pcm import Pcm


@dataclass(frozen=True, slots=True)
class Blend:
    """A linear fade over `size` frames from frame `first` on: in, if `rising`, else out.

    It is a crossfade with the frames `offset` away, or a plain fade if `offset` is 0.
    """

    first: int
    size: int
    rising: bool
    offset: int = 0

    @property
    def last(self) -> int:
        """The first frame after the fade."""
        return self.first + self.size

    def take(self, pcm: Pcm, start: int, size: int) -> NDArray[np.float32]:
        """The faded `size` frames of a part from `start`; all of them must lie inside the fade."""
        steps = np.arange(start - self.first + 1, start - self.first + 1 + size, dtype=np.float32)
        weight = (steps / np.float32(self.size + 1))[:, None]
        own, other = (weight, 1 - weight) if self.rising else (1 - weight, weight)
        mix = pcm.copy(start, size) * own
        if self.offset:
            mix += pcm.copy(start + self.offset, size) * other
        return mix


@dataclass(frozen=True, slots=True)
class Seam:
    """At frame `loop_end` the loop jumps to `start`; fade `out` before the jump, `into` after."""

    start: int
    loop_end: int
    out: Blend | None = None
    into: Blend | None = None


def longest(start: int, loop_end: int, ramp: int) -> int:
    """The longest fade, in frames, for this loop: two of them must fit into it."""
    return min(ramp, (loop_end - start) // 2)


def plan(start: int, loop_end: int, ramp: int, *, left: int, after: int, smooth: bool) -> Seam:
    """The seam of a loop whose end is `left` frames ahead, with `after` frames decoded past it.

    `ramp` is the usual length of a fade in frames. `smooth` says that the samples at the end
    already join those at the start without a click, so that no fade is needed.
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
