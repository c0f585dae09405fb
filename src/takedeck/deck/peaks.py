"""The waveform of a part, built while its frames are decoded."""

from __future__ import annotations

import numpy as np

from takedeck.deck.pcm import Frames
from takedeck.deck.state import PEAK_FRAMES


class Peaks:
    """One byte (0..255) per `PEAK_FRAMES` frames: their largest absolute sample."""

    def __init__(self) -> None:
        self._rest: Frames = np.zeros((0, 2), dtype=np.int16)
        self._bins = bytearray()

    def __len__(self) -> int:
        return len(self._bins)

    def add(self, frames: Frames) -> None:
        """Add the next frames, an array of shape (n, 2)."""
        frames = np.concatenate((self._rest, frames)) if len(self._rest) else frames
        whole = len(frames) // PEAK_FRAMES
        if whole:
            self._bins += _peaks(frames[: whole * PEAK_FRAMES].reshape(whole, -1))
        self._rest = frames[whole * PEAK_FRAMES :].copy()

    def finish(self) -> None:
        """Add the last, partial bin."""
        if len(self._rest):
            self._bins += _peaks(self._rest.reshape(1, -1))
            self._rest = self._rest[:0]

    def since(self, start: int) -> bytes:
        """The bins from `start` on."""
        return bytes(self._bins[start:])


def _peaks(rows: Frames) -> bytes:
    high = np.maximum(rows.max(axis=1).astype(np.int32), -rows.min(axis=1).astype(np.int32))
    return bytes(np.minimum(high >> 7, 255).astype(np.uint8))
