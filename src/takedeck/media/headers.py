"""Reads a storage's response headers: ETag, range, length, type and hash of the file."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_STRONG: Final = re.compile(r'"[\x21\x23-\x7e]{1,256}"')
_RANGE: Final = re.compile(r"bytes\s+(\d{1,15})-(\d{1,15})/(\d{1,15}|\*)", re.IGNORECASE)
_OUTSIDE: Final = re.compile(r"bytes\s+\*/(\d{1,15})", re.IGNORECASE)
_LENGTH: Final = re.compile(r"\d{1,15}")
_PAGES: Final = (
    "text/html", "text/xml", "application/xhtml", "application/json", "application/xml",
)  # fmt: skip
_DIGEST: Final = re.compile(r"(sha-256|md5)=:?([A-Za-z0-9+/]{20,44}={0,2}):?", re.IGNORECASE)
_SIZES: Final = {"sha-256": 32, "md5": 16}


@dataclass(frozen=True, slots=True)
class Span:
    """`Content-Range`: the first byte, the one after the last, and the total size in bytes."""

    start: int
    stop: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Digest:
    """The hash of the whole file; `algorithm` is a name that `hashlib` knows."""

    algorithm: str
    value: bytes


def strong_etag(headers: Mapping[str, str]) -> str | None:
    """The ETag if it is strong, as If-Range requires (RFC 9110, 8.8.3 and 13.1.5)."""
    etag = headers.get("etag", "").strip()
    return etag if _STRONG.fullmatch(etag) else None


def content_range(headers: Mapping[str, str]) -> Span | None:
    """The byte range in a 206; None if it is missing or invalid."""
    match = _RANGE.fullmatch(headers.get("content-range", "").strip())
    if match is None:
        return None
    start, stop = int(match[1]), int(match[2]) + 1
    total = None if match[3] == "*" else int(match[3])
    if stop <= start or (total is not None and stop > total):
        return None
    return Span(start, stop, total)


def size_outside(headers: Mapping[str, str]) -> int | None:
    """The total size stated by a 416, in bytes."""
    match = _OUTSIDE.fullmatch(headers.get("content-range", "").strip())
    return int(match[1]) if match else None


def content_length(headers: Mapping[str, str]) -> int | None:
    """The length of the body in bytes, or None.

    `Transfer-Encoding` overrides `Content-Length` (RFC 9112, 6.3).
    """
    if "transfer-encoding" in headers:
        return None
    text = headers.get("content-length", "").strip()
    return int(text) if _LENGTH.fullmatch(text) else None


def mime_type(headers: Mapping[str, str]) -> str | None:
    """`Content-Type` without its parameters, in lower case."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()[:80] or None


def is_page(headers: Mapping[str, str]) -> bool:
    """Whether the content type is text or a page rather than audio."""
    return (mime_type(headers) or "").startswith(_PAGES)


def whole_digest(headers: Mapping[str, str]) -> Digest | None:
    """The whole file's hash: `Repr-Digest` (RFC 9530), `Digest`, `x-goog-hash`, `Content-MD5`.

    Use it on a 200 only: in a 206, some of these cover just the range.
    """
    said = ", ".join(headers.get(name, "") for name in ("repr-digest", "digest", "x-goog-hash"))
    said += f", md5={headers.get('content-md5', '')}"
    found = [(match[1].lower(), _decoded(match[2])) for match in _DIGEST.finditer(said)]
    found.sort(key=lambda item: item[0] != "sha-256")
    return next(
        (
            Digest(name.replace("-", ""), value)
            for name, value in found
            if len(value) == _SIZES[name]
        ),
        None,
    )


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""
