"""Saves jobs and settings between runs, and provides searches and estimates from them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from takedeck.errors import HistoryNote, TakedeckError
from takedeck.library.estimate import Estimate, Estimates, took
from takedeck.library.history import History
from takedeck.library.index import Index
from takedeck.library.search import Query, parse
from takedeck.library.store import Change, Store, View
from takedeck.model import Job, Status
from takedeck.session.events import JobsChanged, Listener, Trouble

_FIRST: Final = 200
"""Jobs that are loaded before the first paint."""

_RECENT_POLL: Final = 20.0
"""A job's end is taken as now only if the last poll was less than this many seconds ago."""
_CHUNK: Final = 1_000
"""Jobs that are loaded at once afterwards."""

KEPT: Final = ("status", "search", "cursor", "volume", "place")
"""The names of the settings that are saved between runs."""


class JobHistory:
    """One owner's part of the history, and the store that it fills. Use it from one event loop.

    `now` returns the server's time (UTC). A failure to save is reported once, and the jobs stay on
    screen. `message` is for the user, about the opening of the file.
    """

    def __init__(
        self,
        history: History,
        owner: str,
        store: Store,
        now: Callable[[], datetime],
        settings: History | None = None,
    ) -> None:
        self._history = history
        self._settings_in = settings or history
        self._owner = owner
        self._store = store
        self._now = now
        self._index = Index()
        self._estimates = Estimates()
        self._unsaved: dict[str, None] = {}
        self._finished: dict[str, datetime] = {}
        self._settings: dict[str, str] = {}
        self._wake = asyncio.Event()
        self._save_fault_told = False
        self._unread_told = 0
        self._from_history = False
        self._polled_at: datetime | None = None
        self._unsaved_settings: set[str] = set()
        self.message: str | None = None

    @classmethod
    async def open(
        cls,
        folder: Path | None,
        owner: str,
        store: Store,
        now: Callable[[], datetime],
        *,
        former: str | None = None,
        settings: Path | None = None,
    ) -> Self:
        """Open the history in `folder` and load its newest jobs into the store.

        With None as the folder, the history is in memory. What was saved for the `former` owner is
        moved to this one. `settings` is the folder for `keep`, if it is another one. Raises
        nothing: faults are in `message`.
        """
        if folder is None:
            history, message = History.in_memory(), None
        else:
            history, message = await _opened(folder)
        other = None
        try:
            if settings is not None and settings != folder:
                other, trouble = await _opened(settings)
                message = message or trouble
            kept = cls(history, owner, store, now, other)
            kept.message = message
            try:
                if former is not None:
                    await asyncio.to_thread(history.adopt, owner, former)
                await kept._begin()
            except TakedeckError as error:
                kept.message = str(error)
        except BaseException:
            # Cancelled: the app was told to end before it had begun.
            for each in (history, other):
                if each is not None:
                    each.close()
            raise
        return kept

    async def _begin(self) -> None:
        owner, history = self._owner, self._history
        self._store.apply(await asyncio.to_thread(history.load, owner, _FIRST))
        self._estimates = Estimates(await asyncio.to_thread(history.durations, owner))
        for name in KEPT:
            kept = await asyncio.to_thread(self._settings_in.recall, owner, name)
            self._settings[name] = kept or ""

    async def run(self, emit: Listener) -> None:
        """Load the rest of the history, then save changes, for ever."""
        try:
            await self._load_rest(emit)
        except TakedeckError as error:
            emit(Trouble(error))
        self._tell_unread(emit)
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._save()
            except TakedeckError as error:
                if not self._save_fault_told:
                    self._save_fault_told = True
                    emit(Trouble(error))

    async def _load_rest(self, emit: Listener) -> None:
        known = [job_id for _, job_id in self._store.in_order()]
        last = known[-1] if len(known) >= _FIRST else None
        await asyncio.to_thread(self._index.learn, list(self._store))
        while last is not None:
            jobs = await asyncio.to_thread(self._history.load, self._owner, _CHUNK, after=last)
            change = self._store.apply(jobs)
            # Made in advance, or the first search over very many jobs would be slow.
            await asyncio.to_thread(
                self._index.learn, [self._store.get(job.id) or job for job in jobs]
            )
            if change:
                self._from_history = True
                emit(JobsChanged(Change(change.added)))
                self._from_history = False
            last = jobs[-1].id if len(jobs) == _CHUNK else None

    async def reread(self, emit: Listener) -> None:
        """Load jobs that another takedeck process has added meanwhile."""
        try:
            kept = await asyncio.to_thread(self._history.load, self._owner, _FIRST)
        except TakedeckError as error:
            emit(Trouble(error))
            return
        # Only new jobs: of all others the store has the newer state.
        change = self._store.apply([job for job in kept if job.id not in self._store])
        if change:
            self._from_history = True
            emit(JobsChanged(change))
            self._from_history = False
        self._tell_unread(emit)

    def _tell_unread(self, emit: Listener) -> None:
        """Report how many jobs could not be read, if that number is new."""
        if (count := self._history.unread) == self._unread_told:
            return
        self._unread_told = count
        jobs = "One job" if count == 1 else f"{count} jobs"
        emit(
            Trouble(
                HistoryNote(
                    f"{jobs} could not be read and {'is' if count == 1 else 'are'} set aside in "
                    "the file's table set_aside; all others are shown.",
                    next_step="What the API still lists of them comes back by itself.",
                )
            )
        )

    async def _save(self) -> None:
        unsaved, self._unsaved = self._unsaved, {}
        finished, self._finished = self._finished, {}
        chosen, self._unsaved_settings = self._unsaved_settings, set()
        jobs = [job for job_id in unsaved if (job := self._store.get(job_id))]
        try:
            await self._write(jobs, finished, settings=chosen)
        except BaseException:
            # Failed or cancelled: keep everything, to be saved by the next try or at the end.
            self._unsaved = unsaved | self._unsaved
            self._finished = finished | self._finished
            self._unsaved_settings |= chosen
            raise

    async def _write(
        self, jobs: list[Job], finished: dict[str, datetime], *, settings: set[str]
    ) -> None:
        if jobs:
            await asyncio.to_thread(self._history.save, self._owner, jobs, finished_at=finished)
        for name in sorted(settings):
            value = self._settings[name] or None
            await asyncio.to_thread(self._settings_in.remember, self._owner, name, value)

    async def close(self) -> None:
        """Save what is left, and close the file. Raises `HistoryError`."""
        try:
            await self._save()
        finally:
            await asyncio.to_thread(self._history.close)
            await asyncio.to_thread(self._settings_in.close)

    # --- what is learned

    def learn(self, change: Change) -> None:
        """Note changed jobs, to be saved soon, and how long the finished ones took."""
        if self._from_history:
            return
        self._unsaved.update(dict.fromkeys(change.added + change.updated))
        self._wake.set()
        if not self._polled_recently():
            return
        for job_id in change.settled:
            self._finished[job_id] = now = self._now()
            job = self._store.get(job_id)
            if job is not None and (seconds := took(job, now)) is not None:
                self._estimates.add(job.engine, job.mode, seconds)

    def polled(self) -> None:
        """A poll has succeeded: a job seen to end at the next one ended between the two."""
        self._polled_at = self._now()

    def _polled_recently(self) -> bool:
        """Whether the last poll was recent enough to take an end that is seen now as now."""
        before = self._polled_at
        return before is not None and (self._now() - before).total_seconds() < _RECENT_POLL

    def estimate(self, job: Job) -> Estimate | None:
        """How long such jobs take, by the user's finished jobs; None if there are too few."""
        return self._estimates.of(job.engine, job.mode)

    # --- what is looked for

    def view(self, status: Status | None, text: str) -> tuple[View, str | None]:
        """The jobs of that status that match the search `text`, and its first mistake, or None."""
        query = parse(text)
        mistake = query.mistakes[0].message if query.mistakes else None
        return View(self._store, status, self._matcher(query)), mistake

    def _matcher(self, query: Query) -> Callable[[Job], bool] | None:
        if not query:
            return None
        index = self._index
        return lambda job: index.matches(query, job)

    def remember(self, status: str, text: str) -> None:
        """Save the filter's status word and the search text (500 characters) for the next run."""
        self.keep("status", status)
        self.keep("search", text[:500])
        self.flush()

    def recall(self) -> tuple[str, str]:
        """The filter's status word and the search text of the last run; empty if there was none."""
        return self.kept("status"), self.kept("search")

    def keep(self, name: str, value: str) -> None:
        """Set one of `KEPT` for the next run; saved after the next `flush` or at the end."""
        if self._settings.get(name, "") != value:
            self._settings[name] = value
            self._unsaved_settings.add(name)

    def kept(self, name: str) -> str:
        """One of `KEPT` as last set; empty if it never was."""
        return self._settings.get(name, "")

    def flush(self) -> None:
        """Save soon what `keep` has changed."""
        if self._unsaved_settings:
            self._wake.set()


async def _opened(folder: Path) -> tuple[History, str | None]:
    """The folder's history, and what the user has to be told; closed again where it is cancelled.

    The thread that opens it cannot be cancelled.
    """
    opening = asyncio.create_task(asyncio.to_thread(History.open, folder))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        history, _ = await opening
        history.close()
        raise
