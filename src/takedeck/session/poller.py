"""The polling loop, and requests for older pages and single jobs beside it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from dataclasses import replace
from typing import Final

from takedeck.errors import (
    ApiError,
    AuthenticationError,
    BadAnswer,
    BadRequest,
    NetworkError,
    NotFound,
    PermissionDenied,
    Rejected,
    ServerFault,
    TakedeckError,
)
from takedeck.library.budget import Budget
from takedeck.library.pager import PAGE, Pager
from takedeck.library.schedule import Schedule
from takedeck.library.store import Change, Store
from takedeck.model import EXPIRED, Job, JobsPage, Status, Track
from takedeck.providers.base import Provider
from takedeck.session.events import JobsChanged, Listener, Polled, Trouble

_LOG: Final = logging.getLogger(__name__)
_STRAGGLERS: Final = 4
"""Active jobs missing from the newest page that one poll fetches by their ids."""

_PAGES_A_CALL: Final = 6
"""Pages that one `load_older` requests at most."""

_REFUSED: Final = (AuthenticationError, PermissionDenied)
"""Errors that a retry does not cure, and may get a key or an address blocked for."""


class JobPoller:
    """Keeps the store up to date: polls, loads older pages, and fetches single jobs.

    Everything runs in one event loop; changes and faults are sent to `emit`. Each request counts
    against `budget`.
    """

    def __init__(
        self, provider: Provider, store: Store, schedule: Schedule, budget: Budget, emit: Listener
    ) -> None:
        self._provider = provider
        self._store = store
        self._schedule = schedule
        self._budget = budget
        provider.record.on_request = budget.spend
        self._emit = emit
        self._wake = asyncio.Event()
        self._pagers: dict[Status | None, Pager] = {None: Pager()}
        self._paging = asyncio.Lock()
        self._filter: Status | None = None
        self._broken = 0
        self._gap = False
        self._last_asked: dict[str, int] = {}
        self._asked_count = 0
        self._untitled: deque[str] = deque()
        self._titles_asked: set[str] = set()
        self._gone: set[str] = set()
        self._forced = False
        self.refused = False
        """Whether the API has refused the key: then requests are made only if the user asks."""

    def refresh(self) -> None:
        """Poll now because the user asks, even if the key was refused."""
        self._forced = True
        self._wake.set()

    def nudge(self) -> None:
        """Poll now, unless the key was refused."""
        if not self.refused:
            self._wake.set()

    def set_away(self, away: bool) -> None:
        """The terminal has lost the focus (poll less) or has it again (poll at once)."""
        self._schedule.away = away
        if not away:
            self.nudge()

    def set_filter(self, status: Status | None) -> None:
        """Also poll for jobs of that status from now on; None ends it."""
        self._filter = status
        if status is not None:
            self._pagers.setdefault(status, Pager())
            if self._provider.abilities.filters_by_status:
                self.nudge()

    def complete(self, status: Status | None) -> bool:
        """Whether all jobs of that status (None: all jobs) are known; the API states no totals."""
        pager = self._pagers.get(status)
        listed = self._provider.abilities.lists_jobs
        return not listed or (pager is not None and pager.finished)

    def want_titles(self, job_ids: list[str]) -> None:
        """Set the succeeded jobs on screen, so that their titles are fetched when idle."""
        self._untitled = deque(job_id for job_id in job_ids if job_id not in self._titles_asked)

    async def run(self) -> None:
        """Poll for ever."""
        interval = self._provider.abilities.min_interval
        while True:
            self._wake.clear()
            self._forced = False
            before = asyncio.get_running_loop().time()
            wait = await self._ask_once()
            while wait is None and not self._forced:
                self._wake.clear()
                await self._wake.wait()
            end = asyncio.get_running_loop().time() + (wait or 0.0)
            # Between two polls, one optional request after the other; a poll never cuts one off.
            while wait and (await self._fill_gap() or await self._fill_title()):
                if asyncio.get_running_loop().time() >= end:
                    break
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(end):
                    await self._wake.wait()
            await asyncio.sleep(before + interval - asyncio.get_running_loop().time())

    async def load_older(self) -> None:
        """Load older jobs under the filter until one is new; errors are emitted, not raised."""
        status = self._filter
        pager = self._pagers[status]
        if self._paging.locked() or pager.finished or self.refused:
            return
        async with self._paging:
            try:
                for _ in range(_PAGES_A_CALL):
                    page = await self._page(
                        status, pager.offset(), "older jobs, which are looked at"
                    )
                    pager.older(page)
                    if self._apply(page.jobs) or pager.finished:
                        return
            except TakedeckError as trouble:
                self._emit(Trouble(trouble))

    async def fetch_job(self, job_id: str) -> Job:
        """Fetch one job with its tracks, and keep it in the store.

        Raises what the provider's `get_job` raises.
        """
        self._titles_asked.add(job_id)
        refused = self.refused
        try:
            job = await self._provider.get_job(job_id)
        except NotFound:
            self.gone(job_id)
            raise
        except BaseException:
            self._titles_asked.discard(job_id)
            raise
        self._apply((job,))
        if refused and self.refused:
            # The request was made after the refusal, so the key is valid again: poll.
            self.refresh()
        return self._store.get(job_id) or job

    def learn(self, job_id: str, track: Track) -> None:
        """Add the stems of a job's fetched track to the job in the store, without URLs."""
        if (job := self._store.get(job_id)) is None:
            return
        bare = track.without_urls()
        tracks = tuple(
            replace(each, stems=bare.stems) if each.id == bare.id else each for each in job.tracks
        )
        self._apply((replace(job, tracks=tracks or (bare,)),))

    def gone(self, job_id: str) -> None:
        """The API has no such job any more: mark it as expired, if the API forgets old jobs."""
        if (known := self._store.get(job_id)) is not None:
            self._mark_expired(known)

    async def _ask_once(self) -> float | None:
        """Poll once; returns the seconds to wait, None until the user asks."""
        known_active = bool(self._active())
        try:
            changed = await self._poll()
        except _REFUSED as trouble:
            self.refused = True
            self._emit_polled(None, trouble)
            return None
        except TakedeckError as trouble:
            after = trouble.retry_after if isinstance(trouble, ApiError) else None
            passing = isinstance(trouble, (BadAnswer, NetworkError, ServerFault))
            wait = self._schedule.after_fault(after, passing=passing)
            self._emit_polled(wait, trouble)
            return wait
        self.refused = False
        active = known_active or bool(self._active())
        wait = self._schedule.after_answer(active=active, changed=changed)
        wait = max(wait, self._budget.debt())
        self._emit_polled(wait, None)
        return wait

    async def _poll(self) -> bool:
        status = self._filter
        page = await self._page(None, 0, "the newest jobs")
        self._broken = page.broken
        self._pagers[None].top(page)
        if len(self._store) and not any(job.id in self._store for job in page.jobs):
            self._gap = not self._pagers[None].finished
        change = self._store.apply(page.jobs)
        seen = {job.id for job in page.jobs}
        changed = self._emit_change(change)
        if status is not None and self._provider.abilities.filters_by_status:
            filtered = await self._page(status, 0, "the newest jobs under the filter")
            self._pagers[status].top(filtered)
            seen |= {job.id for job in filtered.jobs}
            changed |= self._emit_change(self._store.apply(filtered.jobs))
        stragglers = [job for job in self._active() if job.id not in seen]
        # Least recently fetched first: four jobs that never end must not starve the others.
        stragglers.sort(key=lambda job: self._last_asked.get(job.id, 0))
        for job in stragglers[:_STRAGGLERS]:
            changed |= await self._straggler(job)
        return changed

    def active(self) -> list[Job]:
        """The active jobs, without those that the API no longer has."""
        return self._active()

    def _active(self) -> list[Job]:
        return [job for job in self._store.active() if job.id not in self._gone]

    async def _straggler(self, job: Job) -> bool:
        self._asked_count += 1
        self._last_asked[job.id] = self._asked_count
        _LOG.debug("asking for job %s, which is running and on no page", job.id)
        try:
            return self._emit_change(self._store.apply((await self._provider.get_job(job.id),)))
        except NotFound:
            self._gone.add(job.id)
            return self._mark_expired(job)
        except (ServerFault, BadAnswer, Rejected, BadRequest, PermissionDenied):
            # The list itself was answered: one broken job must not make the whole poll fail.
            pass
        return False

    def _mark_expired(self, job: Job) -> bool:
        """Mark a job that the API has deleted as expired; returns whether that changed it."""
        if not self._provider.abilities.forgets:
            return False
        return self._emit_change(self._store.apply((replace(job, status=EXPIRED),)))

    async def _fill_gap(self) -> bool:
        """Load one page of the gap between the newest jobs and those known from earlier.

        Returns whether a page was loaded.
        """
        pager = self._pagers[None]
        if not self._gap or self._wake.is_set() or not self._budget.can_spare(0):
            return False
        async with self._paging:
            try:
                page = await self._page(None, pager.offset(), "jobs that came while nobody asked")
            except TakedeckError:
                # The next poll reports what is wrong.
                return False
            met = any(job.id in self._store and job.id not in pager for job in page.jobs)
            pager.older(page)
            self._apply(page.jobs)
        self._gap = not (met or pager.finished)
        return True

    async def _page(self, status: Status | None, offset: int, why: str) -> JobsPage:
        _LOG.debug("asking for %s, from %d", why, offset)
        return await self._provider.list_jobs(status=status, limit=PAGE, offset=offset)

    async def _fill_title(self) -> bool:
        """Fetch the title of a job on screen if the budget allows; returns whether to go on."""
        if self._wake.is_set() or not self._untitled or not self._budget.can_spare():
            return False
        job_id = self._untitled[0]
        _LOG.debug("asking for the title of job %s, which is on screen", job_id)
        try:
            await self.fetch_job(job_id)
        except (NotFound, ServerFault, BadAnswer, PermissionDenied):
            # Go on with the others; this one is tried again when it is next on screen.
            pass
        except TakedeckError:
            # A title is optional, and the poll reports what is wrong.
            return False
        self._untitled = deque(wanted for wanted in self._untitled if wanted != job_id)
        return True

    def _apply(self, jobs: tuple[Job, ...]) -> bool:
        """Merge the jobs into the store; returns whether any of them was new."""
        change = self._store.apply(jobs)
        self._emit_change(change)
        return bool(change.added)

    def _emit_change(self, change: Change) -> bool:
        if change:
            self._emit(JobsChanged(change))
        return bool(change)

    def _emit_polled(self, wait: float | None, trouble: TakedeckError | None) -> None:
        allowance = self._provider.allowance
        self._emit(Polled(wait, trouble, allowance.remaining, allowance.limit, self._broken))
