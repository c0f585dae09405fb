"""Removes keys, signatures and URLs from text of unknown origin."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote, quote_plus, urlsplit

from takedeck.text import known_secrets

GONE: Final = "•••"
_SHORTEST_PIECE: Final = 6
"""Shorter words of a secret are not searched for on their own."""

_NAMED: Final = re.compile(r"(?i)key|token|secret|passw|credential|auth|cookie|signature")
"""Environment variables with such names hold secrets, whatever program they belong to."""

_ESCAPE: Final = re.compile(r"%[0-9A-F]{2}")
_URL: Final = re.compile(r"(?i)\b[a-z][a-z0-9+.-]{1,15}:(?://|\\/\\/)[^\s\"'<>]+")
_QUERY: Final = re.compile(r"\?[^\s\"'<>]*=[^\s\"'<>]*")
_PAIRS: Final = re.compile(r"[\w.%~+-]{1,60}=[^\s&\"'<>]*(?:&(?:amp;)?[\w.%~+-]+=[^\s&\"'<>]*)+")
_SCHEME: Final = re.compile(r"(?i)\b(bearer|basic|digest|apikey)\s+[\w.~+/=:-]{4,}")
_FIELD: Final = re.compile(
    r"(?i)((?:authorization|api[-_]?key|access[-_]?key|cookie|token|secret|passw(?:or)?d"
    r"|signature|credential|\bsig)\b)"
    r"([\\\"')\]]*\s*(?:[:=,]|=>)\s*[(\[]*[bru]?[\\\"']*)"
    r"([^\"'\\\r\n]+)"
)


def redacted(text: str, limit: int = 8_000) -> str:
    """At most `limit` characters of the text, without secrets, fit to be saved or sent.

    Removes every `Secret` of this run and the values of environment variables that are named like
    keys, plain, percent-encoded or in base64; the path, query and user of every URL; and whatever
    follows a word such as `Authorization`, `X-API-Key` or `token`.
    """
    forms = sorted(_forms([*known_secrets(), *_environment()]), key=len, reverse=True)
    text = _without(text, [form for form in forms if len(form) >= _SHORTEST_PIECE])
    # Cut only now: cut earlier, half a key could be left at the end.
    text = text[:limit]
    text = _URL.sub(_host_only, text)
    text = _QUERY.sub("?…", text)
    text = _PAIRS.sub("…=…", text)
    text = _SCHEME.sub(rf"\1 {GONE}", text)
    text = _FIELD.sub(rf"\1\2{GONE}", text)
    # Short keys last: a key of one letter would destroy the words searched for above.
    return _without(text, [form for form in forms if len(form) < _SHORTEST_PIECE])


def _without(text: str, forms: Iterable[str]) -> str:
    for form in forms:
        text = text.replace(form, GONE)
    return text


def _environment() -> Iterator[str]:
    for name, value in os.environ.items():
        if _NAMED.search(name) and len(value.strip()) >= _SHORTEST_PIECE:
            yield value


def _forms(values: Iterable[str]) -> set[str]:
    forms: set[str] = set()
    for value in values:
        pieces = [piece for piece in value.split() if len(piece) >= _SHORTEST_PIECE]
        for plain in (value.strip(), *pieces):
            if plain:
                quoted = {quote(plain), quote(plain, safe=""), quote_plus(plain)}
                forms |= {plain, repr(plain)[1:-1], *quoted}
                forms |= {_ESCAPE.sub(lambda it: it.group().lower(), each) for each in quoted}
                forms |= set(_in_base64(plain.encode(errors="replace")))
    return forms


def _in_base64(value: bytes) -> Iterator[str]:
    # The letters depend on the value's offset in the encoded data, modulo three.
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + value).decode("ascii")
        start, end = -(-before * 8 // 6), (before + len(value)) * 8 // 6
        if end - start >= _SHORTEST_PIECE:
            yield whole[start:end]
            yield whole[start:end].translate(str.maketrans("+/", "-_"))


def _host_only(found: re.Match[str]) -> str:
    try:
        parts = urlsplit(found.group().replace("\\/", "/"))
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "(a URL)"
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}/…"
