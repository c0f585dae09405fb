"""Decodes AAC, M4A and Opus, which miniaudio cannot, with ffmpeg, once the file is complete."""

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
"""The largest file in bytes given to ffmpeg, which caches all of it in a file of its own."""

_DAMAGED: Final = "ffmpeg cannot decode the file: it is damaged or not audio."
_MOST_OUTPUT: Final = 1 << 16
_PROBE_SECONDS: Final = 20.0


def decode_foreign(source: GrowingFile, container: str) -> tuple[int, int | None, Iterator[Frames]]:
    """The file's sample rate, the number of frames its header claims, and its frames.

    Blocks until the file is complete. `container` is ffmpeg's name of the format: left to guess,
    ffmpeg would accept a playlist and open the files it names.

    Raises `DeckFault` if ffmpeg is missing or the file is too large, `Damaged` if ffmpeg refuses
    it, and `Closed` once the part is unloaded.
    """
    ffmpeg, ffprobe = shutil.which("ffmpeg"), shutil.which("ffprobe")
    if ffmpeg is None or ffprobe is None:
        raise DeckFault(
            "This format (AAC, M4A or Opus) needs ffmpeg: install it and open it again."
        )
    size = source.wait(WHOLE)
    if size > LARGEST:
        raise DeckFault(f"The file is larger than {LARGEST >> 20} MiB; ask for MP3, FLAC or WAV.")
    # Neither tool may open anything but the pipe, whatever the file says. Without an unlimited
    # read-ahead, ffmpeg 5.1 loses data near the end of the file when it seeks back from there.
    given = [
        "-protocol_whitelist", "cache,pipe", "-f", container,
        "-read_ahead_limit", "-1", "-i", "cache:pipe:0",
    ]  # fmt: skip
    asked = ["-select_streams", "a:0", "-show_entries", "stream=sample_rate,channels,duration"]
    command = [os.path.abspath(ffprobe), "-v", "error", *given, *asked, "-of", "json"]
    rate, channels, seconds = _parse_ffprobe(
        words_from(command, source, _DAMAGED, most=_MOST_OUTPUT, seconds=_PROBE_SECONDS)
    )
    # Only MP4 states the length in its header; for others ffprobe guesses it from the bit rate.
    claimed = round(seconds * rate) or None if container == "mp4" else None
    # pydub's reader is not used: it holds several copies of the decoded sound in memory, and limits
    # passed to it do not reach ffmpeg (pydub 0.25.1 puts `parameters` after the last output).
    # By default, ffmpeg lowers a mono file by 3 dB when it makes it stereo; `pan` does not.
    stereo = ["-af", "pan=stereo|c0=c0|c1=c0"] if channels == 1 else ["-ac", "2"]
    made = ["-map", "0:a:0", *stereo, "-ar", f"{rate}", "-f", "s16le", "-"]
    command = [os.path.abspath(ffmpeg), "-v", "error", *given, *made]
    return rate, claimed, frames_from(command, source, _DAMAGED)


def _parse_ffprobe(words: bytes) -> tuple[int, int, float]:
    """The first audio stream's sample rate, channels and claimed length in seconds (0 if none)."""
    try:
        found = json.loads(words)["streams"][0]
        rate, channels = int(found["sample_rate"]), int(found["channels"])
        seconds = float(found.get("duration", 0))
    except (LookupError, TypeError, ValueError, RecursionError) as error:
        raise Damaged(_DAMAGED) from error
    if not (LOWEST <= rate <= HIGHEST and math.isfinite(seconds)):
        raise Damaged(_DAMAGED)
    return rate, channels, seconds
