"""A part or a mix to a WAV file, as fast as it arrives, whole, with nothing put in."""

from __future__ import annotations

import threading
from pathlib import Path

from takedeck.deck.outputs.base import Render, Replaying, WavFile, cut_short

BLOCK = 48_000
_LOOK_AGAIN = 0.02


class OfflineWav:
    """Frames go to the file until `render` says that the end is reached; then `done` is set."""

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
        """None."""
        return 0.0

    @property
    def lost(self) -> bool:
        """Whether the file could not be written."""
        return self._failed is not None

    def open(self, rate: int, render: Render) -> None:
        """Make the file, or make it anew. Raises `OutputError` if it cannot be written."""
        if self._failed is not None:
            raise cut_short(self._path, self._failed)
        self.rate, self._render, self.done = rate, render, False
        self._file = WavFile(self._path, rate)

    def start(self) -> None:
        """Begin to ask for frames."""
        if self._thread is None and not self.done:
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, name="offline-output", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ask for no more, until started again."""
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
                    self._stop.wait(_LOOK_AGAIN)
        except OSError as error:
            self._failed = error
