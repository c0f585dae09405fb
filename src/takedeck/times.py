"""Shows times in the user's time zone, without raising at the ends of the calendar.

A time within a day of year 1 or 9999 has no local time in half of the zones, and
`datetime.astimezone` raises for it. So nothing else in takedeck calls that.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final

LONGEST_TRACK: Final = 7 * 86_400.0
"""Seconds; a longer length or position is taken for a mistake."""


def utc(when: datetime) -> datetime | None:
    """The same instant in UTC; a time without a zone is taken as UTC. None if out of range."""
    return _in_zone(when if when.tzinfo else when.replace(tzinfo=UTC), local=False)


def local(when: datetime | None) -> datetime | None:
    """The same instant in local time; None if out of range or without a zone."""
    return None if when is None or when.tzinfo is None else _in_zone(when, local=True)


def stamp(when: datetime | None, precision: str = "seconds") -> str | None:
    """Local date and time, as `2026-05-04 12:00:00`; `precision` as for `datetime.isoformat`."""
    here = local(when)
    # Not strftime: depending on the system it writes the year 1 without zeros, or fails.
    return here.replace(tzinfo=None).isoformat(" ", precision) if here else None


def clock(seconds: float | None) -> str:
    """Seconds as `1:59` or `1:02:03`; dashes if unknown or longer than `LONGEST_TRACK`."""
    if seconds is None or not 0 <= seconds <= LONGEST_TRACK:
        return "-:--"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def through_sleep() -> float:
    """Seconds of a clock that runs on while the machine sleeps and, on Linux, cannot be set."""
    # On Linux the monotonic clock stops in sleep. Without CLOCK_BOOTTIME, use the wall clock.
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.clock_gettime(boot) if boot is not None else time.time()


def _in_zone(when: datetime, *, local: bool) -> datetime | None:
    try:
        return when.astimezone(None if local else UTC)
    except (OverflowError, ValueError, OSError):
        return None
