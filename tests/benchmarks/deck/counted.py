"""What was heard of a frame counter: which frames are missing, came twice, or were silence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.deck.ear import Heard


@dataclass(frozen=True, slots=True)
class Count:
    """Frames: `heard` in all, `dropped` never heard, `repeated`, `silent`, and `gaps` in them."""

    heard: int
    dropped: int
    repeated: int
    silent: int
    gaps: int

    def __str__(self) -> str:
        return (
            f"{self.heard} frames heard, {self.dropped} dropped, {self.repeated} repeated,"
            f" {self.silent} silent, in {self.gaps} gaps"
        )


def numbers(heard: Heard) -> NDArray[np.int64]:
    """Each frame's own number; negative where it is silence."""
    wide = heard.astype(np.int64)
    return wide[:, 0] + ((wide[:, 1] - 1) << 15)


def count(heard: Heard) -> Count:
    """Count from one end to the other; the counter must sound alone and at unity."""
    told = numbers(heard)
    sounding = told >= 0
    steps = np.diff(told[sounding]) - 1
    silences = np.count_nonzero(np.diff(sounding.astype(np.int8)) == -1)
    return Count(
        len(heard),
        int(steps[steps > 0].sum()),
        int(-steps[steps < 0].sum()),
        int(np.count_nonzero(~sounding)),
        int(np.count_nonzero(steps) + silences),
    )
