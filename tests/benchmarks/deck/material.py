"""Sets of a master and eight stems whose every frame says what it is."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import lameenc
import numpy as np
from numpy.typing import NDArray

from takedeck.simulator.encode import BIT_RATE, info_frame
from tests.benchmarks.deck.ear import RATE

STEMS = 8
LEVEL = 8000
"""Of the steps: what is heard of them is this, its negative, or zero."""

FLAG = 128
"""The first of the flags; below it lies the high half of the counter."""

Frames = NDArray[np.int16]


def _loud(frames: int, number: int) -> Frames:
    """A tone under noise at full level from its first frame on."""
    noise = np.random.default_rng(number).normal(scale=400, size=frames)
    phase = 2 * np.pi * 110 * (number + 1) * np.arange(frames) / RATE
    mono = np.rint(2500 * np.cos(phase) + noise).astype(np.int16)
    return np.repeat(mono[:, None], 2, axis=1)


def _mp3(frames: Frames) -> bytes:
    """With an Info frame, so that every player leaves out the encoder's delay."""
    encoder = lameenc.Encoder()
    encoder.set_bit_rate(BIT_RATE)
    encoder.set_in_sample_rate(RATE)
    encoder.set_channels(2)
    encoder.set_quality(7)
    encoder.silence()
    music = bytes(encoder.encode(frames.tobytes())) + bytes(encoder.flush())
    return info_frame(len(frames)) + music


def songs(folder: Path, seconds: int) -> Path:
    """MP3s at 192 kbit/s that start loud: what first sound is measured with."""
    for number in range(STEMS + 1):
        name = f"stem{number}.mp3" if number else "master.mp3"
        (folder / name).write_bytes(_mp3(_loud(seconds * RATE, number)))
    return folder


def _wav(path: Path, frames: Frames) -> None:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(np.ascontiguousarray(frames, dtype="<i2").tobytes())


def steps(folder: Path, seconds: int) -> Path:
    """+8,000 in the first half, -8,000 in the second; the other seven stems cancel."""
    sign = np.where(np.arange(seconds * RATE) * 2 < seconds * RATE, 1, -1)
    level = np.repeat((sign * LEVEL).astype(np.int16)[:, None], 2, axis=1)
    _wav(folder / "master.wav", level)
    _wav(folder / "stem1.wav", level)
    for number in range(2, STEMS + 1):
        value = 0 if number == STEMS else (number // 2) * 100 * (-1) ** number
        _wav(folder / f"stem{number}.wav", np.full_like(level, value))
    return folder


def _counter(frames: int) -> Frames:
    n = np.arange(frames)
    return np.stack((n & 0x7FFF, (n >> 15) + 1), axis=1).astype(np.int16)


def counters(folder: Path, seconds: int) -> Path:
    """A frame counter as master and first stem; the other stems are noise in pairs that cancel."""
    count = _counter(seconds * RATE)
    _wav(folder / "master.wav", count)
    _wav(folder / "stem1.wav", count)
    for number in range(2, STEMS, 2):
        noise = np.random.default_rng(number).integers(-9000, 9000, count.shape).astype(np.int16)
        _wav(folder / f"stem{number}.wav", noise)
        _wav(folder / f"stem{number + 1}.wav", -noise)
    _wav(folder / f"stem{STEMS}.wav", np.zeros_like(count))
    return folder


def flags(folder: Path, seconds: int) -> Path:
    """A frame counter (under 92 s) as first stem; each other one is a bit of the right channel.

    So each frame heard tells its number and exactly which stems are in it.
    """
    count = _counter(seconds * RATE)
    _wav(folder / "master.wav", count)
    _wav(folder / "stem1.wav", count)
    for number in range(2, STEMS + 1):
        flag = np.zeros_like(count)
        flag[:, 1] = FLAG << (number - 2)
        _wav(folder / f"stem{number}.wav", flag)
    return folder


@contextmanager
def workshop() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with TemporaryDirectory(prefix="takedeck-bench-") as folder:
        yield Path(folder)
