"""What must not stand in what the other rooms are given: text that acts, URLs that leave https."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from takedeck.hosts import may_be_local
from takedeck.text import SignedUrl, Wire, safe_line

_MOST: Final = 200
"""Jobs of a page, stems, tracks: more than any screen can use."""


def wrong(value: Any, where: str = "it", *, loopback: bool) -> Iterator[str]:
    """What must not stand in an object that the other rooms are given."""
    if isinstance(value, SignedUrl):
        parts = urlsplit(value.reveal())
        local = loopback and parts.hostname in ("127.0.0.1", "localhost", "::1")
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            yield f"{where}: a URL that is not https"
        if may_be_local(parts.hostname or "") and not loopback:
            yield f"{where}: a URL to this machine or its network"
        if not parts.hostname or parts.username is not None:
            yield f"{where}: a URL without host or with a user"
    elif isinstance(value, str):
        yield from wrong_text(where, value)
    elif isinstance(value, tuple):
        if len(value) > _MOST:
            yield f"{where}: {len(value)} of them"
        for inner in value:
            yield from wrong(inner, where, loopback=loopback)
    elif is_dataclass(value) and not isinstance(value, Wire):
        for each in fields(value):
            inner = getattr(value, each.name)
            if not isinstance(inner, Wire):
                yield from wrong(inner, each.name, loopback=loopback)


def wrong_text(where: str, text: str) -> Iterator[str]:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        yield f"{where}: half a character"
    if any(not line.isprintable() and safe_line(line) != line for line in text.splitlines()):
        yield f"{where}: what a terminal would obey: {text[:60]!r}"
    if len(text) > 100_000:
        yield f"{where}: {len(text):,} characters"
