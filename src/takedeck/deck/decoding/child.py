"""A file through a decoder in another process: bytes go in as it grows, what it makes comes out.

Every such process is started here: with the limits of `confined`, in an environment of what it
needs, and so that it outlives neither its part nor the deck, however they end.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import numpy as np

from takedeck.deck.decoding.growing_file import GrowingFile
from takedeck.deck.faults import Damaged, DeckFault
from takedeck.deck.pcm import Frames

STEP: Final = 22_050
"""Frames that are taken at once, at most."""

STALLED: Final = 20.0
"""Seconds in which a decoder that has something to do must write something."""

_PIECE: Final = 65_536
_FRAME: Final = 4
"""Bytes of a frame: 16 bits for each of two channels."""

_LOOK: Final = 0.25
_ENDING: Final = 5.0
"""Seconds that a decoder which has closed its output has left to end."""

_NEEDED: Final = ("PATH", "LD_LIBRARY_PATH", "TMPDIR", "PYTHONHOME", "PYTHONPATH")
_CONFINED: Final = str(Path(__file__).with_name("confined.py"))


def frames_from(command: Sequence[str], source: GrowingFile, damaged: str) -> Iterator[Frames]:
    """What the command, given the file, writes as 16-bit stereo; it ends with the iterator.

    Raises `Damaged` with that text where the command fails or stands still, `DeckFault` for the
    file's own fault, and `Closed` once it is unloaded.
    """
    rest = b""
    with _Child(command, source) as child:
        for data in child.pieces(STEP * _FRAME, damaged):
            rest += data
            whole = len(rest) // _FRAME * _FRAME
            if whole:
                yield np.frombuffer(rest[:whole], dtype="<i2").reshape(-1, 2)
            rest = rest[whole:]
    child.verdict(damaged)


def words_from(
    command: Sequence[str], source: GrowingFile, damaged: str, *, most: int, seconds: float
) -> bytes:
    """What the command, given the file, says of it; raises as `frames_from` does.

    More than `most` bytes, or longer than `seconds`, is a damaged file too.
    """
    end, words = time.monotonic() + seconds, b""
    with _Child(command, source) as child:
        for data in child.pieces(most, damaged, end=end):
            words += data
            if len(words) > most:
                raise Damaged(damaged)
    child.verdict(damaged)
    return words


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    # A thread for each core would only reserve memory, of which there is a limit.
    return {name: environ[name] for name in _NEEDED if name in environ} | {
        "OPENBLAS_NUM_THREADS": "1"
    }


class _Child:
    """The process, from the beginning of the block to its end at the latest."""

    def __init__(self, command: Sequence[str], source: GrowingFile) -> None:
        self._source = source
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", _CONFINED, str(os.getpid()), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env=_environment(os.environ),
        )
        assert self._process.stdin is not None  # noqa: S101 - they are pipes
        assert self._process.stdout is not None  # noqa: S101
        self._out = self._process.stdout
        self._feeder = _Feeder(source, self._process.stdin)
        self._feeder.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._feeder.join()
        self._out.close()

    def pieces(self, most: int, damaged: str, *, end: float | None = None) -> Iterator[bytes]:
        """What it writes, as it comes, until it closes its output; then its exit code is known.

        Raises `DeckFault` if it stands still or is at it past `end`, and `Closed`.
        """
        ready = select.poll()
        ready.register(self._out, select.POLLIN | select.POLLHUP)
        since = time.monotonic()
        while True:
            self._source.wait(0)
            if ready.poll(1000 * _LOOK):
                data = os.read(self._out.fileno(), most)
                if not data:
                    break
                yield data
                # What whoever takes it needs is no time of the decoder's.
                since = time.monotonic()
            elif self._feeder.waiting:
                since = time.monotonic()
            if time.monotonic() > min(since + STALLED, end or since + STALLED):
                raise Damaged(damaged)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_ENDING)

    def verdict(self, damaged: str) -> None:
        """Raise what was wrong with the file or the process that has ended."""
        if self._feeder.fault is not None:
            raise self._feeder.fault
        if self._process.returncode:
            raise Damaged(damaged)


class _Feeder(threading.Thread):
    """Hands the file on as it grows; `fault` is what the file's end came from, if not from it."""

    def __init__(self, source: GrowingFile, out: IO[bytes]) -> None:
        super().__init__(name="feed-apart", daemon=True)
        self.fault: DeckFault | None = None
        self.waiting = True
        """For the download: the decoder has nothing to do."""
        self._source = source
        self._out = out

    def run(self) -> None:
        position = 0
        try:
            while data := self._source.read(position, _PIECE, whole=False):
                self.waiting = False
                position += self._out.write(data)
                self.waiting = True
        except DeckFault as fault:
            self.fault = fault
        except OSError:
            # The decoder has gone: its exit code tells.
            pass
        finally:
            self.waiting = False
            with suppress(OSError):
                self._out.close()
