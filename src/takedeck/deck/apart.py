"""Vorbis to frames in a process of its own: on a damaged file its decoder corrupts memory.

Measured with miniaudio 1.71 (stb_vorbis): some changed bytes in the first 200 of an Ogg file end
the process with SIGABRT. What that kills here is one part and not the deck.
"""

from __future__ import annotations

import io
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, Final

import miniaudio
import numpy as np

from takedeck.deck.faults import DeckFault
from takedeck.deck.pcm import Frames
from takedeck.deck.source import GrowingFile

_STEP: Final = 22_050
_PIECE: Final = 65_536
_FRAME: Final = 4
"""Bytes of a frame: 16 bits for each of two channels."""


def decode_apart(source: GrowingFile, rate: int) -> Iterator[Frames]:
    """The file's frames at its own rate, while it grows.

    Raises `DeckFault` for a file that cannot be decoded, and `Closed` once it is unloaded.
    """
    # -P as for the deck itself: nothing is imported from the folder that the app started in.
    command = [sys.executable, "-P", "-m", __name__, str(rate)]
    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert child.stdin is not None  # noqa: S101 - they are pipes
    assert child.stdout is not None  # noqa: S101
    feeder = _Feeder(source, child.stdin)
    feeder.start()
    rest = b""
    try:
        while data := child.stdout.read1(_STEP * _FRAME):  # type: ignore[attr-defined]
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
        raise DeckFault("The file is damaged: decoding stopped. Mint a fresh link and try again.")


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


class _Piped(miniaudio.StreamableSource):
    """What came through a pipe, kept, so that the decoder can go back in it."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._kept = bytearray()
        self._position = 0

    def read(self, num_bytes: int) -> bytes:
        end = self._position + num_bytes
        while len(self._kept) < end and (data := self._pipe.read(end - len(self._kept))):
            self._kept += data
        piece = bytes(self._kept[self._position : end])
        self._position += len(piece)
        return piece

    def seek(self, offset: int, origin: miniaudio.SeekOrigin) -> bool:
        if origin is miniaudio.SeekOrigin.END:
            raise io.UnsupportedOperation("the end of a growing file is not known")
        self._position = offset + (self._position if origin is miniaudio.SeekOrigin.CURRENT else 0)
        return True


def _main(rate: int) -> int:
    source = _Piped(sys.stdin.buffer)
    try:
        for samples in miniaudio.stream_any(
            source, miniaudio.FileFormat.VORBIS, sample_rate=rate, frames_to_read=_STEP
        ):
            sys.stdout.buffer.write(samples.tobytes())
            sys.stdout.buffer.flush()
    except (miniaudio.MiniaudioError, OSError):
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main(int(sys.argv[1])))
