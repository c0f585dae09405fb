"""What is done to a whole stem: room, ducking, the ceiling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from takedeck.simulator.songs.catalogue import RATE
from takedeck.simulator.songs.score import Sound
from takedeck.simulator.songs.synth import TOP


class Room:
    """A reverb: convolution with decaying noise, a block at a time."""

    def __init__(self, seconds: float, block: int, seed: int) -> None:
        """`seconds` until the tail is 60 dB down; `block` frames is the longest block."""
        length = round(seconds * RATE)
        self._size = _quick(length + block)
        self._spectrum = np.fft.rfft(_response(seconds, length, seed), self._size)
        self._tail = np.zeros((2, self._size), dtype=np.float32)

    def block(self, dry: Sound) -> Sound:
        """Return what the room adds to a stereo block, and keep what still rings."""
        count = len(dry)
        sent = np.fft.rfft(dry.sum(axis=1), self._size)
        self._tail += np.fft.irfft(sent * self._spectrum, self._size)
        wet = self._tail[:, :count].T.copy()
        self._tail[:, :-count] = self._tail[:, count:]
        self._tail[:, -count:] = 0.0
        return wet


def _quick(least: int) -> int:
    """Return the smallest size of at least that much that transforms quickly: 2ⁿ, 3·2ⁿ or 5·2ⁿ."""
    return min(k << max(0, -(-least // k) - 1).bit_length() for k in (1, 3, 5))


def _response(seconds: float, length: int, seed: int) -> Sound:
    t = np.arange(length) / RATE
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft(rng.standard_normal((2, length)))
    f = np.fft.rfftfreq(length, 1 / RATE)
    # No rumble, and darker than the source, as rooms are.
    spectrum *= 1 / (1 + (160 / np.maximum(f, 1)) ** 4) / (1 + (f / (TOP * 0.55)) ** 6)
    made = np.fft.irfft(spectrum, length)
    made *= np.exp(-6.9 * t / seconds) * np.minimum(t / 0.012, 1.0)
    return np.asarray(made / np.sqrt((made**2).sum(axis=1, keepdims=True)) * 0.5, dtype=np.float32)


def duck(start: int, count: int, kicks: Sequence[int], depth: float) -> Sound:
    """Return the gain that kicks (frames, rising) leave a stem, for `count` frames from `start`."""
    at = np.arange(start, start + count)
    before = np.searchsorted(kicks, at, side="right") - 1
    since = (at - np.asarray(kicks)[np.maximum(before, 0)]) / RATE
    dip = np.minimum(since / 0.008, 1.0) * np.exp(-np.maximum(since - 0.008, 0.0) / 0.11)
    return np.asarray(1 - depth * np.where(before < 0, 0.0, dip), dtype=np.float32)


def limit(sound: Sound, ceiling: float) -> Sound:
    """Return the sound, bent so that it stays under `ceiling`; untouched below 60 % of it."""
    knee = 0.6 * ceiling
    size = np.abs(sound)
    over = size > knee
    if not over.any():
        return sound
    bent = knee + (ceiling - knee) * np.tanh((size - knee) / (ceiling - knee))
    return np.where(over, np.copysign(bent, sound), sound)
