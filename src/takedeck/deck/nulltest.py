"""The null test: what is left of the master after subtracting the sum of its stems."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from takedeck.deck.pcm import Pcm

EXACT: Final = -200.0
"""The result in dB if nothing at all is left; also the lowest result."""

_CHUNK: Final = 1 << 16


def residual_db(master: Pcm, stems: Sequence[Pcm]) -> float:
    """The power of master minus the sum of the stems, relative to the master's power, in dB.

    All must be fully decoded, at the same rate; a shorter one is padded with silence. If the master
    is silent and a stem is not, the result is 0 dB.
    """
    left = power = 0.0
    for start in range(0, max(pcm.count for pcm in (master, *stems)), _CHUNK):
        rest = _chunk(master, start)
        power += float(np.square(rest).sum())
        for stem in stems:
            rest -= _chunk(stem, start)
        left += float(np.square(rest).sum())
    if left == 0.0:
        return EXACT
    return max(EXACT, 10 * math.log10(left / power)) if power else 0.0


class NullTest:
    """Measures in its own thread, so that playback goes on; sets `db`, then calls `done`."""

    def __init__(self, master: Pcm, stems: Sequence[Pcm], done: Callable[[], None]) -> None:
        self.db: float | None = None
        self._done = done
        threading.Thread(
            target=self._measure, args=(master, stems), name="decode-null-test", daemon=True
        ).start()

    def _measure(self, master: Pcm, stems: Sequence[Pcm]) -> None:
        self.db = round(residual_db(master, stems), 2)
        self._done()


def _chunk(pcm: Pcm, start: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    chunk = np.zeros((_CHUNK, 2))
    at = 0
    while at < _CHUNK and len(frames := pcm.read(start + at, _CHUNK - at)):
        chunk[at : at + len(frames)] = frames
        at += len(frames)
    return chunk
