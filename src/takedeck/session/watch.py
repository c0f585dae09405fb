"""The one loop that asks for jobs, and the requests for older pages and single jobs beside it."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from takedeck.errors import ApiError, NotFound, TakedeckError
from takedeck.library.budget import Budget
from takedeck.library.pager import PAGE, Pager
from takedeck.library.schedule import Schedule
from takedeck.library.store import Change, Store
from takedeck.model import Job, JobsPage, Status
from takedeck.providers.base import Provider
from takedeck.session.events import JobsChanged, Listener, Polled, Trouble

_STRAGGLERS: Final = 4
_TITLES_A_ROUND: Final = 12
_PAGES_A_CALL: Final = 6


class Watch:
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
        self._emit = emit
        self._wake = asyncio.Event()
        self._pagers: dict[Status | None, Pager] = {None: Pager()}
        self._paging = asyncio.Lock()
        self._filter: Status | None = None
        self._broken = 0
        self._untitled: deque[str] = deque()
        self._asked: set[str] = set()
        self._gone: set[str] = set()

    def refresh(self) -> None:
        """Ask now instead of waiting for the next turn."""
        self._wake.set()

    def spend(self) -> None:
        """Count a request that was made elsewhere, for the opened track."""
        self._budget.spend()

    def set_away(self, away: bool) -> None:
        """Nobody looks, or somebody does again: then ask at once."""
        self._schedule.away = away
        if not away:
            self.refresh()

    def set_filter(self, status: Status | None) -> None:
        """Also ask the server for jobs of that status, from now on."""
        self._filter = status
        if status is not None:
            self._pagers.setdefault(status, Pager())
            self.refresh()

    def complete(self, status: Status | None) -> bool:
        """Whether every job under that filter is known; the API gives no totals."""
        pager = self._pagers.get(status)
        return pager is not None and pager.finished

    def want_titles(self, job_ids: list[str]) -> None:
        """Say which succeeded jobs are on screen, so that their titles are asked for when idle."""
        self._untitled = deque(job_id for job_id in job_ids if job_id not in self._asked)

    async def run(self) -> None:
        """Ask, apply, wait; for ever."""
        while True:
            self._wake.clear()
            wait = await self._turn()
            try:
                async with asyncio.timeout(wait):
                    await self._fill_titles()
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def load_older(self) -> None:
        """Fetch the next page of older jobs under the filter; its trouble is told, not raised."""
        status = self._filter
        pager = self._pagers[status]
        if self._paging.locked() or pager.finished:
            return
        async with self._paging:
            try:
                for _ in range(_PAGES_A_CALL):
                    page = await self._page(status, pager.offset())
                    reached = pager.older(page)
                    self._took(page.jobs)
                    if reached or pager.finished:
                        return
            except TakedeckError as trouble:
                self._emit(Trouble(trouble))

    async def look(self, job_id: str) -> Job:
        """Fetch one job by itself, with its track; raises what the provider raises."""
        self._budget.spend()
        self._asked.add(job_id)
        try:
            job = await self._provider.get_job(job_id)
        except NotFound:
            raise
        except BaseException:
            self._asked.discard(job_id)
            raise
        self._took((job,))
        return self._store.get(job_id) or job

    async def _turn(self) -> float:
        known_active = bool(self._active())
        try:
            changed = await self._poll()
        except TakedeckError as trouble:
            after = trouble.retry_after if isinstance(trouble, ApiError) else None
            wait = self._schedule.after_fault(after)
            self._tell(wait, trouble)
            return wait
        active = known_active or bool(self._active())
        wait = self._schedule.after_answer(active=active, changed=changed)
        wait = max(wait, self._budget.debt())
        self._tell(wait, None)
        return wait

    async def _poll(self) -> bool:
        status = self._filter
        page = await self._page(None, 0)
        self._broken = page.broken
        self._pagers[None].top(page)
        change = self._store.apply(page.jobs)
        seen = {job.id for job in page.jobs}
        changed = self._told(change)
        if status is not None:
            filtered = await self._page(status, 0)
            self._pagers[status].top(filtered)
            seen |= {job.id for job in filtered.jobs}
            changed |= self._told(self._store.apply(filtered.jobs))
        for job in [job for job in self._active() if job.id not in seen][:_STRAGGLERS]:
            changed |= await self._straggler(job)
        return changed

    def _active(self) -> list[Job]:
        return [job for job in self._store.active() if job.id not in self._gone]

    async def _straggler(self, job: Job) -> bool:
        self._budget.spend()
        try:
            return self._told(self._store.apply((await self._provider.get_job(job.id),)))
        except NotFound:
            self._gone.add(job.id)
            return False

    async def _page(self, status: Status | None, offset: int) -> JobsPage:
        self._budget.spend()
        return await self._provider.list_jobs(status=status, limit=PAGE, offset=offset)

    async def _fill_titles(self) -> None:
        for _ in range(_TITLES_A_ROUND):
            if self._wake.is_set() or not self._untitled or not self._budget.can_spare():
                return
            job_id = self._untitled[0]
            try:
                await self.look(job_id)
            except NotFound:
                pass
            except TakedeckError:
                # A title is a nicety: the poll will tell what is wrong, once, for all of it.
                return
            self._untitled = deque(wanted for wanted in self._untitled if wanted != job_id)

    def _took(self, jobs: tuple[Job, ...]) -> None:
        self._told(self._store.apply(jobs))

    def _told(self, change: Change) -> bool:
        if change:
            self._emit(JobsChanged(change))
        return bool(change)

    def _tell(self, wait: float, trouble: TakedeckError | None) -> None:
        allowance = self._provider.allowance
        self._emit(Polled(wait, trouble, allowance.remaining, allowance.limit, self._broken))
