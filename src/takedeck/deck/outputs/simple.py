"""The simpleaudio output: plays one long buffer at a time, and restarts it at every command."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

from takedeck.deck.faults import OutputError
from takedeck.deck.outputs.alsa import silence_alsa
from takedeck.deck.outputs.base import Render, Replaying

BLOCK_SECONDS = 600
"""The longest buffer: 100 MB at 44.1 kHz."""

_RETRY_SECONDS = 0.02


class SimpleAudioOutput:
    """Plays everything decoded so far as one buffer; every command stops it and starts another.

    simpleaudio has no pause and no position: the position is computed from the clock.
    """

    name = "simpleaudio"
    offline = False
    underran = False
    underruns = 0
    latency = 0.0

    def __init__(self) -> None:
        if sys.version_info >= (3, 12):
            raise OutputError(
                "simpleaudio crashes at the end of playback on Python 3.12 and later; choose device"
            )
        silence_alsa()
        try:
            import simpleaudio
        except ImportError as error:
            raise OutputError(
                "simpleaudio is not installed (pip install 'takedeck[simpleaudio]')"
            ) from error
        self.replaying: Replaying | None = self
        self.rate = 0
        self.done = False
        self.lost = False
        self._player: Any = simpleaudio
        self._render: Render | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._interrupted = threading.Event()
        self._stopping = False
        self._frames = 0
        self._started_at: float | None = None

    @property
    def pending(self) -> int:
        """Frames of the buffer that, by the clock, have not been heard yet."""
        with self._lock:
            return self._left()

    def given(self, frames: int) -> None:
        """Note the length of the next buffer."""
        with self._lock:
            self._frames, self._started_at = frames, None
            self._interrupted.clear()

    def interrupt(self) -> int:
        """Drop the buffer; returns how many of its frames were never heard."""
        with self._lock:
            left = self._left()
            self._frames, self._started_at = 0, None
            self.done = False
            self._interrupted.set()
            return left

    def open(self, rate: int, render: Render) -> None:
        """Remember `rate` (in Hz) and `render`; simpleaudio opens the device with each buffer."""
        self.stop()
        self.rate, self._render = rate, render
        self.done = self.lost = False

    def start(self) -> None:
        """Start calling `render`."""
        if self._thread is None:
            self._stopping = False
            self._thread = threading.Thread(target=self._run, name="simpleaudio", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop calling `render`, until started again."""
        self._stopping = True
        self._interrupted.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def close(self) -> None:
        """Stop and forget the rate."""
        self.stop()
        self.rate = 0

    def _left(self) -> int:
        if self._started_at is None:
            return self._frames
        return max(0, self._frames - round((time.monotonic() - self._started_at) * self.rate))

    def _run(self) -> None:
        assert self._render is not None  # noqa: S101 - open() comes first
        while not (self._stopping or self.lost):
            block = self._render(BLOCK_SECONDS * self.rate)
            if block is None:
                self.done = True
            if block is None or not len(block):
                self._interrupted.wait(_RETRY_SECONDS)
            else:
                self._play(block.tobytes(), len(block))

    def _play(self, samples: bytes, frames: int) -> None:
        with self._lock:
            if self._interrupted.is_set():
                return
            self._started_at = time.monotonic()
        try:
            playing = self._player.play_buffer(samples, 2, 2, self.rate)
        except self._player.SimpleaudioError:
            self.lost = True
            return
        if self._interrupted.wait(frames / self.rate):
            playing.stop()
            # It goes on sounding for 0.2 s: wait, or the next buffer would overlap it.
            playing.wait_done()
            return
        while playing.is_playing() and not self._interrupted.wait(_RETRY_SECONDS):
            continue
        with self._lock:
            self._frames, self._started_at = 0, None
