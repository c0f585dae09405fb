"""What every output is, and the WAV file two of them write."""

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
"""Frames wanted to an int16 array (frames, 2).

Outputs that are `offline` or `replaying` get fewer frames, or none, while there are no more, and
None after the end.
"""


class Output(Protocol):
    """A place for frames. All methods are called from one thread, and never from `render`."""

    name: str
    """What people are told."""
    offline: bool
    """Takes frames as fast as they come instead of on a clock."""
    replaying: Replaying | None
    """Itself, if it plays long blocks whole, and anew at every command."""
    done: bool
    """Whether it has given out everything and was told that there is no more."""
    rate: int
    """Frames per second it was opened with; 0 while closed."""
    underruns: int
    """Gaps heard since it was made."""

    @property
    def underran(self) -> bool:
        """Whether it had gaps that longer periods would have avoided, and should be opened anew."""
        ...

    @property
    def latency(self) -> float:
        """Seconds from `render` to the ear."""
        ...

    @property
    def lost(self) -> bool:
        """Whether it was started and yet asks for no frames any more."""
        ...

    def open(self, rate: int, render: Render) -> None:
        """Get ready. Raises `OutputError` with the reason and what to do."""
        ...

    def start(self) -> None:
        """Begin to ask for frames."""
        ...

    def stop(self) -> None:
        """Ask for no more, until started again."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


class Replaying(Protocol):
    """The rest of an output that replays; called under the deck's lock, so none may block."""

    @property
    def pending(self) -> int:
        """Frames taken from `render` that have not been heard yet."""
        ...

    def given(self, frames: int) -> None:
        """The block that `render` is about to return has so many frames."""
        ...

    def interrupt(self) -> int:
        """Stop soon and ask for frames again; the number of those taken and never heard."""
        ...


class WavFile:
    """A 16-bit stereo WAV file whose header is right after every write."""

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
        """Add frames. Raises OSError when the disk is full."""
        self._wave.writeframes(np.ascontiguousarray(block, dtype="<i2").tobytes())

    def close(self) -> None:
        """Finish the file, as far as there is room for it."""
        # What does not fit was told when it was written; the header of what does is in the file.
        for file in (self._wave, self._file):
            with contextlib.suppress(OSError):
                file.close()


def cut_short(path: Path, error: OSError) -> OutputError:
    """What ends a file that was begun and has no room for more: anew, it would lose what it has."""
    return OutputError(f"{path.name} is cut short: {_reason(error)}")


def _unwritable(path: Path, error: OSError) -> OutputError:
    return OutputError(f"{path} cannot be written: {_reason(error)}")


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
