"""The decoded frames of one part: appended by its decoder, read at random by the mixer."""

from __future__ import annotations

import mmap
import os
import tempfile
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from takedeck.deck.faults import DeckFault

Frames = NDArray[np.int16]
"""An int16 array of shape (frames, 2)."""

BLOCK = 1 << 22
"""Frames in one mapped block: 16 MiB, 95 s at 44.1 kHz. Each mapping costs a file descriptor."""

_ROOM = 1 << 20
"""Bytes of disk reserved at a time."""

_FIRST = 1 << 14
"""Frames reserved by `prepare`."""

LONGEST = 2 * 3600
"""A part longer than these seconds is refused: decoded, they fill 1.3 GB of the disk."""

FRAME_BYTES = 4
"""16 bits for each of two channels."""


class Pcm:
    """Stereo int16 frames in an unlinked, memory-mapped scratch file.

    One thread appends; any thread may read frames below `count` without a lock: `count` is raised
    only after the frames are written, and blocks never move in memory.
    """

    def __init__(self, scratch: Path | None = None) -> None:
        self._scratch = scratch
        self._file: IO[bytes] | None = None
        self._blocks: list[Frames] = []
        self._room = 0
        self.count = 0

    def prepare(self) -> None:
        """Reserve and touch the first pages now: it takes milliseconds, best spent while waiting.

        Raises `DeckFault` if the disk is full.
        """
        # `count` stays: a reader would take the zeros for frames that are decoded.
        self._reserve(_FIRST)
        self._blocks[0][:_FIRST] = 0

    def append(self, frames: Frames) -> None:
        """Add frames of shape (n, 2). Raises `DeckFault` if the disk is full."""
        at = 0
        while at < len(frames):
            block, inside = divmod(self.count, BLOCK)
            size = min(BLOCK - inside, len(frames) - at)
            self._reserve(self.count + size)
            self._blocks[block][inside : inside + size] = frames[at : at + size]
            self.count += size
            at += size

    def trim(self, count: int) -> None:
        """Drop the frames from `count` on. Only the appending thread may call this."""
        self.count = min(self.count, count)

    def read(self, start: int, size: int) -> Frames:
        """Up to `size` frames from `start`; fewer at the end of a block and of what is decoded.

        The array is a view into the file: the caller must not write to it.
        """
        size = min(size, self.count - start)
        if size <= 0 or start < 0:
            return _NOTHING
        block, inside = divmod(start, BLOCK)
        return self._blocks[block][inside : inside + size]

    def copy(self, start: int, size: int) -> Frames:
        """A copy of `size` frames from `start`, across blocks; zeros where there are none."""
        out: Frames = np.zeros((size, 2), dtype=np.int16)
        at = max(0, -start)
        while at < size and len(piece := self.read(start + at, size - at)):
            out[at : at + len(piece)] = piece
            at += len(piece)
        return out

    def close(self) -> None:
        """Close the file; what was appended stays readable while this object lives."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _reserve(self, count: int) -> None:
        try:
            self._make_room(count)
        except OSError as error:
            reason = error.strerror or "unknown reason"
            raise DeckFault(f"No room for the decoded sound: {reason}.") from error

    def _make_room(self, count: int) -> None:
        if self._file is None:
            # Kept open beyond this call, and unlinked, so that no crash leaves it behind.
            self._file = tempfile.TemporaryFile(prefix="takedeck-", dir=self._scratch)  # noqa: SIM115
        fd, size = self._file.fileno(), BLOCK * FRAME_BYTES
        if count > len(self._blocks) * BLOCK:
            offset = len(self._blocks) * size
            os.ftruncate(fd, offset + size)
            mapped = mmap.mmap(fd, size, offset=offset)
            self._blocks.append(np.frombuffer(mapped, dtype="<i2").reshape(-1, 2))
        while self._room < count * FRAME_BYTES:
            # Writing to a hole in a mapped file on a full disk would kill the process with SIGBUS.
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(fd, self._room, _ROOM)
            else:
                os.pwrite(fd, bytes(_ROOM), self._room)
            self._room += _ROOM


_NOTHING: Frames = np.zeros((0, 2), dtype=np.int16)
