"""Reads a response's body: limited in size, decompressed, and parsed as JSON of limited depth."""

from __future__ import annotations

import json
import math
import zlib
from typing import Any, Final, NoReturn

import httpx

from takedeck.errors import BadAnswer
from takedeck.http import TINY, in_tiny_pieces

LARGEST: Final = 8 * 1024 * 1024
"""Bytes of a body at most, before and after decompression."""

DEEPEST: Final = 64
_MOST_DIGITS: Final = 308
_MOST_MEMBERS: Final = 64
"""gzip members in one body."""

_MOST_VALUES: Final = 500_000
_VALUE_STARTS: Final = (b",", b"[", b"{")
_GZIP: Final = b"\x1f\x8b"


async def read_body(response: httpx.Response) -> bytes:
    """The body, decompressed.

    Raises `BadAnswer` if it is larger than 8 MiB, before or after decompression, if it arrives in
    tiny pieces (see `http.in_tiny_pieces`), or if its encoding is neither identity nor valid gzip.

    gzip is decompressed here, because httpx would expand a small chunk to any size at once.
    """
    raw = bytearray()
    pieces = 0
    async for chunk in response.aiter_raw():
        raw += chunk
        pieces += 1
        if in_tiny_pieces(pieces, len(raw)):
            raise BadAnswer(f"The answer comes in pieces of less than {TINY} bytes.")
        if len(raw) > LARGEST:
            raise BadAnswer("The answer is larger than 8 MiB.")
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    if packing in ("", "identity"):
        return bytes(raw)
    if packing not in ("gzip", "x-gzip"):
        raise BadAnswer("The answer is packed in a way that was not asked for.")
    return _unpacked(raw)


def _unpacked(raw: bytes | bytearray) -> bytes:
    """Decompress one gzip member or several in a row; anything after them is ignored."""
    body, rest = bytearray(), bytes(raw)
    for _ in range(_MOST_MEMBERS):
        unpacker = zlib.decompressobj(wbits=31)
        try:
            body += unpacker.decompress(rest, LARGEST + 1 - len(body))
        except zlib.error:
            break
        if len(body) > LARGEST:
            raise BadAnswer("The answer is larger than 8 MiB once unpacked.")
        if not unpacker.eof:
            break
        rest = unpacker.unused_data
        if not rest.startswith(_GZIP):
            return bytes(body)
    raise BadAnswer("The answer is packed as gzip and damaged.")


def parse(body: bytes) -> Any:
    """Parse JSON.

    Raises `BadAnswer` for anything that is not JSON, for NaN, nesting deeper than 64 levels, and
    more than 500,000 values. A number too large for a float stays text: it can be shown, but not
    used.
    """
    # An empty list takes three bytes of JSON, and seventy in memory.
    if sum(map(body.count, _VALUE_STARTS)) > _MOST_VALUES:
        raise BadAnswer(f"The answer holds more than {_MOST_VALUES:,} values.")
    try:
        value = json.loads(
            body, parse_constant=_no_constant, parse_float=_float_or_text, parse_int=_int_or_text
        )
    except (ValueError, RecursionError):
        value = _UNREADABLE
    if value is _UNREADABLE:
        raise BadAnswer(_guess(body))
    if _nested_too_deep(value):
        raise BadAnswer(f"The answer is nested deeper than {DEEPEST} levels.")
    return value


_UNREADABLE: Final = object()


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _float_or_text(text: str) -> float | str:
    value = float(text)
    return value if math.isfinite(value) else text[:40]


def _int_or_text(text: str) -> int | str:
    # Python refuses to convert integers of several thousand digits.
    return int(text) if len(text) <= _MOST_DIGITS else text[:40]


def _nested_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
        if not below:
            return False
        level = below
    return True


def _guess(body: bytes) -> str:
    start = body[:64].lstrip().lower()
    if not start:
        return "The answer is empty."
    if start.startswith(b"<"):
        return "The answer is a web page, not JSON: perhaps a sign-in page of the network."
    return "The answer is not whole JSON."
