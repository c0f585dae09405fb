"""Sound files, and every way to spoil one."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.deck.rig import RATE, mp3, noise, write_wav

Spoil = Callable[[bytes, random.Random], bytes]
_FFMPEG: Final = {"a.flac": (), "a.ogg": (), "a.m4a": ("-c:a", "aac"), "tagged.mp3": ("-q:a", "4")}


def sound(folder: Path) -> dict[str, bytes]:
    """A second and a half of noise in every format that takedeck knows and this machine makes."""
    frames = noise(RATE * 3 // 2)
    wav = write_wav(folder / "a.wav", frames)
    files = {"wav": wav.read_bytes(), "mp3": mp3(frames), "id3": _tag(300) + mp3(frames)}
    if ffmpeg := shutil.which("ffmpeg"):
        for name, options in _FFMPEG.items():
            command = [ffmpeg, "-v", "error", "-i", str(wav), *options, str(folder / name)]
            subprocess.run(command, check=True)
            files[name] = (folder / name).read_bytes()
    return files


def _flip(data: bytes, dice: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(dice.choice((1, 8, 200))):
        out[dice.randrange(len(out))] ^= 1 << dice.randrange(8)
    return bytes(out)


def _flip_head(data: bytes, dice: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(dice.randint(1, 6)):
        out[dice.randrange(min(200, len(out)))] = dice.randrange(256)
    return bytes(out)


def _cut(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.choice((dice.randrange(len(data)), dice.randrange(100)))]


def _behead(data: bytes, dice: random.Random) -> bytes:
    return data[dice.randrange(1, len(data)) :]


def _hole(data: bytes, dice: random.Random) -> bytes:
    at, size = dice.randrange(len(data)), dice.randrange(1, len(data))
    fill = dice.choice((b"\x00", b"\xff", b""))
    return data[:at] + fill * size + data[at + size :]


def _repeat(data: bytes, dice: random.Random) -> bytes:
    first, last = sorted(dice.randrange(len(data)) for _ in range(2))
    return data[:last] + data[first:last] * dice.randint(1, 3) + data[last:]


def _huge_field(data: bytes, dice: random.Random) -> bytes:
    """A length, a rate or a count of the head that claims a day, nothing, or all there is."""
    out = bytearray(data)
    at = dice.randrange(4, min(80, len(out) - 8))
    value = dice.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 24 * 3600 * RATE, 255, 0xFFFF))
    size = dice.choice((2, 4, 8))
    order = dice.choice(("little", "big"))
    out[at : at + size] = (value & (1 << size * 8) - 1).to_bytes(size, order)
    return bytes(out)


def _wav_head(data: bytes, dice: random.Random) -> bytes:
    """A WAV file with channels, rate, bits and lengths that are not its own."""
    channels = dice.choice((0, 1, 2, 3, 255, 65535))
    rate = dice.choice((0, 1, 999, 8000, 44100, 384_000, 384_001, 0xFFFFFFFF))
    bits = dice.choice((0, 1, 8, 16, 24, 32, 64, 65535))
    size = dice.choice((0, len(data), 0xF0000000, 0xFFFFFFFE, 0xFFFFFFFF))
    block = dice.choice((0, 1, 4, 65535))
    kind = dice.choice((1, 3, 0xFFFE, 17))
    parts = (b"RIFF", size.to_bytes(4, "little"), b"WAVEfmt ", (16).to_bytes(4, "little"))
    parts += tuple(number.to_bytes(2, "little") for number in (kind, channels))
    parts += tuple(number.to_bytes(4, "little") for number in (rate, rate * 4 & 0xFFFFFFFF))
    parts += tuple(number.to_bytes(2, "little") for number in (block, bits))
    return b"".join((*parts, b"data", size.to_bytes(4, "little"), data[44:]))


def _no_sound(_: bytes, dice: random.Random) -> bytes:
    heads = (b"", b"RIFF0000WAVE", b"fLaC", b"OggS", b"ID3", b"\xff\xfb\x90\x04", b"<html><body>")
    heads += (b'{"error": "no"}', b"\0\0\0\x20ftypM4A ", b"\xff\xf1\x50\x80", b"\x89PNG\r\n\x1a\n")
    return dice.choice(heads) + dice.choice((dice.randbytes(dice.randrange(3_000)), b""))


def _splice(data: bytes, dice: random.Random) -> bytes:
    return (
        data[: dice.randrange(len(data))] + _no_sound(data, dice) + data[-dice.randrange(9_000) :]
    )


def _tag(size: int, claimed: int | None = None) -> bytes:
    """An ID3v2 tag of zeros."""
    told = size if claimed is None else claimed
    return (
        b"ID3\x04\x00\x00" + bytes(told >> shift & 0x7F for shift in (21, 14, 7, 0)) + bytes(size)
    )


def _huge_tag(data: bytes, dice: random.Random) -> bytes:
    claimed = dice.choice((100, 100_000, (1 << 28) - 1))
    return _tag(min(claimed, dice.choice((0, 50, 100_000))), claimed) + data


SPOILS: Final[tuple[Spoil, ...]] = (
    _flip, _flip_head, _flip_head, _cut, _behead, _hole, _repeat, _huge_field, _huge_field,
    _wav_head, _no_sound, _splice, _huge_tag,
)  # fmt: skip


def spoiled(files: dict[str, bytes], dice: random.Random) -> tuple[str, bytes]:
    """One of the files in one of the ways, and what was done in words."""
    name, spoil = dice.choice(sorted(files)), dice.choice(SPOILS)
    return f"{name} {spoil.__name__[1:]}", spoil(files[name], dice)
