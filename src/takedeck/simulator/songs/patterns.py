"""Patterns that write notes: drum grids, held chords, arpeggios, melodies over chords."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from takedeck.simulator.songs.score import Note
from takedeck.simulator.songs.theory import chord_classes, nearest, scale

Chords: TypeAlias = Sequence[tuple[float, str]]
"""A progression: (length in beats, symbol)."""


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
    chords: Chords,
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


def starts(chords: Chords, start: float) -> list[tuple[float, float, str]]:
    """Return (beat, length, symbol) of chords that follow each other from `start` on."""
    told, beat = [], start
    for length, symbol in chords:
        told.append((beat, length, symbol))
        beat += length
    return told


def bars(*symbols: str, beats: float = 4.0) -> Chords:
    """Return a progression of one chord to a bar; ``A|B`` shares a bar."""
    return [
        (beats / len(symbol.split("|")), half) for symbol in symbols for half in symbol.split("|")
    ]


def length_of(chords: Chords) -> float:
    """Return how many beats a progression lasts."""
    return sum(length for length, _ in chords)


def held(at: float, length: float, pitches: Sequence[float], force: float) -> list[Note]:
    """Hold a chord."""
    return [Note(at, length, pitch, force) for pitch in pitches]


def stabs(
    at: float, length: float, pitches: Sequence[float], rhythm: str, *, step: float = 0.25,
    held_for: float = 0.25, force: float = 0.8, spread: float = 0.3,
) -> list[Note]:  # fmt: skip
    """Strike a chord in a rhythm written as in `grid`; its notes stand from left to right."""
    strength = {"X": 1.0, "x": 0.78, "o": 0.45}
    middle = (len(pitches) - 1) / 2 or 1.0
    return [
        Note(
            at + k * step + 0.008 * j,
            held_for,
            pitch,
            force * strength[mark],
            spread * (j / middle - 1),
        )
        for k, mark in enumerate(rhythm[: round(length / step)])
        if mark in strength
        for j, pitch in enumerate(pitches)
    ]


def arpeggio(
    at: float, length: float, pitches: Sequence[float], order: Sequence[int], *, step: float = 0.25,
    held_for: float = 0.25, force: float = 0.7,
) -> list[Note]:  # fmt: skip
    """Play a chord's notes one by one; an index past its end is the same note an octave up."""
    size = len(pitches)
    return [
        Note(
            at + k * step,
            held_for,
            pitches[index % size] + 12 * (index // size),
            force * (1.0 if k % 4 == 0 else 0.8),
            0.45 if k % 2 else -0.45,
        )
        for k in range(round(length / step))
        for index in [order[k % len(order)]]
    ]
