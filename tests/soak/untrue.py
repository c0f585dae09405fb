"""What a faulty proxy says in the place of a server, or makes of what the server said."""

from __future__ import annotations

import gzip
import itertools
import re
from collections.abc import Callable, Iterator
from typing import Final

_WAITS: Final = (b"-1", b"soon", b"1.5", b"inf", b"nan", b"", b"0", b"Wed, 21 Oct 2015 07:28 GMT")
"""None asks for more than ten seconds: that would be waited for, as it should."""


def _limited() -> Iterator[bytes]:
    for wait in itertools.cycle(_WAITS):
        yield b"HTTP/1.1 429 Slow\r\nRetry-After: %b\r\nContent-Length: 2\r\n\r\n{}" % wait


INSTEAD: Final[dict[str, Iterator[bytes]]] = {
    "closed": itertools.repeat(b""),
    "garbage": itertools.repeat(b"\x16\x03\x01\x02\x00 no HTTP at all\r\n\r\n"),
    "bad gateway": itertools.repeat(
        b"HTTP/1.1 502 Bad\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n<h1>"
    ),
    "portal": itertools.repeat(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\nSign in!\n"
    ),
    "limited": _limited(),
}
"""Whole answers; each next one is for the next request."""


def _half(answer: bytes) -> bytes:
    return answer[: len(answer) // 2]


def _without(fields: bytes, answer: bytes) -> bytes:
    head, end, body = answer.partition(b"\r\n\r\n")
    return re.sub(rb"(?i)\r\n(?:%b):[^\r]*" % fields, b"", head) + end + body


def _packed(answer: bytes) -> bytes:
    """What there is of the body as damaged gzip, with the length of that."""
    head, end, body = _without(b"content-length", answer).partition(b"\r\n\r\n")
    packed = gzip.compress(body)[:-9]
    more = b"\r\nContent-Encoding: gzip\r\nContent-Length: %d" % len(packed)
    return head + more + end + packed


_CHANGES: Final[dict[str, Callable[[bytes], bytes]]] = {
    "wrong range": _half,
    "packed": _packed,
    "no length": lambda answer: _half(_without(b"content-length", answer)),
    "no length nor tag": lambda answer: _half(_without(b"content-length|etag", answer)),
}
CHANGED: Final = tuple(_CHANGES)


def changed(kind: str, piece: bytes) -> bytes:
    """What becomes of a piece of an answer, the last that is heard on its connection."""
    return _CHANGES[kind](piece) if piece.startswith(b"HTTP/1.1 ") else _half(piece)


def asked(kind: str | None, request: bytes) -> bytes:
    """What the server is asked: with a wrong range it sends another piece, and says which."""
    if kind != "wrong range":
        return request
    return re.sub(rb"(?i)(\nrange: bytes=)\d+-", rb"\g<1>7-", request)
