"""Renders a part or a mix to a WAV file, as fast as it is decoded, without gaps or fades."""

from __future__ import annotations

import threading
from pathlib import Path

from takedeck.deck.outputs.base import Render, Replaying, WavFile, cut_short

BLOCK = 48_000
_RETRY_SECONDS = 0.02


class OfflineWav:
    """Writes frames to the file until `render` reports the end; then sets `done`."""

    offline = True
    replaying: Replaying | None = None
    underran = False
    underruns = 0

    def __init__(self, path: Path) -> None:
        self.name = f"WAV file {path.name}"
        self.rate = 0
        self.done = False
        self._path = path
        self._render: Render | None = None
        self._file: WavFile | None = None
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._failed: OSError | None = None

    @property
    def latency(self) -> float:
        """Always 0: nothing is heard."""
        return 0.0

    @property
    def lost(self) -> bool:
        """Whether the file could not be written."""
        return self._failed is not None

    def open(self, rate: int, render: Render) -> None:
        """Create or overwrite the file. Raises `OutputError` if it cannot be written."""
        if self._failed is not None:
            raise cut_short(self._path, self._failed)
        self.rate, self._render, self.done = rate, render, False
        self._file = WavFile(self._path, rate)

    def start(self) -> None:
        """Start calling `render`."""
        if self._thread is None and not self.done:
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, name="offline-output", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop calling `render`, until started again."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def close(self) -> None:
        """Stop and finish the file."""
        self.stop()
        self.rate = 0
        if self._file is not None:
            self._file.close()
            self._file = None

    def _run(self) -> None:
        assert self._render is not None  # noqa: S101 - open() comes first
        assert self._file is not None  # noqa: S101
        try:
            while not self._stop.is_set():
                block = self._render(BLOCK)
                if block is None:
                    self._file.close()
                    self._file = None
                    self.done = True
                    return
                if len(block):
                    self._file.write(block)
                else:
                    self._stop.wait(_RETRY_SECONDS)
        except OSError as error:
            self._failed = error
