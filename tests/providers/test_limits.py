"""Waits, allowances and dates out of headers, in every form a server may give them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takedeck.providers.limits import LONGEST_WAIT, allowance, retry_after, server_date

NOW = datetime(2026, 6, 28, 10, 30, tzinfo=UTC)
UNIX = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "5"}, 5),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "Sun, 28 Jun 2026 10:30:20 GMT"}, 20),
        ({"retry-after": "Sun, 28 Jun 2026 10:30:20"}, 20),
        ({"retry-after": "Sun, 28 Jun 2026 10:29:00 GMT"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "0"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "999999"}, LONGEST_WAIT),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, LONGEST_WAIT),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "9" * 10_000}, None),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "soon", "x-ratelimit-reset": str(UNIX + 12)}, 12),
        ({"retry-after": "-3", "x-ratelimit-retry-after": "4"}, 4),
        ({"x-ratelimit-reset": "8"}, 8),
        ({"x-ratelimit-reset": str(UNIX - 12)}, None),
        ({"x-ratelimit-reset-requests": "1m2s"}, LONGEST_WAIT),
        ({"x-ratelimit-reset-requests": "6s"}, 6),
        ({"x-ratelimit-reset-requests": "120ms"}, 0.12),
    ],
)
def test_every_form_of_a_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == (None if seconds is None else pytest.approx(seconds))


NAMES = ["retry-after", "retry-after-ms", "x-ratelimit-reset", "x-ratelimit-reset-requests",
         "x-ratelimit-limit", "x-ratelimit-remaining", "date", "age"]  # fmt: skip


@given(st.dictionaries(st.sampled_from(NAMES), st.text() | st.floats().map(str)))
def test_no_header_raises_or_waits_past_the_cap(headers: dict[str, str]) -> None:
    wait = retry_after(headers, NOW)
    assert wait is None or 0 < wait <= LONGEST_WAIT
    allowance(headers)
    server_date(headers)


def test_both_families_of_allowance() -> None:
    first = allowance({"x-ratelimit-limit": "100", "x-ratelimit-reset": str(UNIX + 30)})
    assert first is not None
    assert (first.limit, first.remaining) == (100, None)
    second = allowance({"x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "59"})
    assert second is not None
    assert (second.limit, second.remaining) == (60, 59)
    assert allowance({"x-ratelimit-limit": "many"}) is None


def test_a_date_from_a_cache_tells_no_time() -> None:
    assert server_date({"date": "Sun, 28 Jun 2026 10:30:00 GMT"}) == NOW
    assert server_date({"date": "Sun, 28 Jun 2026 10:30:00 GMT", "age": "40"}) is None
    assert server_date({"date": "yesterday"}) is None
    assert server_date({"date": "Fri, 31 Dec 9999 23:59:59 GMT"}) is None
