"""Oscillators and envelopes: band-limited wave tables, read by phase."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from takedeck.simulator.songs.catalogue import RATE
from takedeck.simulator.songs.score import Sound

_TABLE = 16_384
TOP = 8_000.0
"""Hz; nothing is played above it, so that little is lost when the parts are encoded."""


def hertz(pitch: float) -> float:
    """Return the frequency of a MIDI pitch (A4 = 69 = 440 Hz)."""
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))


def seconds(count: int) -> Sound:
    """Return the times of `count` frames, from 0 on."""
    return np.arange(count, dtype=np.float32) / np.float32(RATE)


def table(amplitudes: NDArray[np.float64]) -> Sound:
    """Return one period whose harmonics (from the first on) have these amplitudes; peak 1."""
    spectrum = np.zeros(_TABLE // 2 + 1, dtype=np.complex128)
    spectrum[1 : len(amplitudes) + 1] = -1j * amplitudes
    wave = np.fft.irfft(spectrum)
    peak = np.abs(wave).max()
    return (wave / (peak or 1.0)).astype(np.float32)


@lru_cache(maxsize=512)
def filtered(shape: str, pitch: int, cutoff: int) -> Sound:
    """Return a ``saw``, ``square`` or ``triangle`` at that pitch through a 12 dB low-pass.

    `cutoff` in Hz. The table keeps the level of its own fundamental, so that two of them can be
    cross-faded as a filter sweep.
    """
    base = hertz(pitch)
    k = np.arange(1, max(2, int(TOP / base) + 1), dtype=np.float64)
    weight = {
        "saw": 1 / k,
        "square": (k % 2) / k,
        "triangle": (k % 2) / k**2 * np.where(k % 4 == 3, -1.0, 1.0),
    }[shape]
    return table(weight / (1 + (k * base / cutoff) ** 2))


def read(wave: Sound, phase: NDArray[np.float64]) -> Sound:
    """Return the table's values at those phases, counted in periods."""
    index: NDArray[np.int64] = (phase * _TABLE).astype(np.int64)
    index &= _TABLE - 1
    return wave.take(index)


def steady(frequency: float, count: int, start: float = 0.0) -> NDArray[np.float64]:
    """Return the phase, in periods, of a tone that keeps its frequency (Hz)."""
    return start + np.arange(count, dtype=np.float64) * (frequency / RATE)


def vibrato(
    frequency: float, count: int, *, rate: float = 5.2, cents: float = 14.0, onset: float = 0.35
) -> NDArray[np.float64]:
    """Return the phase of a tone whose vibrato comes in after `onset` seconds."""
    t = np.arange(count, dtype=np.float64) / RATE
    depth = (2 ** (cents / 1200) - 1) * np.clip((t - onset) / 0.4, 0.0, 1.0)
    return np.cumsum(frequency / RATE * (1 + depth * np.sin(2 * np.pi * rate * t)))


def frames(length: float) -> int:
    """Return how many frames that many seconds are."""
    return max(1, round(length * RATE))


def envelope(
    held: float, *, attack: float = 0.005, decay: float = 0.2, sustain: float = 0.7,
    release: float = 0.1,
) -> Sound:  # fmt: skip
    """Return a curve: up in `attack`, towards `sustain` with time constant `decay`, then out.

    It is `held` + `release` seconds long and ends in silence without a step.
    """
    total = frames(held + release)
    t = seconds(total)
    curve = sustain + (1 - sustain) * np.exp(-np.maximum(t - attack, 0) / decay)
    curve *= np.minimum(t / attack, 1.0)
    left = np.clip((held + release - t) / release, 0.0, 1.0)
    return np.asarray(curve * left * left * (3 - 2 * left), dtype=np.float32)


@lru_cache(maxsize=64)
def noise(length: int, low: float, high: float, seed: int) -> Sound:
    """Return seeded noise between two frequencies (Hz), RMS 1; read it, never write to it."""
    size = 1 << (length - 1).bit_length()
    white = np.fft.rfft(np.random.default_rng(seed).standard_normal(size))
    f = np.fft.rfftfreq(size, 1 / RATE)
    high = min(high, TOP)
    white *= 1 / (1 + (low / np.maximum(f, 1.0)) ** 6) / (1 + (f / high) ** 14)
    made = np.fft.irfft(white)[:length]
    made /= np.sqrt(np.mean(made**2))
    hiss: Sound = made.astype(np.float32)
    hiss.flags.writeable = False
    return hiss


def wide(left: Sound, right: Sound) -> Sound:
    """Return two mono sounds as one stereo sound."""
    return np.stack((left, right), axis=1)
