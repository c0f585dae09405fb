"""A score to samples: block by block, each stem by itself, the master as their exact sum."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from importlib import import_module
from random import Random
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from takedeck.simulator.songs.catalogue import MASTER, RATE, Song
from takedeck.simulator.songs.effects import Room, duck, limit
from takedeck.simulator.songs.score import Score, Sound, Stem

BLOCK = 32_768
"""Most frames rendered at once."""

_FIRST = 4_096
"""The first block is this small, so that the first bytes come at once; each next one doubles."""

_KEPT_BYTES = 24 << 20

_Event: TypeAlias = tuple[int, float, float, float, float, int]
"""Frame, pitch, length in beats, velocity, pan, variant."""


def compose(song: Song) -> Score:
    """Return what the module of that name has written."""
    score: Score = import_module(f"takedeck.simulator.songs.{song.key}").score(song)
    return score


def blocks(song: Song, part: str) -> Iterator[NDArray[np.int16]]:
    """Yield a part as ``(n, 2)`` int16 blocks, `song.frames` frames in all.

    `part` is a stem's name or ``master``, which is the sum of the stems' integers. Raises
    KeyError for a part that the song does not have.
    """
    score = compose(song)
    names = song.stems if part == MASTER else (part,)
    players = [_Player(song, score, name) for name in names]
    start, count = 0, _FIRST
    while start < song.frames:
        count = min(count, song.frames - start)
        total = np.zeros((count, 2), dtype=np.int32)
        for player in players:
            total += player.block(start, count)
        yield total.astype(np.int16)
        start, count = start + count, min(2 * count, BLOCK)


class _Player:
    """Plays one stem from its beginning to its end."""

    def __init__(self, song: Song, score: Score, name: str) -> None:
        self._song, self._score, self._stem = song, score, score.stems[name]
        seed = zlib.crc32(f"{song.key}/{name}".encode())
        self._tones = _Tones(self._stem, song.bpm)
        self._events = _humanised(song, self._stem, Random(seed))
        self._next = 0
        self._pending = np.zeros((BLOCK * 8, 2), dtype=np.float32)
        self._room = Room(score.room, BLOCK, zlib.crc32(song.key.encode()))
        self._kicks = [round(beat * 60 / song.bpm * RATE) for beat in score.kicks]

    def block(self, start: int, count: int) -> NDArray[np.int32]:
        """Return the next `count` frames as whole numbers within 16 bits."""
        while self._next < len(self._events) and self._events[self._next][0] < start + count:
            at, *_ = event = self._events[self._next]
            self._add(at - start, self._tones.get(event))
            self._next += 1
        dry = self._pending[:count].copy()
        self._pending[:-count] = self._pending[count:]
        self._pending[-count:] = 0.0
        stem = self._stem
        if stem.duck and self._kicks:
            dry *= duck(start, count, self._kicks, stem.duck)[:, None]
        mixed = dry
        if stem.reverb:
            mixed = dry + np.float32(stem.reverb) * self._room.block(dry)
        sound = limit(np.float32(stem.gain) * mixed, stem.ceiling) * self._fade(start, count)
        rounded: NDArray[np.int32] = np.rint(sound * 32_767).astype(np.int32)
        return rounded

    def _add(self, at: int, sound: Sound) -> None:
        end = at + len(sound)
        if end > len(self._pending):
            longer = np.zeros((end + BLOCK, 2), dtype=np.float32)
            longer[: len(self._pending)] = self._pending
            self._pending = longer
        self._pending[at:end] += sound

    def _fade(self, start: int, count: int) -> Sound:
        if start + count < self._song.frames - self._score.fade * RATE:
            return np.ones((1, 1), dtype=np.float32)
        left = self._song.frames - 1 - np.arange(start, start + count, dtype=np.float64)
        share = np.clip(left / (self._score.fade * RATE), 0.0, 1.0)
        return (np.sin(share * np.pi / 2) ** 2).astype(np.float32)[:, None]


class _Tones:
    """An instrument's tones, kept while there is room: songs repeat themselves."""

    def __init__(self, stem: Stem, bpm: float) -> None:
        self._play, self._beat = stem.play, 60 / bpm
        self._kept: dict[tuple[float, float, int, int], Sound] = {}
        self._bytes = 0

    def get(self, event: _Event) -> Sound:
        _, pitch, length, velocity, pan, variant = event
        key = (pitch, round(length, 3), max(1, round(velocity * 6)), variant)
        tone = self._kept.get(key)
        if tone is None:
            tone = self._play(pitch, length * self._beat, key[2] / 6, variant)
            if self._bytes < _KEPT_BYTES:
                self._kept[key] = tone
                self._bytes += tone.nbytes
        left, right = np.cos((pan + 1) * np.pi / 4), np.sin((pan + 1) * np.pi / 4)
        sides = np.array([left, right], dtype=np.float32) * np.float32(velocity * 2**0.5)
        return (tone if tone.ndim == 2 else tone[:, None]) * sides


def _humanised(song: Song, stem: Stem, rng: Random) -> list[_Event]:
    """Return the notes as events in their order, a little early or late each."""
    events: list[_Event] = []
    for note in stem.notes:
        late = rng.gauss(0.0, 0.0035)
        frame = max(0, round((note.beat * 60 / song.bpm + late) * RATE))
        velocity = min(1.0, note.velocity * rng.uniform(0.92, 1.06))
        events.append((frame, note.pitch, note.length, velocity, note.pan, rng.randrange(3)))
    return sorted(event for event in events if event[0] < song.frames)
