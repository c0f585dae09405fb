"""Pitched instruments: keys, plucked strings, basses, pads, leads."""

from __future__ import annotations

import numpy as np

from takedeck.simulator.songs.score import Instrument, Sound
from takedeck.simulator.songs.synth import (
    TOP,
    envelope,
    filtered,
    frames,
    hertz,
    noise,
    read,
    seconds,
    steady,
    vibrato,
    wide,
)


def electric_piano(pitch: float, length: float, velocity: float, variant: int) -> Sound:
    """A tine piano: two sines, one bending the other, and a short bell; it sways slowly."""
    tail = envelope(length, attack=0.003, decay=1.1, sustain=0.05, release=0.22)
    t = seconds(len(tail))
    turn = np.float32(2 * np.pi * hertz(pitch)) * t
    bend = (0.25 + 1.1 * velocity) * np.exp(-t / 0.4) + 0.1
    body = np.sin(turn + bend * np.sin(turn))
    if hertz(pitch) * 7 < TOP:
        body += 0.10 * velocity * np.exp(-t / 0.07) * np.sin(7 * turn)
    sway = 0.16 * np.sin(np.float32(2 * np.pi * 3.1) * t)
    body = body * tail * 0.5
    return wide(body * (1 + sway), body * (1 - sway))


def plucked(brightness: float, ring: float, *, damped: bool = False) -> Instrument:
    """A string that is plucked: bright at first, then ever duller; `ring` in seconds."""

    def play(pitch: float, length: float, velocity: float, variant: int) -> Sound:
        held = length if damped else max(length, ring)
        fade = envelope(held, attack=0.002, decay=ring * 0.45, sustain=0.0, release=0.12)
        phase = steady(hertz(pitch), len(fade), variant * 0.13)
        t = seconds(len(fade))
        note = round(pitch)
        top = int(2_400 * brightness * (0.5 + velocity))
        dull, mid, clear = (
            filtered("saw", note, c) for c in (int(hertz(pitch) * 1.5), top // 3, top)
        )
        body = read(dull, phase)
        body += np.exp(-t / (0.35 * ring)) * (read(mid, phase) - body)
        body += np.exp(-t / 0.06) * (read(clear, phase) - read(mid, phase))
        return np.asarray(body * fade * 0.55, dtype=np.float32)

    return play


def bass(
    shape: str, cutoff: int, sweep: float, *, sustain: float = 0.6, sub: float = 0.5
) -> Instrument:
    """A bass whose filter opens to `cutoff` Hz and closes with time constant `sweep` seconds."""

    def play(pitch: float, length: float, velocity: float, variant: int) -> Sound:
        curve = envelope(length, attack=0.006, decay=0.25, sustain=sustain, release=0.07)
        phase = steady(hertz(pitch), len(curve))
        shut = filtered(shape, round(pitch), int(hertz(pitch) * 2))
        ajar = filtered(shape, round(pitch), int(cutoff * (0.4 + 0.6 * velocity)))
        close = np.exp(-seconds(len(curve)) / sweep)
        low = read(shut, phase)
        body = low + close * (read(ajar, phase) - low)
        body += sub * np.sin(2 * np.pi * phase).astype(np.float32)
        return np.asarray(body * curve * 0.6, dtype=np.float32)

    return play


def reese(pitch: float, length: float, velocity: float, variant: int) -> Sound:
    """A growling bass: detuned saws that beat against each other over a steady sine."""
    curve = envelope(length, attack=0.012, decay=0.6, sustain=0.75, release=0.09)
    count, base = len(curve), hertz(pitch)
    wave = filtered("saw", round(pitch), int(500 + 500 * velocity))
    low = np.sin(2 * np.pi * steady(base, count)).astype(np.float32)
    saws = [read(wave, steady(base * 2 ** (c / 1200), count, c / 40)) for c in (-14, 0, 13)]
    left, right = saws[0] + saws[1], saws[1] + saws[2]
    return wide((0.5 * low + 0.3 * left) * curve, (0.5 * low + 0.3 * right) * curve) * np.float32(
        0.7
    )


def pad(shape: str, cutoff: int, *, attack: float = 0.5, release: float = 0.8) -> Instrument:
    """A chord's slow bed: four detuned voices spread over the stereo field."""

    def play(pitch: float, length: float, velocity: float, variant: int) -> Sound:
        curve = envelope(length, attack=attack, decay=2.0, sustain=0.85, release=release)
        count, base = len(curve), hertz(pitch)
        wave = filtered(shape, round(pitch), cutoff)
        cents = (-9.0, -3.0, 4.0, 8.0)
        voices = [
            read(
                wave, steady(base * 2 ** (c / 1200), count, 0.29 * k + pitch * 0.17 + variant * 0.4)
            )
            for k, c in enumerate(cents)
        ]
        left = voices[0] + 0.6 * voices[2] + 0.25 * voices[3]
        right = voices[3] + 0.6 * voices[1] + 0.25 * voices[0]
        return wide(left * curve, right * curve) * np.float32(0.3)

    return play


def lead(shape: str, cutoff: int, *, cents: float = 14.0, attack: float = 0.02) -> Instrument:
    """A singing lead: two voices a hair apart, vibrato on long notes."""

    def play(pitch: float, length: float, velocity: float, variant: int) -> Sound:
        curve = envelope(length, attack=attack, decay=0.5, sustain=0.75, release=0.14)
        count, base = len(curve), hertz(pitch)
        wave = filtered(shape, round(pitch), int(cutoff * (0.6 + 0.4 * velocity)))
        one = read(wave, vibrato(base, count, cents=cents))
        two = read(wave, vibrato(base * 1.004, count, cents=cents, rate=4.9) + 0.37)
        return wide((one + 0.45 * two) * curve, (0.45 * one + two) * curve) * np.float32(0.42)

    return play


def flute(pitch: float, length: float, velocity: float, variant: int) -> Sound:
    """A flute: nearly a sine, with breath at its beginning."""
    curve = envelope(length, attack=0.06, decay=0.8, sustain=0.85, release=0.12)
    count, base = len(curve), hertz(pitch)
    phase = 2 * np.pi * vibrato(base, count, cents=11.0, rate=4.7, onset=0.25)
    body = np.sin(phase) + 0.22 * np.sin(2 * phase) + 0.09 * np.sin(3 * phase)
    t = seconds(count)
    breath = noise(count, 900, 4_500, 90 + variant) * (0.012 + 0.03 * np.exp(-t / 0.05))
    return np.asarray((0.5 * body + breath) * curve, dtype=np.float32)


def brass(pitch: float, length: float, velocity: float, variant: int) -> Sound:
    """A small horn section: three players who open their tone as they blow."""
    curve = envelope(length, attack=0.035, decay=0.3, sustain=0.75, release=0.08)
    count, base = len(curve), hertz(pitch)
    t = seconds(count)
    shut = filtered("saw", round(pitch), int(base * 1.6))
    ajar = filtered("saw", round(pitch), int(1_400 + 2_600 * velocity))
    blow = np.clip(t / 0.07, 0, 1) * (0.65 + 0.35 * np.exp(-t / 0.25))
    sides = []
    for cents in (-6.0, 7.0):
        phase = vibrato(base * 2 ** (cents / 1200), count, cents=9.0, onset=0.3) + 0.3 * cents
        low = read(shut, phase)
        sides.append((low + blow * (read(ajar, phase) - low)) * curve * 0.55)
    return wide(sides[0] + 0.4 * sides[1], 0.4 * sides[0] + sides[1]).astype(np.float32)


def bell(pitch: float, length: float, velocity: float, variant: int) -> Sound:
    """A glass bell: partials that are no harmonics, each with its own decay."""
    ring = 3.2
    t = seconds(frames(ring))
    turn = 2 * np.pi * hertz(pitch) * t.astype(np.float64)
    made = np.zeros(len(t))
    for ratio, level, decay in (
        (1, 1.0, 1.1),
        (2.0, 0.35, 0.7),
        (2.76, 0.28, 0.4),
        (5.4, 0.12, 0.15),
    ):
        if hertz(pitch) * ratio < TOP:
            made += level * (0.4 + 0.6 * velocity) * np.exp(-t / decay) * np.sin(ratio * turn)
    made *= np.clip((ring - t) / 0.6, 0, 1) * np.minimum(t / 0.004, 1.0)
    return (made * 0.42).astype(np.float32)
