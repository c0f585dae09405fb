"""The protocol of all outputs, and the WAV file that two of them write."""

from __future__ import annotations

import contextlib
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from takedeck.deck.faults import OutputError

Block = NDArray[np.int16]
Render = Callable[[int], Block | None]
"""Called with the number of frames wanted; returns an int16 array of shape (frames, 2).

Outputs that are `offline` or `replaying` get fewer frames, or none, if no more are decoded yet, and
None after the end; all others get silence instead.
"""


class Output(Protocol):
    """Where frames go. All methods are called from one thread at a time, never from `render`."""

    name: str
    """Its name for the user."""
    offline: bool
    """Takes frames as fast as they are decoded, not in real time."""
    replaying: Replaying | None
    """Itself, if it plays long blocks and restarts at every command; else None."""
    done: bool
    """Whether everything has been put out and `render` has reported the end."""
    rate: int
    """The sample rate in Hz it was opened with; 0 while closed."""
    underruns: int
    """Audible gaps since it was made."""

    @property
    def underran(self) -> bool:
        """Whether it should be reopened with longer periods, because of gaps."""
        ...

    @property
    def latency(self) -> float:
        """Seconds from `render` until the frames are heard."""
        ...

    @property
    def lost(self) -> bool:
        """Whether it was started and has stopped asking for frames."""
        ...

    def open(self, rate: int, render: Render) -> None:
        """Open at `rate` Hz, without starting. Raises `OutputError` with the reason."""
        ...

    def start(self) -> None:
        """Start calling `render`."""
        ...

    def stop(self) -> None:
        """Stop calling `render`, until started again."""
        ...

    def close(self) -> None:
        """Release the device or the file."""
        ...


class Replaying(Protocol):
    """What a replaying output adds. Called under the deck's lock, so no method may block."""

    @property
    def pending(self) -> int:
        """Frames returned by `render` that have not been heard yet."""
        ...

    def given(self, frames: int) -> None:
        """`render` is about to return a block of so many frames."""
        ...

    def interrupt(self) -> int:
        """Stop soon, then call `render` again; returns how many frames will never be heard."""
        ...


class WavFile:
    """A 16-bit stereo WAV file whose header is valid after every write."""

    def __init__(self, path: Path, rate: int) -> None:
        try:
            self._file = path.open("wb")
        except OSError as error:
            raise _unwritable(path, error) from error
        self._wave = wave.open(self._file, "wb")  # noqa: SIM115
        self._wave.setnchannels(2)
        self._wave.setsampwidth(2)
        self._wave.setframerate(rate)
        try:
            self._wave.writeframes(b"")
            self._file.flush()
        except OSError as error:
            self.close()
            raise _unwritable(path, error) from error

    def write(self, block: Block) -> None:
        """Add frames. Raises `OSError` when the disk is full."""
        self._wave.writeframes(np.ascontiguousarray(block, dtype="<i2").tobytes())

    def close(self) -> None:
        """Finish the file; never raises."""
        # A full disk was reported by `write`, and the header already counts what was written.
        for file in (self._wave, self._file):
            with contextlib.suppress(OSError):
                file.close()


def cut_short(path: Path, error: OSError) -> OutputError:
    """The error for a file that cannot be continued; writing it anew would lose what it holds."""
    return OutputError(f"{path.name} is cut short: {_reason(error)}")


def _unwritable(path: Path, error: OSError) -> OutputError:
    return OutputError(f"{path} cannot be written: {_reason(error)}")


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
