"""A voice without words: a glottal wave shaped by the formants of vowels."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from takedeck.simulator.songs.score import Instrument, Sound
from takedeck.simulator.songs.synth import (
    TOP,
    envelope,
    hertz,
    noise,
    read,
    seconds,
    table,
    vibrato,
    wide,
)

_FORMANTS = {
    "a": ((800, 80, 1.0), (1150, 90, 0.5), (2900, 120, 0.12), (3900, 130, 0.06)),
    "e": ((400, 60, 1.0), (1600, 80, 0.3), (2700, 120, 0.16), (3300, 150, 0.1)),
    "o": ((450, 70, 1.0), (800, 80, 0.35), (2830, 100, 0.07), (3500, 130, 0.05)),
    "u": ((325, 50, 1.0), (700, 60, 0.2), (2530, 170, 0.04), (3500, 180, 0.02)),
}
"""Alto formants (Hz, width in Hz, level), from Csound's table of formant values, rounded."""


@lru_cache(maxsize=256)
def _vowel(vowel: str, pitch: int) -> Sound:
    k = np.arange(1, max(2, int(TOP * 0.6 / hertz(pitch)) + 1), dtype=np.float64)
    f = k * hertz(pitch)
    shape = sum(
        level / (1 + ((f - at) / (1.6 * width)) ** 2) for at, width, level in _FORMANTS[vowel]
    )
    return table((shape + 0.03) / k**0.6)


def voice(first: str, second: str, *, choir: bool = False) -> Instrument:
    """A singer who goes from one vowel to another; a `choir` is several of them, slower."""

    def play(pitch: float, length: float, velocity: float, variant: int) -> Sound:
        attack, release = (0.5, 0.7) if choir else (0.05, 0.16)
        curve = envelope(length, attack=attack, decay=0.8, sustain=0.8, release=release)
        count, note = len(curve), round(pitch)
        t = seconds(count)
        change = np.clip((t - 0.06) / max(0.12, 0.55 * length), 0, 1)
        sides = []
        for side, cents in enumerate((-7.0, 8.0) if choir else (-2.0, 3.0)):
            base = hertz(pitch) * 2 ** (cents / 1200)
            rate = 5.1 + 0.35 * side
            phase = vibrato(base, count, rate=rate, cents=22.0, onset=0.22) + 0.13 * side
            one = read(_vowel(first, note), phase)
            sung = one + change * (read(_vowel(second, note), phase) - one)
            breath = noise(count, 1_800, 5_500, 95 + side) * 0.012
            sides.append((sung + breath) * curve * 0.36)
        return wide(sides[0] + 0.6 * sides[1], 0.6 * sides[0] + sides[1]).astype(np.float32)

    return play
