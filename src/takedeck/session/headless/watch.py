"""Watches the jobs without a screen: tells of the list once, then of each change of a status."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from takedeck.errors import TakedeckError
from takedeck.library.budget import Budget
from takedeck.library.schedule import Schedule
from takedeck.library.store import Store, View
from takedeck.model import Job
from takedeck.providers.base import Provider
from takedeck.session.events import Event, JobsChanged, Polled
from takedeck.session.poller import JobPoller


class JobWatch:
    """Tells `on_job` of each job of the first page, the oldest first, and of every change after it.

    `on_job` gets the job and whether it is news; a job is news when it is new or its status is
    another one, not when its progress moves. `on_trouble` hears once of each fault in a row, with
    the seconds until the next try (None: not before the command is started again), and gets None
    when the API answers again.
    """

    def __init__(
        self,
        provider: Provider,
        on_job: Callable[[Job, bool], None],
        on_trouble: Callable[[TakedeckError | None, float | None], None],
    ) -> None:
        self._store = Store()
        self._on_job = on_job
        self._on_trouble = on_trouble
        self._words: dict[str, str] = {}
        self._listed = False
        self._fault: type[TakedeckError] | None = None
        self._poller = JobPoller(
            provider,
            self._store,
            Schedule(random.Random(), fastest=provider.abilities.fastest),
            Budget(time.monotonic),
            self._hear,
        )

    async def run(self) -> None:
        """Watch, for ever."""
        await self._poller.run()

    def _hear(self, event: Event) -> None:
        if isinstance(event, JobsChanged):
            self._tell(event)
        elif isinstance(event, Polled):
            self._polled(event)

    def _tell(self, event: JobsChanged) -> None:
        view = View(self._store)
        rows = [view.row_of(job_id) for job_id in (*event.change.added, *event.change.updated)]
        for row in sorted((row for row in rows if row is not None), reverse=True):
            job = view.job_at(row)
            if self._words.get(job.id) != job.status.word:
                self._words[job.id] = job.status.word
                self._on_job(job, self._listed)

    def _polled(self, event: Polled) -> None:
        trouble = event.trouble
        self._listed = self._listed or trouble is None
        fault = type(trouble) if trouble is not None else None
        if fault is not self._fault:
            self._fault = fault
            self._on_trouble(trouble, event.wait)
