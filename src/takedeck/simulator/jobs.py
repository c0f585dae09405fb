"""The simulated jobs: the state of each at a given moment, and how tests change them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

STATUSES = ("queued", "running", "succeeded", "failed", "cancelled", "refused")


@dataclass(frozen=True, slots=True)
class Plan:
    """A job's whole life, planned in advance.

    `outcome` is the final status. It may be ``queued`` or ``running``: such a job never ends.
    `end_progress` is where the progress stops.
    """

    id: str
    created_at: datetime
    song: str
    outcome: str = "succeeded"
    title: str | None = None
    engine: str = "studio"
    mode: str = "creation"
    instrumental: bool = True
    licence_class: str = "personal_only"
    queue_seconds: float = 0.0
    run_seconds: float = 0.0
    end_progress: int = 100
    error_message: str | None = None
    refusal_reason: str | None = None
    has_stems: bool = True

    @property
    def track_id(self) -> str:
        """The id of the track it makes: the job's own digits in reverse."""
        return f"mtrack_{self.id.removeprefix('mgen_')[::-1]}"

    @property
    def ends_at(self) -> datetime:
        return self.created_at + timedelta(seconds=self.queue_seconds + self.run_seconds)

    def status_at(self, now: datetime) -> str:
        """Return the status at that moment."""
        if self.outcome == "queued" or now >= self.ends_at:
            return self.outcome
        started = self.created_at + timedelta(seconds=self.queue_seconds)
        return "running" if now >= started else "queued"

    def progress_at(self, now: datetime) -> int:
        """Return the progress (0–100), fast at first and slower towards the end, as engines do."""
        if self.outcome == "queued":
            return 0
        if now >= self.ends_at:
            return 100 if self.outcome == "succeeded" else self.end_progress
        ran = (now - self.created_at).total_seconds() - self.queue_seconds
        if ran <= 0:
            return 0
        share = ran / self.run_seconds
        last = 99 if self.outcome == "succeeded" else self.end_progress
        return min(last, int(last * (1 - (1 - share) ** 1.4)))


class Jobs:
    """All jobs of the organisation; safe to use from several threads."""

    def __init__(self, planned: Callable[[datetime], Iterable[Plan]]) -> None:
        """`planned` returns every job created up to a given moment, in any order."""
        self._planned = planned
        self._changed: dict[str, Plan] = {}
        self._removed: set[str] = set()
        self._lock = threading.Lock()

    def at(self, now: datetime) -> list[Plan]:
        """Return the jobs that exist at that moment, newest first."""
        with self._lock:
            plans = {plan.id: plan for plan in self._planned(now)} | self._changed
            gone = set(self._removed)
        alive = [p for p in plans.values() if p.created_at <= now and p.id not in gone]
        return sorted(alive, key=lambda plan: (plan.created_at, plan.id), reverse=True)

    def get(self, job_id: str, now: datetime) -> Plan | None:
        """Return the job with that id, or None if there is none at that moment."""
        return next((plan for plan in self.at(now) if plan.id == job_id), None)

    def by_track(self, track_id: str, now: datetime) -> Plan | None:
        """Return the job that has produced that track by `now`, or None."""
        for plan in self.at(now):
            if plan.track_id == track_id and plan.status_at(now) == "succeeded":
                return plan
        return None

    def add(self, plan: Plan) -> Plan:
        """Add a job; it replaces one with the same id."""
        with self._lock:
            self._changed[plan.id] = plan
            self._removed.discard(plan.id)
        return plan

    def change(self, job_id: str, now: datetime, **fields: Any) -> Plan:
        """Change fields of a job that exists at `now`; raise KeyError if there is none."""
        plan = self.get(job_id, now)
        if plan is None:
            raise KeyError(job_id)
        return self.add(replace(plan, **fields))

    def remove(self, job_id: str) -> None:
        """Remove a job: from now on the API answers 404 for it."""
        with self._lock:
            self._removed.add(job_id)
