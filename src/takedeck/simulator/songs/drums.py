"""Drum kits: every piece is synthesised, its noise kept below 8 kHz."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from takedeck.simulator.songs.score import Sound
from takedeck.simulator.songs.synth import frames, noise, seconds, wide

KICK, RIM, SNARE, CLAP, HAT, OPEN, CRASH, RIDE, SHAKER = 36, 37, 38, 39, 42, 46, 49, 51, 70
TOM_LOW, TOM_MID, TOM_HIGH, CONGA = 45, 47, 50, 63
"""General MIDI's numbers."""


@dataclass(frozen=True, slots=True)
class Kit:
    """A kit's character; an `Instrument` when called. Times in seconds, frequencies in Hz."""

    kick_low: float = 48.0
    kick_high: float = 170.0
    kick_decay: float = 0.22
    snare_tone: float = 185.0
    snare_decay: float = 0.14
    snare_wires: float = 0.5
    brightness: float = 1.0
    hat_decay: float = 0.035

    def __call__(self, pitch: float, length: float, velocity: float, variant: int) -> Sound:
        """Strike a piece; raises KeyError for one that the kit does not have."""
        return _strike(self, int(pitch), round(velocity, 2), variant)


@lru_cache(maxsize=512)
def _strike(kit: Kit, piece: int, velocity: float, variant: int) -> Sound:
    return _PIECES[piece](kit, velocity, variant)


def _fall(length: float, decay: float) -> Sound:
    t = seconds(frames(length))
    out = np.clip((length - t) / (0.2 * length), 0.0, 1.0)
    return np.asarray(np.exp(-t / decay) * out, dtype=np.float32)


def _hiss(length: float, decay: float, low: float, high: float, seed: int) -> Sound:
    fall = _fall(length, decay)
    fall[:22] *= np.linspace(0, 1, 22, dtype=np.float32)
    return noise(len(fall), low, high, seed) * fall


def _drop(low: float, high: float, bend: float, length: float, decay: float) -> Sound:
    fall = _fall(length, decay)
    t = seconds(len(fall)).astype(np.float64)
    phase = 2 * np.pi * (low * t + (high - low) * bend * (1 - np.exp(-t / bend)))
    made = np.sin(phase).astype(np.float32) * fall
    made[:30] *= np.linspace(0, 1, 30, dtype=np.float32)
    # A swept sine is no whole number of periods: what is left over would be a push of the cone.
    return np.asarray(made - fall * (made.sum() / fall.sum()), dtype=np.float32)


def _padded(sound: Sound, count: int) -> Sound:
    return np.pad(sound, (0, max(0, count - len(sound))))


def _kick(kit: Kit, velocity: float, variant: int) -> Sound:
    body = _drop(kit.kick_low, kit.kick_high, 0.028, kit.kick_decay * 3, kit.kick_decay)
    click = _hiss(0.02, 0.004, 1_500, 5_000, 11 + variant) * 0.10 * velocity * kit.brightness
    return body + _padded(click, len(body))


def _snare(kit: Kit, velocity: float, variant: int) -> Sound:
    wires = _hiss(kit.snare_decay * 3.5, kit.snare_decay, 700, 7_000 * kit.brightness, 21 + variant)
    tone = _drop(kit.snare_tone, kit.snare_tone * 1.7, 0.012, 0.22, 0.07)
    ring = _drop(kit.snare_tone * 1.83, kit.snare_tone * 2.1, 0.01, 0.16, 0.04)
    made = wires * 0.24 * kit.snare_wires * (0.5 + 0.5 * velocity)
    made = _padded(made, len(tone))
    made[: len(tone)] += 0.55 * tone
    made[: len(ring)] += 0.2 * ring
    return made


def _rim(kit: Kit, velocity: float, variant: int) -> Sound:
    wood = (
        _drop(820, 1_050, 0.004, 0.09, 0.018) * 0.45 + _drop(1_710, 1_710, 0.01, 0.09, 0.009) * 0.3
    )
    return wood + _padded(_hiss(0.02, 0.004, 1_500, 6_000, 31 + variant) * 0.05, len(wood))


def _clap(kit: Kit, velocity: float, variant: int) -> Sound:
    tail = _hiss(0.34, 0.085, 800, 5_200 * kit.brightness, 41 + variant) * 0.2
    for late in (0.0, 0.011, 0.023):
        burst = _hiss(0.02, 0.006, 900, 5_600, 44 + variant) * 0.16
        tail[frames(late) : frames(late) + len(burst)] += burst
    left = tail.copy()
    left[frames(0.0007) :] = tail[: -frames(0.0007)]
    return wide(left, tail)


def _metal(
    low: float, length: float, decay: float, level: float
) -> Callable[[Kit, float, int], Sound]:
    def strike(kit: Kit, velocity: float, variant: int) -> Sound:
        high = 7_800 * min(1.0, 0.6 + 0.4 * kit.brightness * velocity)
        hiss = _hiss(length, decay, low, high, 51 + variant)
        t = seconds(len(hiss))
        partials = (3_140.0, 4_180.0, 5_290.0, 6_470.0)
        ring = sum(np.sin(np.float32(2 * np.pi * f) * t) for f in partials)
        return np.asarray((hiss * 0.75 + ring * 0.2 * np.exp(-t / decay)) * level, dtype=np.float32)

    return strike


def _hat(kit: Kit, velocity: float, variant: int) -> Sound:
    return _metal(3_600, kit.hat_decay * 5, kit.hat_decay, 0.15)(kit, velocity, variant)


def _crash(kit: Kit, velocity: float, variant: int) -> Sound:
    sides = [_hiss(2.2, 0.55, 1_400, 7_600, 61 + variant + k) * 0.13 for k in (0, 10)]
    return wide(*sides)


def _shaker(kit: Kit, velocity: float, variant: int) -> Sound:
    hiss = _hiss(0.11, 0.04, 3_200, 7_600, 71 + variant) * 0.11
    return np.asarray(hiss * np.minimum(seconds(len(hiss)) / 0.018, 1.0), dtype=np.float32)


def _tom(pitch: float) -> Callable[[Kit, float, int], Sound]:
    return lambda kit, velocity, variant: _drop(pitch, pitch * 1.6, 0.05, 0.55, 0.16) * 0.8


def _conga(kit: Kit, velocity: float, variant: int) -> Sound:
    skin = _drop(205, 260, 0.02, 0.3, 0.08) * 0.5
    return skin + _padded(_hiss(0.03, 0.006, 500, 3_000, 81 + variant) * 0.08, len(skin))


_PIECES: dict[int, Callable[[Kit, float, int], Sound]] = {
    KICK: _kick, RIM: _rim, SNARE: _snare, CLAP: _clap, HAT: _hat, CRASH: _crash, SHAKER: _shaker,
    OPEN: _metal(3_200, 0.5, 0.16, 0.13), RIDE: _metal(2_800, 0.9, 0.28, 0.09),
    TOM_LOW: _tom(82.0), TOM_MID: _tom(110.0), TOM_HIGH: _tom(148.0), CONGA: _conga,
}  # fmt: skip
