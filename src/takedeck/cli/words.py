"""Formats values from the API for what `job`, `track` and `play` print."""

from __future__ import annotations

from datetime import datetime

from takedeck.text import SignedUrl
from takedeck.times import LONGEST_TRACK


def length(seconds: float | None) -> float | None:
    """A track's duration in seconds; None where it is not known or absurd (over a week)."""
    return seconds if seconds is not None and 0 < seconds <= LONGEST_TRACK else None


def duration(seconds: float | None) -> str | None:
    """Seconds with one decimal; “-” if the value is absurd, None if it is missing or zero."""
    if not seconds:
        return None
    return f"{known:.1f} s" if (known := length(seconds)) else "-"


def freshness(url: SignedUrl, now: datetime) -> str:
    """The URL's host, and for how long from `now` (server time) the URL stays valid."""
    if url.expires_at is None:
        return f"{url.host}, no end given"
    left = (url.expires_at - now).total_seconds()
    return f"{url.host}, fresh for {left:.0f} s" if left > 0 else f"{url.host}, expired"
