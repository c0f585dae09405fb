"""A moment is shown in every time zone, or is unknown in it; it ends nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import takedeck
from takedeck.times import LONGEST_TRACK, clock, local, stamp, utc
from takedeck.tui.format import age, ago, moment
from tests.extremes import ZONES, zone

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
offsets = st.timedeltas(timedelta(hours=-23, minutes=-59), timedelta(hours=23, minutes=59))
moments = st.datetimes(timezones=st.just(UTC) | offsets.map(timezone))


@given(moments, st.sampled_from(ZONES))
@example(LAST, "Asia/Tokyo")
@example(FIRST, "America/New_York")
@example(LAST, "X-24")
@example(FIRST, "X24")
def test_every_moment_is_shown_or_unknown_in_every_zone(when: datetime, name: str) -> None:
    with zone(name):
        for text in (stamp(when), stamp(when, "minutes"), moment(when, NOW), moment(when, when)):
            assert text in (None, "unknown") or re.fullmatch(
                r"(\d{4}-\d\d-\d\d )?\d\d:\d\d(:\d\d)?", text
            )
        here = local(when)
        assert here is None or here == when
    assert utc(when) in (None, when)
    assert len(age(NOW, when)) <= 6
    assert (ago(NOW, when) == "") == (age(NOW, when) == "")


@pytest.mark.parametrize(
    ("when", "name", "shown"),
    [
        (LAST, "Asia/Tokyo", "unknown"),
        (FIRST, "America/New_York", "unknown"),
        (FIRST + timedelta(days=1), "America/New_York", "0001-01-01 19:03"),
        (FIRST, "UTC", "0001-01-01 00:00"),
        (NOW - timedelta(minutes=1), "Asia/Tokyo", "20:59:00"),
    ],
)
def test_a_moment_in_its_zone(when: datetime, name: str, shown: str) -> None:
    with zone(name):
        assert moment(when, NOW) == shown


@pytest.mark.parametrize(
    ("then", "text"),
    [
        (NOW + timedelta(seconds=40), "now"),
        (NOW + timedelta(days=2), ""),
        (LAST, ""),
        (NOW - timedelta(days=9_999), "9999 d"),
        (NOW - timedelta(days=10_000), "27 y"),
        (FIRST, "2025 y"),
    ],
)
def test_an_age_is_short_and_none_where_it_lies_ahead(then: datetime, text: str) -> None:
    assert age(NOW, then) == text


def test_nothing_else_makes_local_times() -> None:
    source = Path(takedeck.__file__).parent
    found = {
        str(path.relative_to(source))
        for path in source.rglob("*.py")
        if "astimezone(" in path.read_text()
    }
    assert found == {"times.py", "simulator/clock.py"}


def test_a_time_without_a_zone_is_in_utc_wherever_the_reader_is() -> None:
    with zone("Asia/Tokyo"):
        assert utc(NOW.replace(tzinfo=None)) == NOW


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0:00"), (61.9, "1:01"), (3_599.9, "59:59"), (3_723, "1:02:03"), (36_000, "10:00:00"),
        (LONGEST_TRACK, "168:00:00"), (LONGEST_TRACK + 1, "-:--"), (-1, "-:--"), (1e300, "-:--"),
        (float("nan"), "-:--"), (None, "-:--"),
    ],
)  # fmt: skip
def test_a_length_on_a_clock(seconds: float | None, said: str) -> None:
    assert clock(seconds) == said
