"""What is played: notes in beats, stems, and the patterns that write them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from takedeck.simulator.songs.theory import chord_classes, nearest, scale

Sound: TypeAlias = NDArray[np.float32]
"""Frames of one tone: ``(n,)`` mono or ``(n, 2)`` stereo, full scale 1."""

Instrument: TypeAlias = Callable[[float, float, float, int], Sound]
"""Plays (MIDI pitch, seconds held, velocity 0–1, variant) with whatever rings on after."""


@dataclass(frozen=True, slots=True)
class Note:
    """One tone; `beat` and `length` in quarter notes, `pan` from −1 (left) to 1."""

    beat: float
    length: float
    pitch: float
    velocity: float = 0.8
    pan: float = 0.0


@dataclass(frozen=True, slots=True)
class Stem:
    """What one instrument plays and how it sits in the mix.

    `ceiling` (of full scale) is never passed: the ceilings of a song's stems add up to less
    than 1. `reverb` is how much goes to the room, `duck` how far a kick pushes it down (0–1).
    """

    play: Instrument
    notes: Sequence[Note]
    gain: float
    ceiling: float
    reverb: float = 0.1
    duck: float = 0.0


@dataclass(frozen=True, slots=True)
class Score:
    """A song's stems; `kicks` are the beats that duck, `room` the reverb's seconds."""

    stems: Mapping[str, Stem]
    kicks: Sequence[float] = ()
    room: float = 1.2
    fade: float = 2.0


def grid(start: float, bars: int, lanes: Mapping[int, str], *, step: float = 0.25) -> list[Note]:
    """Write a drum pattern: one string to a piece, one character to a step.

    ``X`` accented, ``x`` normal, ``o`` ghosted, anything else silent. The strings repeat for
    `bars` bars; a bar is as long as the longest string.
    """
    strength = {"X": 1.0, "x": 0.78, "o": 0.4}
    width = max(len(lane) for lane in lanes.values())
    return [
        Note(start + (bar * width + at) * step, step, piece, strength[lane[at % len(lane)]])
        for bar in range(bars)
        for piece, lane in lanes.items()
        for at in range(width)
        if lane[at % len(lane)] in strength
    ]


def swing(notes: Iterable[Note], amount: float, unit: float = 0.5) -> list[Note]:
    """Delay every second `unit` (in beats): 0.5 is straight, 0.66 triplets."""
    late = (amount - 0.5) * 2 * unit
    return [
        replace(note, beat=note.beat + late) if round(note.beat / unit, 6) % 2 == 1 else note
        for note in notes
    ]


def echo(
    notes: Iterable[Note], beats: float, *, times: int = 3, keep: float = 0.45, width: float = 0.6
) -> list[Note]:
    """Add repeats that come every `beats`, softer each time, from side to side."""
    said = list(notes)
    return said + [
        replace(
            note,
            beat=note.beat + beats * k,
            velocity=note.velocity * keep**k,
            pan=width if k % 2 else -width,
        )
        for note in said
        for k in range(1, times + 1)
    ]


def louder(notes: Iterable[Note], first: float, last: float) -> list[Note]:
    """Let the velocity grow (or fall) evenly from `first` to `last` times what it was."""
    written = list(notes)
    begin = min(note.beat for note in written)
    span = max(note.beat for note in written) - begin or 1.0
    return [
        replace(n, velocity=n.velocity * (first + (last - first) * (n.beat - begin) / span))
        for n in written
    ]


Motif: TypeAlias = Sequence[tuple[float, float, int]]
"""A phrase: (beat, length in beats, semitones above the anchor)."""


def melody(
    start: float,
    chords: Sequence[tuple[float, str]],
    motifs: Sequence[Motif],
    *,
    anchor: int,
    tonic: str,
    mode: str,
    velocity: float = 0.8,
    span: float = 4.0,
) -> list[Note]:
    """Sing motifs over chords: the motif keeps its rhythm and shape, its notes fit the chord.

    `chords` are (length in beats, symbol). One motif of `span` beats follows the other. A note
    on a beat, or a long one, becomes the nearest note of its chord, any other the nearest of
    the scale.
    """
    key = scale(tonic, mode)
    ends, end = [], 0.0
    for length, symbol in chords:
        end += length
        ends.append((end, symbol))
    notes = []
    for number in range(round(end / span)):
        for beat, length, step in motifs[number % len(motifs)]:
            at = number * span + beat
            symbol = next(symbol for until, symbol in ends if at < until)
            strong = beat % 1 == 0 or length >= 1
            pitch = nearest(anchor + step, chord_classes(symbol) if strong else key)
            accent = 1.0 if beat % 1 == 0 else 0.88
            notes.append(Note(start + at, length, pitch, velocity * accent))
    return notes


def starts(chords: Sequence[tuple[float, str]], start: float) -> list[tuple[float, float, str]]:
    """Return (beat, length, symbol) of chords that follow each other from `start` on."""
    told, beat = [], start
    for length, symbol in chords:
        told.append((beat, length, symbol))
        beat += length
    return told
