"""Chords, voicings and scales, as MIDI pitches (60 is middle C)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_CLASSES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_QUALITIES = {
    "": (0, 4, 7), "m": (0, 3, 7), "5": (0, 7), "6": (0, 4, 7, 9), "m6": (0, 3, 7, 9),
    "7": (0, 4, 7, 10), "m7": (0, 3, 7, 10), "maj7": (0, 4, 7, 11), "9": (0, 4, 7, 10, 14),
    "m9": (0, 3, 7, 10, 14), "maj9": (0, 4, 7, 11, 14), "add9": (0, 4, 7, 14),
    "13": (0, 4, 10, 14, 21),
    "sus2": (0, 2, 7), "sus4": (0, 5, 7), "7sus4": (0, 5, 7, 10), "m11": (0, 3, 7, 10, 17),
    "dim": (0, 3, 6), "m7b5": (0, 3, 6, 10), "7b9": (0, 4, 7, 10, 13), "69": (0, 4, 7, 9, 14),
    "maj7#11": (0, 4, 7, 11, 18),
}  # fmt: skip
_SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11), "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "pentatonic": (0, 2, 4, 7, 9), "minor pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
}  # fmt: skip


def pitch_class(name: str) -> int:
    """Return the class (0–11) of a note name such as ``F#`` or ``Bb``. Raises KeyError."""
    return (_CLASSES[name[0]] + name.count("#") - name[1:].count("b")) % 12


@lru_cache(maxsize=256)
def chord(symbol: str) -> tuple[int, tuple[int, ...]]:
    """Return root class and intervals of a symbol such as ``F#m9`` or ``C/E`` (without the bass).

    Raises ValueError for a symbol that is not known.
    """
    match = re.fullmatch(r"([A-G][#b]?)([^/]*)(?:/[A-G][#b]?)?", symbol)
    if match is None or match[2] not in _QUALITIES:
        raise ValueError(f"unknown chord {symbol!r}")
    return pitch_class(match[1]), _QUALITIES[match[2]]


def root(symbol: str, low: int) -> int:
    """Return the chord's bass note in the octave that begins at `low`."""
    name = symbol.partition("/")[2]
    bass = pitch_class(name) if name else chord(symbol)[0]
    return low + (bass - low) % 12


def voicing(symbol: str, centre: int) -> list[int]:
    """Return the chord's notes within an octave round `centre`, lowest first.

    Every note takes its place nearest the centre, so that common tones stay and the others
    move by step from chord to chord. Chords of five notes leave the root to the bass.
    """
    base, intervals = chord(symbol)
    wanted = intervals[1:] if len(intervals) > 4 else intervals
    return sorted({centre - 6 + (base + step - centre + 6) % 12 for step in wanted})


def scale(tonic: str, mode: str) -> frozenset[int]:
    """Return the pitch classes of a scale."""
    base = pitch_class(tonic)
    return frozenset((base + step) % 12 for step in _SCALES[mode])


def chord_classes(symbol: str) -> frozenset[int]:
    """Return the pitch classes of a chord."""
    base, intervals = chord(symbol)
    return frozenset((base + step) % 12 for step in intervals)


def nearest(pitch: float, classes: frozenset[int]) -> int:
    """Return the pitch of one of the classes that is nearest; the lower of two."""
    around: Sequence[int] = range(round(pitch) - 7, round(pitch) + 8)
    return min((p for p in around if p % 12 in classes), key=lambda p: (abs(p - pitch), p))
