"""Frames to the bins of a waveform, while they are decoded: how loud each of three bands is."""

from __future__ import annotations

from typing import Final

import numpy as np

from takedeck.deck.pcm import Frames
from takedeck.deck.state import BANDS, BIN_FRAMES

_LOW: Final = 250.0
_MID: Final = 2_500.0
"""Hertz at which the low band ends, and the middle one."""
_ONES: Final = np.ones(4, dtype=np.float32)
_MIDDLE: Final = np.array([0.0, 1.0, 0.0], dtype=np.float32)


class Bands:
    """Three bytes for every `BIN_FRAMES` frames: the RMS of the low, middle and high band.

    A byte is 255 times the square root of the RMS (1 is full scale), so that quiet parts keep their
    shape in so few steps. Both channels count alike.
    """

    def __init__(self) -> None:
        self._rest: Frames = np.zeros((0, 2), dtype=np.int16)
        self._bins = bytearray()

    def __len__(self) -> int:
        return len(self._bins) // BANDS

    def add(self, frames: Frames, rate: int) -> None:
        """Take the next frames, of the shape (n, 2), at `rate` frames a second."""
        frames = np.concatenate((self._rest, frames)) if len(self._rest) else frames
        whole = len(frames) // BIN_FRAMES
        if whole:
            self._bins += _bins(frames[: whole * BIN_FRAMES], rate)
        self._rest = frames[whole * BIN_FRAMES :].copy()

    def finish(self, rate: int) -> None:
        """Close the last, shorter bin."""
        if len(self._rest):
            padded = np.zeros((BIN_FRAMES, 2), dtype=np.int16)
            padded[: len(self._rest)] = self._rest
            self._bins += _bins(padded, rate)
            self._rest = self._rest[:0]

    def since(self, start: int) -> bytes:
        """The bins from bin `start` on, `BANDS` bytes each."""
        return bytes(self._bins[start * BANDS :])


def _bins(frames: Frames, rate: int) -> bytes:
    rows = frames.reshape(-1, 2 * BIN_FRAMES).astype(np.float32)
    power = np.einsum("ij,ij->i", rows, rows) / 2
    # How it divides is taken from the sum of both channels at half the rate: a quarter of the work.
    # A product with ones sums four samples many times as fast as `sum` along so short an axis.
    both = (rows.reshape(-1, 4) @ _ONES).reshape(len(rows), -1)
    spectrum = np.fft.rfft(both, axis=1)
    energy = spectrum.real**2 + spectrum.imag**2
    energy[:, 0] = 0.0
    last = energy.shape[1] - 1
    edges = [min(last, max(1, round(hertz / rate * BIN_FRAMES))) for hertz in (_LOW, _MID)]
    bands = np.add.reduceat(energy, [0, *edges], axis=1)
    whole = bands.sum(axis=1, keepdims=True)
    # Channels that cancel each other out have no spectrum in common: then it is the middle's.
    share = np.divide(bands, whole, out=np.tile(_MIDDLE, (len(bands), 1)), where=whole > 1e-3)
    rms = np.sqrt(share * power[:, None] / BIN_FRAMES) / 32768.0
    return bytes(np.rint(255 * np.sqrt(np.minimum(rms, 1.0))).astype(np.uint8).tobytes())
