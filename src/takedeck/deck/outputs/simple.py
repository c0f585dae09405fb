"""The simpleaudio player: one buffer at a time, stopped and played anew from where it was."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

from takedeck.deck.faults import OutputError
from takedeck.deck.outputs.alsa import silence_alsa
from takedeck.deck.outputs.base import Render, Replaying

BLOCK_SECONDS = 600
"""What is mixed into one buffer at most: 100 MB at 44.1 kHz."""

_LOOK_AGAIN = 0.02


class SimpleAudioOutput:
    """Plays all that is there as one buffer; every command stops it and starts another.

    It has no pause and no position: how far it is, is told by the clock.
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
        self._again = threading.Event()
        self._stopping = False
        self._frames = 0
        self._begun: float | None = None

    @property
    def pending(self) -> int:
        """Frames taken that the clock says have not been heard yet."""
        with self._lock:
            return self._left()

    def given(self, frames: int) -> None:
        """Count the frames of the next buffer."""
        with self._lock:
            self._frames, self._begun = frames, None
            self._again.clear()

    def interrupt(self) -> int:
        """Drop the buffer; the number of its frames that were never heard."""
        with self._lock:
            left = self._left()
            self._frames, self._begun = 0, None
            self.done = False
            self._again.set()
            return left

    def open(self, rate: int, render: Render) -> None:
        """Get ready; the device is opened with each buffer."""
        self.stop()
        self.rate, self._render = rate, render
        self.done = self.lost = False

    def start(self) -> None:
        """Begin to ask for frames."""
        if self._thread is None:
            self._stopping = False
            self._thread = threading.Thread(target=self._run, name="simpleaudio", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ask for no more, until started again."""
        self._stopping = True
        self._again.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def close(self) -> None:
        """Stop and forget the rate."""
        self.stop()
        self.rate = 0

    def _left(self) -> int:
        if self._begun is None:
            return self._frames
        return max(0, self._frames - round((time.monotonic() - self._begun) * self.rate))

    def _run(self) -> None:
        assert self._render is not None  # noqa: S101 - open() comes first
        while not (self._stopping or self.lost):
            block = self._render(BLOCK_SECONDS * self.rate)
            if block is None:
                self.done = True
            if block is None or not len(block):
                self._again.wait(_LOOK_AGAIN)
            else:
                self._play(block.tobytes(), len(block))

    def _play(self, samples: bytes, frames: int) -> None:
        with self._lock:
            if self._again.is_set():
                return
            self._begun = time.monotonic()
        try:
            playing = self._player.play_buffer(samples, 2, 2, self.rate)
        except self._player.SimpleaudioError:
            self.lost = True
            return
        if self._again.wait(frames / self.rate):
            playing.stop()
            # It sounds on for 0.2 s; the next buffer would be heard on top of it.
            playing.wait_done()
            return
        while playing.is_playing() and not self._again.wait(_LOOK_AGAIN):
            continue
        with self._lock:
            self._frames, self._begun = 0, None
