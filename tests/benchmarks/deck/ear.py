"""What a player gave to the sound server, and when: frames on a clock that forgets the jitter."""

from __future__ import annotations

import os
import random
import subprocess
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tests.pulse import Pulse

RATE = 44_100
_FRAME = 4
_PIECE = 1764 * _FRAME
_BLOCK = 882 * _FRAME
_SECONDS = 600

Heard = NDArray[np.int16]


class Ear(Pulse):
    """A `Pulse` that keeps up to ten minutes, and when each piece of them came.

    The null sink takes a block of 20 ms at a time and plays it by the system's clock, so frame n
    was played at `n / rate` after an instant that the earliest of all arrivals tells: its block
    came as it began to play. `when` uses that line and not the arrivals, which come late by as much
    as the recorder and this process were held up (`lateness`).
    """

    def __init__(self) -> None:
        super().__init__(RATE)
        self._frames: Heard = np.zeros((_SECONDS * RATE, 2), dtype=np.int16)
        self._bytes = self._frames.reshape(-1).view(np.uint8)
        self._filled = 0
        self._random = random.Random(1)
        self._arrivals: list[tuple[int, float]] = []

    def __enter__(self) -> Self:
        super().__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, at)

    def heard(self) -> Heard:
        """Everything heard so far, as a view of the shape (frames, 2)."""
        return self._frames[: self._filled // _FRAME]

    @property
    def now(self) -> int:
        """How many frames have been heard."""
        return self._filled // _FRAME

    def when(self, frame: int) -> float:
        """The `perf_counter` second at which that frame left the sink."""
        return self._zero() + frame / self.rate

    def lateness(self) -> NDArray[np.float64]:
        """Seconds that each piece came later than the clock's line."""
        starts = np.array([frame for frame, _ in self._arrivals])
        return np.array([at for _, at in self._arrivals]) - starts / self.rate - self._zero()

    def first(
        self, since: int, hit: Callable[[Heard], NDArray[np.bool_]], deadline: float = 60.0
    ) -> int:
        """Wait for the first frame from `since` on for which `hit` is true; its number.

        `hit` gets frames and gives one truth for each. Raises TimeoutError.
        """
        end = time.monotonic() + deadline
        while True:
            there = self.now
            found = np.flatnonzero(hit(self._frames[since:there]))
            if len(found):
                return since + int(found[0])
            since = max(since, there)
            self._more_than(since, end)

    def rest(self, seconds: float) -> int:
        """Wait until so much more was heard; how many frames have been by then.

        Some of the last 20 ms are waited for at random, for pieces come at the sink's pace, and
        what begins with a piece would meet every block of the sink at the same place.
        """
        wanted = self.now + round(seconds * self.rate)
        with self._news:
            self._news.wait_for(lambda: self.now >= wanted, 60.0 + seconds)
        threading.Event().wait(self._random.uniform(0.0, _BLOCK / _FRAME / self.rate))
        return self.now

    def quiet(self, seconds: float = 0.8, deadline: float = 60.0) -> int:
        """Wait for that much silence in one piece, as `rest` does; how many frames were heard."""
        size, end = round(seconds * self.rate), time.monotonic() + deadline
        while True:
            there = self.now
            if there >= size and not self._frames[there - size : there].any():
                return self.rest(0.0)
            self._more_than(there, end)

    def _more_than(self, frames: int, end: float) -> None:
        with self._news:
            more = self._news.wait_for(lambda: self.now > frames, end - time.monotonic())
        if not more or time.monotonic() > end:
            raise TimeoutError("what was waited for was not heard")

    def _zero(self) -> float:
        return min(at - frame / self.rate for frame, at in self._arrivals)

    def _listen(self, recorder: subprocess.Popen[bytes]) -> None:
        assert recorder.stdout is not None
        while piece := os.read(recorder.stdout.fileno(), _PIECE):
            at = time.perf_counter()
            if self._filled + len(piece) > len(self._bytes):
                return
            start, self._filled = self._filled, self._filled + len(piece)
            self._bytes[start : self._filled] = np.frombuffer(piece, dtype=np.uint8)
            with self._news:
                if len(piece) >= _BLOCK:
                    self._arrivals.append((start // _FRAME, at))
                self._news.notify_all()


def loud(frames: Heard) -> NDArray[np.bool_]:
    """Which frames are more than an encoder's murmur."""
    return np.asarray((np.abs(frames.astype(np.int32)) > 300).any(axis=1))


def say_lateness(ear: Ear) -> None:
    """Print how late the recorder was: what the clock's line has taken out of every figure."""
    late = ear.lateness() * 1000
    half, most = np.percentile(late, (50, 99))
    print(f"recorder: pieces came {half:.1f} ms (median) and {most:.1f} ms (99 %) after the line")
