"""Reads from a signed URL when it expires."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl, urlsplit

_UNIX: Final = ("exp", "expires")
_STAMPED: Final = (("x-amz-date", "x-amz-expires"), ("x-goog-date", "x-goog-expires"))
_DIGITS: Final = re.compile(r"[0-9]{1,13}(\.[0-9]{0,9})?")
_EARLIEST: Final = datetime(2001, 1, 1, tzinfo=UTC)
_LONGEST: Final = 10 * 366 * 86_400.0


def expires_at(url: str) -> datetime | None:
    """When the URL expires (UTC, by the signer's clock); None if it states no valid time.

    Reads `exp` and `Expires` (Unix seconds; CloudFront and Google's V2 signatures use the
    latter), and date + seconds as `X-Amz-Date` + `X-Amz-Expires` (AWS Signature Version 4) or
    `X-Goog-Date` + `X-Goog-Expires` (Google Cloud Storage V4). If there are several, the
    earliest counts. Never raises.
    """
    query = _query(url)
    ends = [_unix(query[name]) for name in _UNIX if name in query]
    ends += [
        _stamped(query[at], query[span]) for at, span in _STAMPED if {at, span} <= query.keys()
    ]
    return min((end for end in ends if end is not None), default=None)


def _query(url: str) -> Mapping[str, str]:
    try:
        pairs = parse_qsl(urlsplit(url).query, max_num_fields=200)
    except ValueError:
        return {}
    return {name.lower(): value for name, value in pairs}


def _number(text: str) -> float | None:
    return float(text) if _DIGITS.fullmatch(text) else None


def _unix(text: str) -> datetime | None:
    seconds = _number(text)
    if seconds is None:
        return None
    try:
        end = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return end if end >= _EARLIEST else None


def _stamped(date: str, span: str) -> datetime | None:
    seconds = _number(span)
    if seconds is None or seconds > _LONGEST:
        return None
    try:
        start = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return start + timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        return None
