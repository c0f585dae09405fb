"""A response's body: bounded, unpacked, and parsed as JSON that is safe to walk."""

from __future__ import annotations

import json
import math
import zlib
from typing import Any, Final, NoReturn

import httpx

from takedeck.errors import BadAnswer

LARGEST: Final = 8 * 1024 * 1024
DEEPEST: Final = 64
_CRUMB: Final = 64
_MOST_CRUMBS: Final = 4096
_MOST_DIGITS: Final = 308
_MOST_MEMBERS: Final = 64
_MOST_VALUES: Final = 500_000
_BEGINNINGS: Final = (b",", b"[", b"{")
_GZIP: Final = b"\x1f\x8b"


async def read_body(response: httpx.Response) -> bytes:
    """The body, unpacked, at most 8 MiB before and after; BadAnswer when it is more.

    Or when it comes in thousands of pieces under 64 bytes on average: each costs as much as a large
    one, and one-byte chunks would keep everything else waiting.

    The raw stream is counted and gzip undone here: httpx would unpack a small chunk into any
    size at once.
    """
    raw = bytearray()
    pieces = 0
    async for chunk in response.aiter_raw():
        raw += chunk
        pieces += 1
        if pieces > _MOST_CRUMBS and len(raw) < _CRUMB * pieces:
            raise BadAnswer(f"The answer comes in crumbs of less than {_CRUMB} bytes.")
        if len(raw) > LARGEST:
            raise BadAnswer("The answer is larger than 8 MiB.")
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    if packing in ("", "identity"):
        return bytes(raw)
    if packing not in ("gzip", "x-gzip"):
        raise BadAnswer("The answer is packed in a way that was not asked for.")
    return _unpacked(raw)


def _unpacked(raw: bytes | bytearray) -> bytes:
    """Of one gzip member, or of several that follow each other; what follows them is ignored."""
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
    """The JSON in it; BadAnswer for anything else, NaN, nesting deeper than 64, and a crowd.

    A number too large for a float stays as its text, so that it can be shown but not used.
    """
    # An empty list takes three bytes here, and seventy once it is read.
    if sum(map(body.count, _BEGINNINGS)) > _MOST_VALUES:
        raise BadAnswer(f"The answer holds more than {_MOST_VALUES:,} values.")
    try:
        value = json.loads(
            body, parse_constant=_no_constant, parse_float=_finite, parse_int=_countable
        )
    except (ValueError, RecursionError):
        value = _UNREADABLE
    if value is _UNREADABLE:
        raise BadAnswer(_guess(body))
    if _too_deep(value):
        raise BadAnswer(f"The answer is nested deeper than {DEEPEST} levels.")
    return value


_UNREADABLE: Final = object()


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float | str:
    value = float(text)
    return value if math.isfinite(value) else text[:40]


def _countable(text: str) -> int | str:
    # Python refuses to read, or to write, one of more than some thousand digits.
    return int(text) if len(text) <= _MOST_DIGITS else text[:40]


def _too_deep(value: Any) -> bool:
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
        return "The answer is empty where JSON was due."
    if start.startswith(b"<"):
        return "A web page came back where JSON was due: a sign-in page of the network, perhaps."
    return "The answer is not whole JSON."
