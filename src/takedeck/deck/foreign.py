"""What miniaudio cannot decode (AAC, M4A, Opus), through pydub and ffmpeg, once it is whole."""

from __future__ import annotations

import io
import math
import shutil
import warnings
from collections.abc import Iterator
from typing import Any, Final

from takedeck.deck.faults import Damaged, DeckFault
from takedeck.deck.pcm import Frames
from takedeck.deck.piped import frames_from
from takedeck.deck.probe import HIGHEST, LOWEST
from takedeck.deck.source import WHOLE, GrowingFile

LARGEST: Final = 256 << 20
"""Bytes of a file that are handed to ffmpeg at most: pydub holds all of it in memory."""

_DAMAGED: Final = "ffmpeg cannot decode the file: it is damaged or not audio."


def decode_foreign(source: GrowingFile, container: str) -> tuple[int, int | None, Iterator[Frames]]:
    """The file's rate, how many frames its head claims, and its frames. Waits for the whole file.

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
    rate, seconds = _facts(source.read(0, size))
    # Only this one says it in its head; of the others ffprobe guesses it from the bit rate.
    claimed = round(seconds * rate) or None if container == "mp4" else None
    # Not pydub's own reading: it holds the decoded sound several times over, and no limit that is
    # given to it reaches ffmpeg (pydub 0.25.1 puts `parameters` behind the last output). Its
    # read_ahead_limit stays: without it ffmpeg 5.1 loses the end of what it looked for from there.
    command = [
        "ffmpeg", "-v", "error", "-protocol_whitelist", "cache,pipe", "-f", container,
        "-read_ahead_limit", "-1", "-i", "cache:pipe:0",
        "-map", "0:a:0", "-ac", "2", "-ar", f"{rate}", "-f", "s16le", "-",
    ]  # fmt: skip
    return rate, claimed, frames_from(command, source, _DAMAGED)


def _facts(data: bytes) -> tuple[int, float]:
    """The rate of the first audio in a file, and how many seconds it is said to have, or 0."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from pydub.utils import mediainfo_json
        except ImportError as error:
            raise DeckFault("This format needs pydub (and audioop-lts): install them.") from error
    read: Any = mediainfo_json
    try:
        streams = read(io.BytesIO(data))["streams"]
        found = next(stream for stream in streams if stream["codec_type"] == "audio")
        rate, seconds = int(found["sample_rate"]), float(found.get("duration", 0))
    except (LookupError, StopIteration, ValueError) as error:
        raise Damaged(_DAMAGED) from error
    if not (LOWEST <= rate <= HIGHEST and math.isfinite(seconds)):
        raise Damaged(_DAMAGED)
    return rate, seconds
