"""What miniaudio cannot decode (AAC, M4A, Opus), through pydub and ffmpeg, once it is whole."""

from __future__ import annotations

import io
import shutil
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from takedeck.deck.faults import DeckFault
from takedeck.deck.pcm import Frames
from takedeck.deck.source import WHOLE, GrowingFile

LARGEST = 256 << 20
"""Bytes of a file that are handed to ffmpeg at most: the decoder holds all of it in memory."""

_STEP = 65_536


LONGEST = 1800
"""Seconds that are decoded at most, for the same reason."""


def decode_foreign(source: GrowingFile, container: str) -> tuple[int, Iterator[Frames]]:
    """The file's rate and its frames. Waits for the whole file.

    `container` is ffmpeg's name of the format: left to guess, ffmpeg would take a playlist in the
    file for one, and open what it names.

    Raises `DeckFault` without ffmpeg, for a file too large, and for one that ffmpeg refuses.
    """
    if shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None:
        raise DeckFault(
            "This format (AAC, M4A or Opus) needs ffmpeg: install it and open it again."
        )
    size = source.wait(WHOLE)
    if size > LARGEST:
        raise DeckFault(f"The file is larger than {LARGEST >> 20} MiB; ask for MP3, FLAC or WAV.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from pydub.audio_segment import AudioSegment
            from pydub.exceptions import CouldntDecodeError
        except ImportError as error:
            raise DeckFault("This format needs pydub (and audioop-lts): install them.") from error
    read: Any = AudioSegment.from_file
    try:
        segment = read(
            io.BytesIO(source.read(0, size)),
            format=container,
            parameters=["-ac", "2", "-t", str(LONGEST)],
        )
    except (CouldntDecodeError, IndexError, KeyError) as error:
        raise DeckFault("ffmpeg cannot decode the file: it is damaged or not audio.") from error
    segment = segment.set_sample_width(2).set_channels(2)
    frames = np.frombuffer(segment.raw_data, dtype="<i2").reshape(-1, 2)
    return segment.frame_rate, _steps(source, frames)


def _steps(source: GrowingFile, frames: Frames) -> Iterator[Frames]:
    for at in range(0, len(frames), _STEP):
        source.wait(0)
        yield frames[at : at + _STEP]
