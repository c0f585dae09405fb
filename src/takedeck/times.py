"""Moments as they may be shown: in the reader's time zone, wherever the calendar has room for it.

A moment within a day of either end of the calendar has no local time in half of the zones, and
`datetime.astimezone` raises there. Nothing else in takedeck calls it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final

LONGEST_TRACK: Final = 7 * 86_400.0
"""Seconds; what is said to be longer is taken for a mistake."""


def utc(when: datetime) -> datetime | None:
    """The same instant in UTC, where a time without a zone is; None where there is no such time."""
    return _in_zone(when if when.tzinfo else when.replace(tzinfo=UTC), local=False)


def local(when: datetime | None) -> datetime | None:
    """The same instant by the clock on the reader's wall; None where that cannot show it."""
    return None if when is None or when.tzinfo is None else _in_zone(when, local=True)


def stamp(when: datetime | None, precision: str = "seconds") -> str | None:
    """Local date and time, as `2026-05-04 12:00:00`; to `minutes` for less."""
    here = local(when)
    # Not strftime: it writes the year 1 without its zeros, or not at all, as the system has it.
    return here.replace(tzinfo=None).isoformat(" ", precision) if here else None


def clock(seconds: float | None) -> str:
    """A length or a place in a track: `1:59`, `1:02:03`; dashes where it is not known or absurd."""
    if seconds is None or not 0 <= seconds <= LONGEST_TRACK:
        return "-:--"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def through_sleep() -> float:
    """Seconds of a clock that nobody sets and that goes on while the machine sleeps."""
    # Linux halts the monotonic clock in sleep; where there is no other, the wall clock must do.
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.clock_gettime(boot) if boot is not None else time.time()


def _in_zone(when: datetime, *, local: bool) -> datetime | None:
    try:
        return when.astimezone(None if local else UTC)
    except (OverflowError, ValueError, OSError):
        return None
