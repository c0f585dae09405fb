"""What miniaudio cannot decode (AAC, M4A, Opus), through ffmpeg, once it is whole."""

from __future__ import annotations

import json
import math
import os.path
import shutil
from collections.abc import Iterator
from typing import Final

from takedeck.deck.decoding.child import frames_from, words_from
from takedeck.deck.decoding.growing_file import WHOLE, GrowingFile
from takedeck.deck.decoding.probe import HIGHEST, LOWEST
from takedeck.deck.faults import Damaged, DeckFault
from takedeck.deck.pcm import Frames

LARGEST: Final = 256 << 20
"""Bytes of a file that are handed to ffmpeg at most: it keeps all of it in a file of its own."""

_DAMAGED: Final = "ffmpeg cannot decode the file: it is damaged or not audio."
_MOST_WORDS: Final = 1 << 16
_PROBING: Final = 20.0


def decode_foreign(source: GrowingFile, container: str) -> tuple[int, int | None, Iterator[Frames]]:
    """The file's rate, how many frames its head claims, and its frames. Waits for the whole file.

    `container` is ffmpeg's name of the format: left to guess, ffmpeg would take a playlist in the
    file for one, and open what it names.

    Raises `DeckFault` without ffmpeg, for a file too large, and for one that ffmpeg refuses.
    """
    ffmpeg, ffprobe = shutil.which("ffmpeg"), shutil.which("ffprobe")
    if ffmpeg is None or ffprobe is None:
        raise DeckFault(
            "This format (AAC, M4A or Opus) needs ffmpeg: install it and open it again."
        )
    size = source.wait(WHOLE)
    if size > LARGEST:
        raise DeckFault(f"The file is larger than {LARGEST >> 20} MiB; ask for MP3, FLAC or WAV.")
    # Neither may take anything for its input but the pipe, whatever the file says. Without the
    # limit on reading ahead ffmpeg 5.1 loses the end of what it looked for from there.
    given = [
        "-protocol_whitelist", "cache,pipe", "-f", container,
        "-read_ahead_limit", "-1", "-i", "cache:pipe:0",
    ]  # fmt: skip
    asked = ["-select_streams", "a:0", "-show_entries", "stream=sample_rate,channels,duration"]
    command = [os.path.abspath(ffprobe), "-v", "error", *given, *asked, "-of", "json"]
    rate, channels, seconds = _facts(
        words_from(command, source, _DAMAGED, most=_MOST_WORDS, seconds=_PROBING)
    )
    # Only this one says it in its head; of the others ffprobe guesses it from the bit rate.
    claimed = round(seconds * rate) or None if container == "mp4" else None
    # Not pydub's own reading: it holds the decoded sound several times over, and no limit that is
    # given to it reaches ffmpeg (pydub 0.25.1 puts `parameters` behind the last output).
    # Left to itself, ffmpeg gives each side of a mono file 3 dB less than there is.
    stereo = ["-af", "pan=stereo|c0=c0|c1=c0"] if channels == 1 else ["-ac", "2"]
    made = ["-map", "0:a:0", *stereo, "-ar", f"{rate}", "-f", "s16le", "-"]
    command = [os.path.abspath(ffmpeg), "-v", "error", *given, *made]
    return rate, claimed, frames_from(command, source, _DAMAGED)


def _facts(words: bytes) -> tuple[int, int, float]:
    """The rate and channels of the first audio in a file, and the seconds it claims, or 0."""
    try:
        found = json.loads(words)["streams"][0]
        rate, channels = int(found["sample_rate"]), int(found["channels"])
        seconds = float(found.get("duration", 0))
    except (LookupError, TypeError, ValueError, RecursionError) as error:
        raise Damaged(_DAMAGED) from error
    if not (LOWEST <= rate <= HIGHEST and math.isfinite(seconds)):
        raise Damaged(_DAMAGED)
    return rate, channels, seconds
