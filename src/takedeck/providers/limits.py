"""Reads the response headers about rate limits, retries and the server's clock."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

from takedeck.providers.base import Allowance
from takedeck.times import utc

LONGEST_WAIT: Final = 60.0
"""Seconds to wait at most, whatever the server asks for."""

_EPOCH_SECONDS: Final = 1e9
"""A reset of at least this is Unix time, anything smaller is seconds from now."""

_SPAN: Final = re.compile(
    r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6}(?:\.\d{1,9})?)s)?(?:(\d{1,9})ms)?"
)
_FAMILIES: Final = ("", "-requests")


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait, above 0 and at most 60; None if no header gives a valid time.

    The order of precedence is that of the API's own published client: `retry-after-ms`,
    `Retry-After` (seconds or an HTTP date), `X-RateLimit-Retry-After`, `X-RateLimit-Reset`. Never
    raises. `now` is the server's time (UTC).
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    waits = (
        None if milliseconds is None else milliseconds / 1000,
        _wait(headers.get("retry-after"), now),
        _wait(headers.get("x-ratelimit-retry-after"), now),
        *(_until(headers.get(f"x-ratelimit-reset{family}"), now) for family in _FAMILIES),
    )
    said = next((wait for wait in waits if wait is not None and wait > 0), None)
    return None if said is None else min(said, LONGEST_WAIT)


def allowance(headers: Mapping[str, str]) -> Allowance | None:
    """The rate limit in `X-RateLimit-*` or `X-RateLimit-*-Requests`; None without such headers."""
    for family in _FAMILIES:
        limit = _count(headers.get(f"x-ratelimit-limit{family}"))
        remaining = _count(headers.get(f"x-ratelimit-remaining{family}"))
        if limit is None and remaining is None:
            continue
        return Allowance(limit, remaining)
    return None


def server_date(headers: Mapping[str, str]) -> datetime | None:
    """The `Date` header (UTC); None if it is missing, implausible or from a shared cache."""
    if _number(headers.get("age")):
        return None
    date = _http_date(headers.get("date"))
    return date if date is not None and 2000 <= date.year < 2200 else None


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text and len(text) <= 40 else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _count(text: str | None) -> int | None:
    value = _number(text)
    return None if value is None or not 0 <= value <= 1e12 else int(value)


def _http_date(text: str | None) -> datetime | None:
    try:
        when = parsedate_to_datetime(text[:80]) if text else None
        return utc(when) if when else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _wait(text: str | None, now: datetime) -> float | None:
    if (value := _number(text)) is not None:
        return value
    when = _http_date(text)
    return None if when is None else (when - now).total_seconds()


def _until(text: str | None, now: datetime) -> float | None:
    """Seconds until a reset, given as Unix time, as seconds from now, or as `1m30s`."""
    if (value := _number(text)) is not None:
        return value - now.timestamp() if value >= _EPOCH_SECONDS else value
    if text and (span := _SPAN.fullmatch(text.strip())):
        sizes = (86_400, 3_600, 60, 1, 0.001)
        return sum(
            float(part) * size for part, size in zip(span.groups(), sizes, strict=True) if part
        )
    return None
