"""A song's part as file bytes: MP3 of constant bit rate or WAV, made piece by piece.

The length of either is known before the first sample is made. LAME at a constant bit rate
writes ``ceil(frames / 1152) + 1`` MP3 frames and pads them so that the mean rate is exact.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files

from takedeck.simulator.songs.catalogue import RATE, Song

BIT_RATE = 192
"""kbit/s."""
_QUALITY = 5
_PER_FRAME = 1152
_ENCODER_DELAY = 576
_BASE, _FRACTION = divmod(_PER_FRAME // 8 * BIT_RATE * 1000, RATE)
_HEADER = b"\xff\xfb\xb0\x04"
"""MPEG-1 layer III, no checksum, 192 kbit/s, 44.1 kHz, no padding, stereo."""


def mp3_frames(samples: int) -> int:
    """Return how many MP3 frames LAME makes of that many samples a channel."""
    return -(-samples // _PER_FRAME) + 1


def mp3_size(frames: int) -> int:
    """Return the bytes of that many MP3 frames, padding included.

    LAME's rule (``lame_encode_mp3_frame``): the first frame is padded, and each later one
    whose fraction runs over.
    """
    lag, padded = _FRACTION, 0
    for _ in range(frames):
        lag -= _FRACTION
        if lag < 0:
            lag += RATE
            padded += 1
    return frames * _BASE + padded


@lru_cache(maxsize=64)
def size(song: Song) -> int:
    """Return the bytes of any part of that song."""
    if song.extension == "wav":
        return 44 + 4 * song.frames
    return mp3_size(mp3_frames(song.frames)) + (_BASE if song.tagged else 0)


def info_frame(samples: int) -> bytes:
    """Return the Info frame that tells a player where the music begins and ends.

    Layout: Gabriel Bouvigne's "Mp3 info tag specifications", revision 1. The checksum of the
    music stays 0: it is not known while the file is being made.
    """
    frames = mp3_frames(samples)
    total = mp3_size(frames) + _BASE
    padding = frames * _PER_FRAME - _ENCODER_DELAY - samples
    body = b"Info" + struct.pack(">III", 0b1111, frames, total)
    body += bytes(i * 255 // 99 for i in range(100)) + struct.pack(">I", 50)
    body += b"LAME3.100" + bytes([0x01, 190]) + bytes(8) + bytes([0, BIT_RATE])
    body += (_ENCODER_DELAY << 12 | padding).to_bytes(3, "big") + bytes(4)
    body += struct.pack(">I", total) + bytes(2)
    frame = _HEADER + bytes(32) + body
    frame += struct.pack(">H", _crc16(frame))
    return frame.ljust(_BASE, b"\0")


def _crc16(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def wav_header(samples: int) -> bytes:
    """Return the 44 bytes before 16-bit stereo samples."""
    data = 4 * samples
    fmt = struct.pack("<IHHIIHH", 16, 1, 2, RATE, RATE * 4, 4, 16)
    return (
        b"RIFF"
        + struct.pack("<I", 36 + data)
        + b"WAVEfmt "
        + fmt
        + b"data"
        + struct.pack("<I", data)
    )


def chunks(song: Song, part: str) -> Iterator[bytes]:
    """Yield the file of a part (``master`` or a stem), a bit less than a second at a time."""
    from takedeck.simulator.songs.render import blocks

    if song.extension == "wav":
        yield wav_header(song.frames)
        for block in blocks(song, part):
            yield block.astype("<i2").tobytes()
        return
    import lameenc

    encoder = lameenc.Encoder()
    encoder.set_bit_rate(BIT_RATE)
    encoder.set_in_sample_rate(RATE)
    encoder.set_channels(2)
    encoder.set_quality(_QUALITY)
    encoder.silence()
    if song.tagged:
        yield info_frame(song.frames)
    for block in blocks(song, part):
        yield bytes(encoder.encode(block.tobytes()))
    yield bytes(encoder.flush())


@lru_cache(maxsize=1)
def _definition() -> bytes:
    total = hashlib.sha256(f"{version('numpy')} {version('lameenc')}".encode())
    sources = [files("takedeck.simulator") / "encode.py"]
    sources += files("takedeck.simulator.songs").iterdir()
    for source in sorted(sources, key=lambda entry: entry.name):
        if source.name.endswith(".py"):
            total.update(source.read_bytes())
    return total.digest()


@lru_cache(maxsize=256)
def digest(song: Song, part: str) -> str:
    """Return what names the bytes of a part: other synthesis, other libraries, another name."""
    return hashlib.sha256(_definition() + f"{song.key}/{part}".encode()).hexdigest()[:32]


def file_name(song: Song, part: str) -> str:
    """Return the part's name in the cache folder."""
    return f"{digest(song, part)}.{song.extension}"
