"""Decodes Vorbis in its own process, because its decoder corrupts memory on a damaged file.

Measured with miniaudio 1.71 (stb_vorbis): some changed bytes in the first 200 of an Ogg file end
the process with SIGABRT. This way only one part is lost, and not the deck.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from typing import IO, Final

import miniaudio

from takedeck.deck.decoding.child import STEP, frames_from
from takedeck.deck.decoding.growing_file import GrowingFile
from takedeck.deck.pcm import Frames

_DAMAGED: Final = "The file is damaged: decoding stopped. Fetch it again."


def decode_apart(source: GrowingFile, rate: int) -> Iterator[Frames]:
    """The file's frames at its own sample rate, while it is being downloaded.

    Raises `Damaged` if the file cannot be decoded, `DeckFault` if it cannot be read, and `Closed`
    once the part is unloaded.
    """
    # -P as for the deck itself: import nothing from the folder that the app was started in.
    command = [sys.executable, "-P", "-m", __name__, str(rate)]
    return frames_from(command, source, _DAMAGED)


class _Piped(miniaudio.StreamableSource):
    """A pipe's data, kept in memory so that the decoder can seek back."""

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
            source, miniaudio.FileFormat.VORBIS, sample_rate=rate, frames_to_read=STEP
        ):
            sys.stdout.buffer.write(samples.tobytes())
            sys.stdout.buffer.flush()
    except (miniaudio.MiniaudioError, OSError):
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main(int(sys.argv[1])))
