"""The simulator's clocks: the machine's, one that a test moves, and one that is stopped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the simulator's time, always in UTC."""

    @property
    def frozen(self) -> bool:
        """Whether this clock is stopped for good."""

    def now(self) -> datetime:
        """Return the present moment (timezone-aware, UTC)."""


class SystemClock:
    """The machine's clock, shifted so that it starts at `start` if that is given."""

    frozen = False

    def __init__(self, start: datetime | None = None) -> None:
        real = datetime.now(UTC)
        self._shift = timedelta(0) if start is None else start.astimezone(UTC) - real

    def now(self) -> datetime:
        return datetime.now(UTC) + self._shift


class ManualClock:
    """A clock that moves only when told to."""

    frozen = False

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> datetime:
        """Move on by that many seconds and return the new moment."""
        self._now += timedelta(seconds=seconds)
        return self._now


class FrozenClock(ManualClock):
    """A stopped clock, so that the same request always gets the same answer."""

    frozen = True

    def advance(self, seconds: float) -> datetime:
        """Raise RuntimeError: use a ManualClock to move time by hand."""
        raise RuntimeError(f"a frozen clock does not move (asked for {seconds} s); use ManualClock")


def iso(moment: datetime) -> str:
    """Write a moment as the API does: UTC, whole seconds, ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
