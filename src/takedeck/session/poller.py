"""The one loop that asks for jobs, and the requests for older pages and single jobs beside it."""

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
_PAGES_A_CALL: Final = 6
_REFUSED: Final = (AuthenticationError, PermissionDenied)
"""What asking again does not mend, and may get a key or an address shut out for."""


class JobPoller:
    """Keeps the store true: polls, pages and looks closer at single jobs.

    Everything runs in one event loop; what changed goes to `emit`.
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
        self._hole = False
        self._turns: dict[str, int] = {}
        self._turn_number = 0
        self._untitled: deque[str] = deque()
        self._asked: set[str] = set()
        self._gone: set[str] = set()
        self._insisted = False
        self.refused = False
        """Whether the API has refused the key: then nothing is asked but what a person asks for."""

    def refresh(self) -> None:
        """Ask now instead of waiting for the next turn: somebody wants it."""
        self._insisted = True
        self._wake.set()

    def nudge(self) -> None:
        """Ask now, unless the key was refused: nothing has happened that would mend it."""
        if not self.refused:
            self._wake.set()

    def set_away(self, away: bool) -> None:
        """Nobody looks, or somebody does again: then ask at once."""
        self._schedule.away = away
        if not away:
            self.nudge()

    def set_filter(self, status: Status | None) -> None:
        """Also ask the server for jobs of that status, from now on."""
        self._filter = status
        if status is not None:
            self._pagers.setdefault(status, Pager())
            if self._provider.abilities.filters_by_status:
                self.nudge()

    def complete(self, status: Status | None) -> bool:
        """Whether every job under that filter is known; the API gives no totals."""
        pager = self._pagers.get(status)
        listed = self._provider.abilities.lists_jobs
        return not listed or (pager is not None and pager.finished)

    def want_titles(self, job_ids: list[str]) -> None:
        """Say which succeeded jobs are on screen, so that their titles are asked for when idle."""
        self._untitled = deque(job_id for job_id in job_ids if job_id not in self._asked)

    async def run(self) -> None:
        """Ask, apply, wait; for ever."""
        interval = self._provider.abilities.min_interval
        while True:
            self._wake.clear()
            self._insisted = False
            before = asyncio.get_running_loop().time()
            wait = await self._ask_once()
            while wait is None and not self._insisted:
                self._wake.clear()
                await self._wake.wait()
            end = asyncio.get_running_loop().time() + (wait or 0.0)
            # Between two polls, one request after the other; none is cut off half-way by the next.
            while wait and (await self._fill_hole() or await self._fill_title()):
                if asyncio.get_running_loop().time() >= end:
                    break
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(end):
                    await self._wake.wait()
            await asyncio.sleep(before + interval - asyncio.get_running_loop().time())

    async def load_older(self) -> None:
        """Fetch the next page of older jobs under the filter; its trouble is told, not raised."""
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
                    if self._took(page.jobs) or pager.finished:
                        return
            except TakedeckError as trouble:
                self._emit(Trouble(trouble))

    async def fetch_job(self, job_id: str) -> Job:
        """Fetch one job by itself, with its track; raises what the provider raises."""
        self._asked.add(job_id)
        refused = self.refused
        try:
            job = await self._provider.get_job(job_id)
        except NotFound:
            self.gone(job_id)
            raise
        except BaseException:
            self._asked.discard(job_id)
            raise
        self._took((job,))
        if refused and self.refused:
            # The key is good again; an answer to what was asked before it was refused says nothing.
            self.refresh()
        return self._store.get(job_id) or job

    def learn(self, job_id: str, track: Track) -> None:
        """Keep what the page of a job's track tells beside the job's own, without its URLs."""
        if (job := self._store.get(job_id)) is None:
            return
        bare = track.without_urls()
        tracks = tuple(
            replace(each, stems=bare.stems) if each.id == bare.id else each for each in job.tracks
        )
        self._took((replace(job, tracks=tracks or (bare,)),))

    def gone(self, job_id: str) -> None:
        """The API no longer knows the job."""
        if (known := self._store.get(job_id)) is not None:
            self._expired(known)

    async def _ask_once(self) -> float | None:
        """Ask once; how long to wait, None until somebody wants it."""
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
            self._hole = not self._pagers[None].finished
        change = self._store.apply(page.jobs)
        seen = {job.id for job in page.jobs}
        changed = self._emit_change(change)
        if status is not None and self._provider.abilities.filters_by_status:
            filtered = await self._page(status, 0, "the newest jobs under the filter")
            self._pagers[status].top(filtered)
            seen |= {job.id for job in filtered.jobs}
            changed |= self._emit_change(self._store.apply(filtered.jobs))
        behind = [job for job in self._active() if job.id not in seen]
        # The longest unasked first: four that never end must not keep the others from being seen.
        behind.sort(key=lambda job: self._turns.get(job.id, 0))
        for job in behind[:_STRAGGLERS]:
            changed |= await self._straggler(job)
        return changed

    def active(self) -> list[Job]:
        """The jobs under way, without those that the API no longer knows."""
        return self._active()

    def _active(self) -> list[Job]:
        return [job for job in self._store.active() if job.id not in self._gone]

    async def _straggler(self, job: Job) -> bool:
        self._turn_number += 1
        self._turns[job.id] = self._turn_number
        _LOG.debug("asking for job %s, which is under way and on no page", job.id)
        try:
            return self._emit_change(self._store.apply((await self._provider.get_job(job.id),)))
        except NotFound:
            self._gone.add(job.id)
            return self._expired(job)
        except (ServerFault, BadAnswer, Rejected, BadRequest, PermissionDenied):
            # The list was answered: one job that cannot be had is no reason to call it all down.
            pass
        return False

    def _expired(self, job: Job) -> bool:
        """Keep what is known of a job whose days at the API are over, and say that they are."""
        if not self._provider.abilities.forgets:
            return False
        return self._emit_change(self._store.apply((replace(job, status=EXPIRED),)))

    async def _fill_hole(self) -> bool:
        """One page on from the newest jobs down to those known before, after a long time apart.

        Whether there was one to ask for.
        """
        pager = self._pagers[None]
        if not self._hole or self._wake.is_set() or not self._budget.can_spare(0):
            return False
        async with self._paging:
            try:
                page = await self._page(None, pager.offset(), "jobs that came while nobody asked")
            except TakedeckError:
                # The next poll tells what is wrong.
                return False
            met = any(job.id in self._store and job.id not in pager for job in page.jobs)
            pager.older(page)
            self._took(page.jobs)
        self._hole = not (met or pager.finished)
        return True

    async def _page(self, status: Status | None, offset: int, why: str) -> JobsPage:
        _LOG.debug("asking for %s, from %d", why, offset)
        return await self._provider.list_jobs(status=status, limit=PAGE, offset=offset)

    async def _fill_title(self) -> bool:
        """Ask for one title of a job that is on screen, if it can be spared; whether it was."""
        if self._wake.is_set() or not self._untitled or not self._budget.can_spare():
            return False
        job_id = self._untitled[0]
        _LOG.debug("asking for the title of job %s, which is on screen", job_id)
        try:
            await self.fetch_job(job_id)
        except (NotFound, ServerFault, BadAnswer, PermissionDenied):
            # The others get their turn; this one is asked again when it is next on screen.
            pass
        except TakedeckError:
            # A title is a nicety: the poll will tell what is wrong, once, for all of it.
            return False
        self._untitled = deque(wanted for wanted in self._untitled if wanted != job_id)
        return True

    def _took(self, jobs: tuple[Job, ...]) -> bool:
        """Whether any of them was new."""
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
