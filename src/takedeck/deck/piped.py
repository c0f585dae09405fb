"""A file through another process: its bytes go in as it grows, stereo frames come out."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import IO, Final

import numpy as np

from takedeck.deck.faults import Damaged, DeckFault
from takedeck.deck.pcm import Frames
from takedeck.deck.source import GrowingFile

STEP: Final = 22_050
"""Frames that are taken at once, at most."""

_PIECE: Final = 65_536
_FRAME: Final = 4
"""Bytes of a frame: 16 bits for each of two channels."""


def frames_from(command: Sequence[str], source: GrowingFile, damaged: str) -> Iterator[Frames]:
    """What the command, given the file, writes as 16-bit stereo; it ends with the iterator.

    Raises `Damaged` with that text where the command fails, `DeckFault` for the file's own fault,
    and `Closed` once it is unloaded.
    """
    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert child.stdin is not None  # noqa: S101 - they are pipes
    assert child.stdout is not None  # noqa: S101
    feeder = _Feeder(source, child.stdin)
    feeder.start()
    rest = b""
    try:
        while data := child.stdout.read1(STEP * _FRAME):  # type: ignore[attr-defined]
            rest += data
            whole = len(rest) // _FRAME * _FRAME
            if whole:
                yield np.frombuffer(rest[:whole], dtype="<i2").reshape(-1, 2)
            rest = rest[whole:]
        ended = child.wait()
    finally:
        child.kill()
        child.wait()
        feeder.join()
        child.stdout.close()
    if feeder.fault is not None:
        raise feeder.fault
    if ended:
        raise Damaged(damaged)


class _Feeder(threading.Thread):
    """Hands the file on as it grows; `fault` is what the file's end came from, if not from it."""

    def __init__(self, source: GrowingFile, out: IO[bytes]) -> None:
        super().__init__(name="feed-apart", daemon=True)
        self.fault: DeckFault | None = None
        self._source = source
        self._out = out

    def run(self) -> None:
        position = 0
        try:
            while data := self._source.read(position, _PIECE, whole=False):
                self._out.write(data)
                position += len(data)
        except DeckFault as fault:
            self.fault = fault
        except OSError:
            # The decoder has gone: its exit code tells.
            pass
        finally:
            with suppress(OSError):
                self._out.close()
