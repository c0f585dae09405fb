"""Times, durations and bars as short text."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from rich.cells import cell_len, set_cell_size

from takedeck.times import local, stamp

_DAY: Final = 86_400
_STEPS: Final = (
    (60, "s", 1),
    (3600, "min", 60),
    (_DAY, "h", 3600),
    (10_000 * _DAY, "d", _DAY),
    (float("inf"), "y", 365.25 * _DAY),
)
_CLOCK_SKEW: Final = 3600.0
"""Seconds by which two clocks may differ; a time further in the future has no age."""


def age(now: datetime, then: datetime | None) -> str:
    """How long ago in one unit: `12 s`, `2 min`, `3 h`, `9 d`; empty for None or the future."""
    seconds = -_CLOCK_SKEW - 1 if then is None else (now - then).total_seconds()
    if seconds < -_CLOCK_SKEW:
        return ""
    if seconds < 5:
        return "now"
    for limit, unit, size in _STEPS:
        if seconds < limit:
            return f"{int(seconds // size)} {unit}"
    return ""


def ago(now: datetime, then: datetime | None) -> str:
    """Like `age`, as a phrase: `2 min ago`."""
    text = age(now, then)
    return text if text in ("", "now") else f"{text} ago"


def moment(then: datetime | None, now: datetime) -> str:
    """A timestamp in local time; with the date only if that is not today."""
    here, today = local(then), local(now)
    if here is None:
        return "unknown"
    if today is not None and here.date() == today.date():
        return here.time().isoformat("seconds")
    return stamp(then, "minutes") or "unknown"


def fit(text: str, width: int) -> str:
    """The text in exactly that many cells, cut with an ellipsis or padded with spaces."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(set_cell_size(text, width - 1).rstrip() + "…", width)


def bar(share: float, width: int) -> tuple[str, str]:
    """The filled and the empty part of a progress bar of that width; `share` is 0–1."""
    done = round(max(0.0, min(1.0, share)) * width)
    return "━" * done, "─" * (width - done)
