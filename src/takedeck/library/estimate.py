"""About how long a generation takes, learned from this person's own; pure, seconds throughout."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from takedeck.model import SUCCEEDED, Job

FEWEST: Final = 3
"""How many finished jobs it takes to say anything."""
LATEST: Final = 200
"""How many of the latest count, so that an engine that got faster is believed."""
LONGEST: Final = 3600.0

Kind = tuple[str, str]
"""A job's engine and mode."""


def took(job: Job, finished_at: datetime | None = None) -> float | None:
    """How long a job that succeeded took, or None where that is not known or not credible.

    The API tells no end; the track's own `created_at` is the nearest to it, and `finished_at`,
    when the job was seen to have ended, the next best. Both in the server's time.
    """
    if job.status != SUCCEEDED or job.created_at is None:
        return None
    for end in (job.track.created_at if job.track else None, finished_at):
        if end is not None and 0 < (seconds := (end - job.created_at).total_seconds()) < LONGEST:
            return seconds
    return None


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long such jobs take: median and 90th percentile of `count` of them."""

    median: float
    p90: float
    count: int

    def left(self, running_for: float) -> float | None:
        """How much longer, typically; None once it is `slow` and nothing can be said.

        It starts at the median and runs out at the 90th percentile, so it neither jumps nor
        stands at nothing for the half of all jobs that take longer than the median.
        """
        if self.slow(running_for):
            return None
        return self.median * (1 - max(0.0, running_for) / self.p90)

    def slow(self, running_for: float) -> bool:
        """Whether nine of ten took less than this one already has."""
        return running_for > self.p90


class Estimates:
    """What finished jobs have taught, by engine and mode, by engine, and over all."""

    def __init__(self, known: Mapping[Kind, Iterable[float]] | None = None) -> None:
        self._taken: dict[tuple[str, ...], deque[float]] = {}
        for (engine, mode), durations in (known or {}).items():
            for seconds in durations:
                self.add(engine, mode, seconds)

    def add(self, engine: str, mode: str, seconds: float) -> None:
        """Learn from one more finished job; a duration that is not credible is ignored."""
        if not 0 < seconds < LONGEST:
            return
        for level in ((engine, mode), (engine,), ()):
            self._taken.setdefault(level, deque(maxlen=LATEST)).append(seconds)

    def of(self, engine: str, mode: str) -> Estimate | None:
        """From the closest kind of which enough are known; None while too few are at all."""
        # Here, for the first paint need not wait for so slow an import.
        from statistics import quantiles

        for level in ((engine, mode), (engine,), ()):
            durations = self._taken.get(level, ())
            if len(durations) >= FEWEST:
                tenths = quantiles(durations, n=10, method="inclusive")
                return Estimate(median=tenths[4], p90=tenths[8], count=len(durations))
        return None
