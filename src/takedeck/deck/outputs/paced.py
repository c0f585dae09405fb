"""Outputs paced by the system clock instead of a device: silence, and a WAV file."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from takedeck.deck.faults import OutputError
from takedeck.deck.outputs.base import Block, Render, Replaying, WavFile, cut_short

PERIOD = 0.02
_SUSPENDED_SECONDS = 1.0
"""If it is late by more, the process was suspended: skip the missed frames."""


class NullOutput:
    """Takes frames in real time and discards them."""

    name = "silent"
    offline = False
    replaying: Replaying | None = None
    done = False
    underran = False

    def __init__(self) -> None:
        self.rate = 0
        self.underruns = 0
        self._render: Render | None = None
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._failed: OSError | None = None

    @property
    def latency(self) -> float:
        """One period, in seconds."""
        return PERIOD

    @property
    def lost(self) -> bool:
        """Whether the thread has ended, which only a write error causes."""
        return self._failed is not None

    def open(self, rate: int, render: Render) -> None:
        """Remember `rate` (in Hz) and `render`; there is no device to open."""
        self.rate, self._render = rate, render

    def start(self) -> None:
        """Start calling `render`."""
        if self._thread is None:
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, name="paced-output", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop calling `render`, until started again."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def close(self) -> None:
        """Stop and forget the rate."""
        self.stop()
        self.rate = 0

    def take(self, block: Block) -> None:
        """Use the frames; here they are discarded."""

    def _run(self) -> None:
        assert self._render is not None  # noqa: S101 - open() comes first
        begun, done = time.monotonic(), 0
        size = round(self.rate * PERIOD)
        try:
            while not self._stop.wait(max(0.0, begun + done / self.rate - time.monotonic())):
                if time.monotonic() - begun - done / self.rate > _SUSPENDED_SECONDS:
                    begun, done = time.monotonic(), 0
                    self.underruns += 1
                block = self._render(size)
                if block is not None:
                    self.take(block)
                done += size
        except OSError as error:
            self._failed = error


class WavOutput(NullOutput):
    """Writes what would be heard, pauses included, to a WAV file."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.name = f"WAV file {path.name}"
        self._path = path
        self._file: WavFile | None = None

    def open(self, rate: int, render: Render) -> None:
        """Create the file, or continue the one that is open.

        Raises `OutputError` if it cannot be written, or if it is open at another sample rate.
        """
        if self._failed is not None:
            raise cut_short(self._path, self._failed)
        if self._file is not None and rate != self.rate:
            raise OutputError(f"{self._path.name} has another sample rate. Choose another file.")
        super().open(rate, render)
        self._file = self._file or WavFile(self._path, rate)

    def take(self, block: Block) -> None:
        """Add the frames to the file."""
        if self._file is not None:
            self._file.write(block)

    def close(self) -> None:
        """Stop and finish the file."""
        super().close()
        if self._file is not None:
            self._file.close()
            self._file = None
