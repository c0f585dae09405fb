"""Detects a file's format, sample rate and length from its first bytes.

Layouts: RIFF/WAVE, the FLAC STREAMINFO block (RFC 9639, 8.2), the Vorbis I identification header
(4.2.2), the MPEG audio frame header (ISO/IEC 11172-3, 2.4.1.3) and the Xing/Info tag LAME writes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from takedeck.deck.faults import NotAudio

Kind = Literal["mp3", "flac", "wav", "vorbis", "foreign"]
Peek = Callable[[int, int], bytes]

ENCODER_DELAY = 1105
"""Frames of silence at the start of an MP3: 576 from the LAME encoder, 529 from any decoder."""

_V1_KBPS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_V2_KBPS = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES = (44100, 48000, 32000)
LOWEST, HIGHEST = 1000, 384_000
"""The range of plausible sample rates in Hz."""

_SEARCH = 1 << 16
"""How many bytes to search for the first MPEG frame."""


@dataclass(frozen=True, slots=True)
class Format:
    """What the header says: `rate` in Hz (0 if only ffmpeg can tell), the audio's `start` in bytes.

    `frames` is the exact length if the file states it; otherwise `bytes_per_second` allows an
    estimate. The first `skip` frames are the encoder's delay, not part of the song. `container` is
    ffmpeg's name of the format, for a file that only ffmpeg can decode (`foreign`).
    """

    kind: Kind
    rate: int
    frames: int | None = None
    bytes_per_second: float | None = None
    start: int = 0
    skip: int = 0
    container: str = ""

    def estimate(self, size: int) -> int | None:
        """Frames in a file of `size` bytes at a constant bit rate; None if that is unknown."""
        if not self.bytes_per_second:
            return None
        frames = round((size - self.start) / self.bytes_per_second * self.rate)
        return max(0, frames - self.skip)


def probe(peek: Peek) -> Format:
    """Detect the format; `peek(offset, size)` reads the file, fewer bytes at its end.

    Raises `NotAudio` if the format is unknown or its header is broken.
    """
    head = peek(0, 16)
    if not head:
        raise NotAudio("The file is empty. Fetch it again.")
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return _wav(peek)
    if head[:4] == b"fLaC":
        return _flac(peek)
    if head[:4] == b"OggS":
        return _ogg(peek)
    if head[4:8] == b"ftyp":
        return Format("foreign", 0, container="mp4")
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return Format("foreign", 0, container="aac")
    found = _mp3(peek)
    if found is None:
        raise NotAudio("The file is not audio that takedeck knows (MP3, FLAC, WAV, Ogg, AAC).")
    return found


def _wav(peek: Peek) -> Format:
    offset, rate, block = 12, 0, 0
    for _ in range(64):
        head = peek(offset, 8)
        if len(head) < 8:
            break
        size = int.from_bytes(head[4:8], "little")
        if head[:4] == b"fmt ":
            body = peek(offset + 8, 16)
            rate = int.from_bytes(body[4:8], "little")
            block = int.from_bytes(body[12:14], "little")
        if head[:4] == b"data" and LOWEST <= rate <= HIGHEST and block:
            known = size // block if 0 < size < 0xFFFFFFFF else None
            return Format("wav", rate, known, float(rate * block), offset + 8)
        offset += 8 + size + (size & 1)
    raise NotAudio("The WAV file has no sound in it, or is damaged at its start.")


def _flac(peek: Peek) -> Format:
    info = peek(8, 18)
    rate = int.from_bytes(info[10:13], "big") >> 4
    frames = int.from_bytes(info[13:18], "big") & ((1 << 36) - 1)
    if not LOWEST <= rate <= HIGHEST:
        raise NotAudio("The FLAC file is damaged at its start.")
    return Format("flac", rate, frames or None)


def _ogg(peek: Peek) -> Format:
    head = peek(0, 128)
    at = head.find(b"\x01vorbis")
    if at < 0:
        return Format("foreign", 0, container="ogg")
    if head[at + 11] > 2:
        # Measured with miniaudio 1.71: six channels come out at a fifteenth of their level.
        return Format("foreign", 0, container="ogg")
    rate = int.from_bytes(head[at + 12 : at + 16], "little")
    if not LOWEST <= rate <= HIGHEST:
        raise NotAudio("The Ogg file is damaged at its start.")
    nominal = int.from_bytes(head[at + 20 : at + 24], "little", signed=True)
    return Format("vorbis", rate, None, nominal / 8 if nominal > 0 else None)


@dataclass(frozen=True, slots=True)
class _Mpeg:
    rate: int
    bytes_per_second: float
    length: int
    samples: int
    side: int


def _header(raw: bytes) -> _Mpeg | None:
    if len(raw) < 4 or raw[0] != 0xFF or raw[1] & 0xE0 != 0xE0:
        return None
    version, layer = raw[1] >> 3 & 3, raw[1] >> 1 & 3
    bit_rate, rate = raw[2] >> 4, raw[2] >> 2 & 3
    if version == 1 or layer != 1 or bit_rate in (0, 15) or rate == 3:
        return None
    first = version == 3
    kbps = (_V1_KBPS if first else _V2_KBPS)[bit_rate]
    hertz = _RATES[rate] // {3: 1, 2: 2, 0: 4}[version]
    samples = 1152 if first else 576
    length = samples * kbps * 125 // hertz + (raw[2] >> 1 & 1)
    mono = raw[3] >> 6 == 3
    side = (17 if mono else 32) if first else (9 if mono else 17)
    return _Mpeg(hertz, kbps * 125.0, length, samples, side)


def _mp3(peek: Peek) -> Format | None:
    start = 0
    while (tag := peek(start, 10))[:3] == b"ID3" and len(tag) == 10:
        size = tag[6] << 21 | tag[7] << 14 | tag[8] << 7 | tag[9]
        start += 10 + size + (10 if tag[5] & 0x10 else 0)
    block = peek(start, 4096)
    if not block:
        return None
    for at in range(_SEARCH):
        if at + 4 > len(block) and (
            at >= _SEARCH - 4 or len(block := peek(start, _SEARCH)) < at + 4
        ):
            return None
        frame = _header(block[at : at + 4])
        if frame and (following := peek(start + at + frame.length, 4)) is not None:
            if len(following) == 4 and _header(following) is None:
                continue
            return _mpeg_format(frame, peek(start + at, 4 + frame.side + 160), start + at)
    return None


def _mpeg_format(frame: _Mpeg, raw: bytes, start: int) -> Format:
    tag = raw[4 + frame.side :]
    if tag[:4] not in (b"Xing", b"Info"):
        return Format("mp3", frame.rate, None, frame.bytes_per_second, start, ENCODER_DELAY)
    flags = int.from_bytes(tag[4:8], "big")
    if not flags & 1:
        return Format("mp3", frame.rate, None, frame.bytes_per_second, start)
    total = int.from_bytes(tag[8:12], "big") * frame.samples
    lame = tag[
        8 + 4 * (flags & 1) + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1) :
    ]
    if len(lame) >= 24 and lame[:4] in (b"LAME", b"Lavf", b"Lavc"):
        padding = int.from_bytes(lame[21:24], "big")
        total -= (padding >> 12) + (padding & 0xFFF)
    return Format("mp3", frame.rate, max(0, total), frame.bytes_per_second, start)
