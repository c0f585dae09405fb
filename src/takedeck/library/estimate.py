"""Estimates how long a generation takes, from the user's finished jobs; pure, all in seconds."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from takedeck.model import SUCCEEDED, Job

FEWEST: Final = 3
"""Finished jobs needed for an estimate."""
LATEST: Final = 200
"""Only so many of the latest jobs count: the estimate follows an engine that gets faster."""
LONGEST: Final = 3600.0
"""Longer durations are not plausible and are ignored."""

Kind = tuple[str, str]
"""A job's engine and mode."""


def took(job: Job, finished_at: datetime | None = None) -> float | None:
    """How long a job that succeeded took; None if unknown or not plausible.

    The API does not state when a job ended. The track's own `created_at` comes closest; next best
    is `finished_at`, when the job was first seen as ended. Both in the server's time.
    """
    if job.status != SUCCEEDED or job.created_at is None:
        return None
    for end in (job.track.created_at if job.track else None, finished_at):
        if end is not None and 0 < (seconds := (end - job.created_at).total_seconds()) < LONGEST:
            return seconds
    return None


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long such jobs take: the median and 90th percentile of `count` jobs."""

    median: float
    p90: float
    count: int

    def left(self, running_for: float) -> float | None:
        """The typical time left; None once the job is `slow`.

        It falls linearly from the median to 0 at the 90th percentile. So it never jumps, and does
        not stay at 0 for the half of all jobs that take longer than the median.
        """
        if self.slow(running_for):
            return None
        return self.median * (1 - max(0.0, running_for) / self.p90)

    def slow(self, running_for: float) -> bool:
        """Whether nine out of ten jobs took less time than this one already has."""
        return running_for > self.p90


class Estimates:
    """Durations of finished jobs: by engine and mode, by engine, and of all."""

    def __init__(self, known: Mapping[Kind, Iterable[float]] | None = None) -> None:
        self._taken: dict[tuple[str, ...], deque[float]] = {}
        for (engine, mode), durations in (known or {}).items():
            for seconds in durations:
                self.add(engine, mode, seconds)

    def add(self, engine: str, mode: str, seconds: float) -> None:
        """Add a finished job's duration; one that is not plausible is ignored."""
        if not 0 < seconds < LONGEST:
            return
        for level in ((engine, mode), (engine,), ()):
            self._taken.setdefault(level, deque(maxlen=LATEST)).append(seconds)

    def of(self, engine: str, mode: str) -> Estimate | None:
        """An estimate from the most specific kind with enough jobs; None if there are too few."""
        # Imported here because it is slow, and the first paint should not wait for it.
        from statistics import quantiles

        for level in ((engine, mode), (engine,), ()):
            durations = self._taken.get(level, ())
            if len(durations) >= FEWEST:
                tenths = quantiles(durations, n=10, method="inclusive")
                return Estimate(median=tenths[4], p90=tenths[8], count=len(durations))
        return None
