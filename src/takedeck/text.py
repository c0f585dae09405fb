"""Makes untrusted text safe to show, and wraps secrets so that they are never printed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit, urlunsplit

LINE_LIMIT: Final = 300
BLOCK_LIMIT: Final = 10_000
_MOST_MARKS: Final = 4
"""Combining marks kept on one letter."""

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@+=-]{0,199}")
_URL: Final = re.compile(
    r"[a-z][a-z0-9+.-]{0,15}://[^\s\"'<>?#]*(?:[?#]\S*)?",  # a query may hold quotes
    re.IGNORECASE,
)
_SPACE: Final = re.compile(r"\s+")


def safe_line(text: str, limit: int = LINE_LIMIT) -> str:
    """One printable line: no control, bidi or format character, at most `limit` characters.

    Any run of white space becomes one space, combining marks past the fourth on a letter are
    dropped, and text that was cut ends in an ellipsis. Printable ASCII is returned unchanged.
    """
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    line = _SPACE.sub(" ", _printable(_SPACE.sub(" ", text[: limit * 8]))).strip()
    if len(line) <= limit and len(text) <= limit * 8:
        return line
    return line[: limit - 1] + "…"


def safe_block(text: str, limit: int = BLOCK_LIMIT) -> str:
    """Like `safe_line`, but keeps line breaks: for longer messages."""
    lines = [_printable(line.replace("\t", "    ")) for line in text[: limit * 2].splitlines()]
    block = "\n".join(lines).strip()
    if len(block) <= limit and len(text) <= limit * 2:
        return block
    return block[: limit - 1] + "…"


def _printable(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    kept: list[str] = []
    marks = 0
    for char in text:
        if not char.isprintable():
            continue
        marks = marks + 1 if unicodedata.category(char) in ("Mn", "Me", "Mc") else 0
        if marks <= _MOST_MARKS:
            kept.append(char)
    return "".join(kept)


def is_safe_id(text: object) -> bool:
    """Whether a server's id is safe to show, to use as a key and, quoted, in a URL's path."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def redact_url(url: str) -> str:
    """The URL without user, query and fragment, safe to show and log."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "(unreadable URL)"
    query = "…" if parts.query else ""
    host = f"[{host}]" if ":" in host else host
    return safe_line(urlunsplit((parts.scheme, host + port, parts.path, query, "")))


def redact(value: Any) -> Any:
    """A copy of parsed JSON in which every URL, anywhere in a text, has lost its query."""
    if isinstance(value, str):
        return _URL.sub(lambda found: redact_url(found.group()), value)
    if isinstance(value, Mapping):
        return {redact(key): redact(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact(item) for item in value]
    return value


_SECRETS: Final[set[str]] = set()


def known_secrets() -> frozenset[str]:
    """All keys that this process has held, so that they can be removed from logs and reports."""
    return frozenset(_SECRETS)


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A key. It prints as dots; only `reveal` returns it."""

    _value: str

    def __post_init__(self) -> None:
        _SECRETS.add(self._value)

    def reveal(self) -> str:
        """The key itself, for the request's header only."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(•••)"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")


@dataclass(frozen=True, slots=True, repr=False)
class SignedUrl:
    """A signed URL: its query is a secret until it expires. Prints only its host and expiry.

    `minted_at` and `expires_at` are in server time (UTC); `expires_at` is None if the URL does not
    state it.
    """

    _value: str
    minted_at: datetime
    expires_at: datetime | None = None

    def reveal(self) -> str:
        """The URL itself, for the request that fetches it."""
        return self._value

    @property
    def host(self) -> str:
        """The URL's host, safe to show."""
        try:
            return safe_line(urlsplit(self._value).hostname or "?", 80)
        except ValueError:
            return "?"

    def __repr__(self) -> str:
        end = f"until {self.expires_at:%H:%M:%S} UTC" if self.expires_at else "end unknown"
        return f"SignedUrl({self.host}, {end})"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("a signed URL is not pickled")


@dataclass(frozen=True, slots=True, repr=False)
class Wire:
    """The server's JSON object, kept for `--json`; its URLs are shown only on request."""

    _value: Mapping[str, Any]

    def reveal(self) -> Mapping[str, Any]:
        """The object as received, with signed URLs."""
        return self._value

    def redacted(self) -> Any:
        """The object with every URL's query taken out."""
        return redact(self._value)

    def __repr__(self) -> str:
        return "Wire(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a server's object with its signed URLs is not pickled")
