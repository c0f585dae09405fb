"""Runs a decoder in a child process: the file's bytes go in as it grows, the output comes out.

Every decoder process is started here: with the limits of `confined`, a minimal environment, and
such that it ends with its part and with the deck, however these end.
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
from takedeck.deck.pcm import FRAME_BYTES, Frames

STEP: Final = 22_050
"""Frames decoded at once: few large steps, so that threads seldom compete for the interpreter."""

STALLED: Final = 20.0
"""A decoder that has input and writes nothing for this many seconds is killed."""

_READ_SIZE: Final = 65_536
_POLL_SECONDS: Final = 0.25
_EXIT_SECONDS: Final = 5.0
"""How long a decoder may take to exit after closing its output."""

_KEPT_VARIABLES: Final = ("PATH", "LD_LIBRARY_PATH", "TMPDIR", "PYTHONHOME", "PYTHONPATH")
_CONFINED: Final = str(Path(__file__).with_name("confined.py"))


def frames_from(command: Sequence[str], source: GrowingFile, damaged: str) -> Iterator[Frames]:
    """Feed the file to the command and yield its output, 16-bit stereo, as frames.

    The process is killed when the iterator is closed. Raises `Damaged` with the text `damaged` if
    the command fails or hangs, `DeckFault` if the file cannot be read, and `Closed` once the part
    is unloaded.
    """
    rest = b""
    with _Child(command, source) as child:
        for data in child.pieces(STEP * FRAME_BYTES, damaged):
            rest += data
            whole = len(rest) // FRAME_BYTES * FRAME_BYTES
            if whole:
                yield np.frombuffer(rest[:whole], dtype="<i2").reshape(-1, 2)
            rest = rest[whole:]
    child.verdict(damaged)


def words_from(
    command: Sequence[str], source: GrowingFile, damaged: str, *, most: int, seconds: float
) -> bytes:
    """Feed the file to the command and return what it prints; raises as `frames_from` does.

    Also raises `Damaged` if that is more than `most` bytes or takes longer than `seconds`.
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
    # By default OpenBLAS reserves memory for a thread per core, and memory is limited here.
    return {name: environ[name] for name in _KEPT_VARIABLES if name in environ} | {
        "OPENBLAS_NUM_THREADS": "1"
    }


class _Child:
    """The decoder's process; leaving the `with` block kills it."""

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
        """Its output as it arrives, until it closes it and exits.

        Raises `Damaged` if it hangs or is still running at `end` (monotonic seconds), and `Closed`
        once the part is unloaded.
        """
        ready = select.poll()
        ready.register(self._out, select.POLLIN | select.POLLHUP)
        since = time.monotonic()
        while True:
            self._source.wait(0)
            if ready.poll(1000 * _POLL_SECONDS):
                data = os.read(self._out.fileno(), most)
                if not data:
                    break
                yield data
                # The time the consumer took does not count against the decoder.
                since = time.monotonic()
            elif self._feeder.waiting:
                since = time.monotonic()
            if time.monotonic() > min(since + STALLED, end or since + STALLED):
                raise Damaged(damaged)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_EXIT_SECONDS)

    def verdict(self, damaged: str) -> None:
        """Raise the fault of the file or of the process that has exited, if there was one."""
        if self._feeder.fault is not None:
            raise self._feeder.fault
        if self._process.returncode:
            raise Damaged(damaged)


class _Feeder(threading.Thread):
    """Writes the growing file to the decoder; `fault` says why it could not be read to its end."""

    def __init__(self, source: GrowingFile, out: IO[bytes]) -> None:
        super().__init__(name="feed-apart", daemon=True)
        self.fault: DeckFault | None = None
        self.waiting = True
        """Waiting for the download: the decoder has no input to work on."""
        self._source = source
        self._out = out

    def run(self) -> None:
        position = 0
        try:
            while data := self._source.read(position, _READ_SIZE, whole=False):
                self.waiting = False
                position += self._out.write(data)
                self.waiting = True
        except DeckFault as fault:
            self.fault = fault
        except OSError:
            # The decoder has exited: its exit code is checked later.
            pass
        finally:
            self.waiting = False
            with suppress(OSError):
                self._out.close()
