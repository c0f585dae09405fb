"""What the deck's tests share: signals, files that grow, an output pulled by hand."""

from __future__ import annotations

import threading
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import lameenc
import numpy as np
from numpy.typing import NDArray

from takedeck.deck import outputs
from takedeck.deck.deck import Deck
from takedeck.deck.outputs.base import Output, Render, Replaying
from takedeck.deck.state import DeckState, PartSpec, Role

Block = NDArray[np.int16]
RATE = 44100
RAMP = round(0.008 * RATE)
DEADLINE = 100.0


def counter(frames: int, start: int = 0) -> Block:
    """Frames that say their own number: left = n & 0x7fff, right = (n >> 15) + 1."""
    n = np.arange(start, start + frames)
    return np.stack((n & 0x7FFF, (n >> 15) + 1), axis=1).astype(np.int16)


def tone(frames: int, hertz: float = 440.0, level: int = 8000, rate: int = RATE) -> Block:
    """A sine, the same on both sides."""
    wave_ = level * np.sin(2 * np.pi * hertz * np.arange(frames) / rate)
    return np.repeat(np.rint(wave_).astype(np.int16)[:, None], 2, axis=1)


def noise(frames: int, level: int = 6000, seed: int = 1) -> Block:
    """Low-passed noise, so that an encoder keeps its shape."""
    raw = np.random.default_rng(seed).normal(size=frames + 64)
    smooth = np.convolve(raw, np.hanning(32) / 16, mode="valid")[:frames]
    return np.repeat(
        np.rint(np.clip(smooth * level, -32000, 32000)).astype(np.int16)[:, None], 2, 1
    )


def write_wav(path: Path, frames: Block, rate: int = RATE) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(frames.shape[1])
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(np.ascontiguousarray(frames, dtype="<i2").tobytes())
    return path


def read_wav(path: Path) -> Block:
    with wave.open(str(path), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)


def mp3(frames: Block, kbps: int = 192, rate: int = RATE) -> bytes:
    """An MP3 without an Info header, as lameenc makes them."""
    encoder = lameenc.Encoder()
    encoder.set_bit_rate(kbps)
    encoder.set_in_sample_rate(rate)
    encoder.set_channels(2)
    encoder.set_quality(7)
    encoder.silence()
    return bytes(encoder.encode(frames.tobytes())) + bytes(encoder.flush())


def spec(path: Path, name: str | None = None, role: Role = "stem") -> PartSpec:
    return PartSpec(name or path.stem, path, role, path.stat().st_size)


class PullOutput:
    """An output that asks for frames when the test says so."""

    name = "pull"
    offline = False
    replaying: Replaying | None = None
    done = False
    underran = False
    latency = 0.0

    def __init__(self) -> None:
        self.rate = 0
        self.underruns = 0
        self.lost = False
        self.started = False
        self.opened = 0
        self._render: Render | None = None

    def open(self, rate: int, render: Render) -> None:
        self.rate, self._render, self.lost, self.underran = rate, render, False, False
        self.opened += 1

    def start(self) -> None:
        self.started = True

    def stop(self) -> None:
        self.started = False

    def close(self) -> None:
        self.rate, self.started = 0, False

    def pull(self, frames: int) -> Block:
        assert self._render is not None
        block = self._render(frames)
        assert block is not None
        return block


class ReplayOutput(PullOutput):
    """An output that takes long blocks and plays each anew at every command; the test listens."""

    name = "replay"

    def __init__(self) -> None:
        super().__init__()
        self.replaying: Replaying | None = self
        self._taken: Block = counter(0)

    @property
    def pending(self) -> int:
        return len(self._taken)

    def given(self, frames: int) -> None:
        self._promised = frames

    def interrupt(self) -> int:
        left, self._taken = self.pending, counter(0)
        self.done = False
        return left

    def take(self, frames: int) -> int:
        """Ask for a block, as long as nothing is left of the one before; how long it is."""
        assert not len(self._taken)
        assert self._render is not None
        block = self._render(frames)
        self.done = block is None
        if block is not None:
            assert self._promised == len(block)
            self._taken = block
        return self.pending

    def hear(self, frames: int) -> Block:
        """Listen to some of what was taken."""
        heard, self._taken = self._taken[:frames], self._taken[frames:]
        return heard


class Rig:
    """A deck in this process, its states, and the output that is pulled by hand."""

    def __init__(self, make: Callable[[str], Output] | None = None, kind: str = "pull") -> None:
        self.out = PullOutput()
        self.published: list[DeckState] = []
        self._news = threading.Condition()
        self.deck = Deck(self._hear, output=kind, make_output=make or self._make)

    def _make(self, kind: str) -> Output:
        return self.out if kind == "pull" else outputs.make(kind)

    def _hear(self, state: DeckState) -> None:
        with self._news:
            self.published.append(state)
            self._news.notify_all()

    def until(self, enough: Callable[[DeckState], bool], deadline: float = DEADLINE) -> DeckState:
        """Wait, from one published state to the next, for one that is `enough`.

        Raises TimeoutError.
        """
        end = time.monotonic() + deadline
        with self._news:
            while not enough(state := self.deck.state()):
                if not self._news.wait(end - time.monotonic()):
                    raise TimeoutError(f"not in time: {state}")
            return state

    def load(self, *parts: PartSpec, play: bool = True, start: float = 0.0) -> None:
        """Load whole files and wait until they are decoded and the output has their rate."""
        self.deck.load("k", parts, play, start)
        for part in parts:
            self.deck.set_available(part.name, part.path.stat().st_size, complete=True)
        self.until(lambda s: bool(s.parts) and all(part.complete for part in s.parts))
        self.settled()

    def settled(self) -> None:
        """Wait until the output runs at the deck's rate."""
        self.until(lambda s: self.out.rate == s.rate)

    def pull(self, frames: int) -> Block:
        return self.out.pull(frames)


@contextmanager
def rigged(make: Callable[[str], Output] | None = None, kind: str = "pull") -> Iterator[Rig]:
    """A rig that is closed at the end; `make` and `kind` as for `Deck`."""
    rig = Rig(make, kind)
    try:
        yield rig
    finally:
        rig.deck.close()


def largest_step(block: Block) -> int:
    """The largest difference between neighbouring samples."""
    return int(np.abs(np.diff(block.astype(np.int32), axis=0)).max())
