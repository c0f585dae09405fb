"""What is kept between starts, and what is learned from it: jobs, searches, how long jobs take."""

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
_MOMENT: Final = 20.0
"""Seconds between two polls for which an end that is seen tells how long a job took."""
_CHUNK: Final = 1_000
KEPT: Final = ("status", "search", "cursor", "volume", "place")
"""What is kept of the screen between starts: the list's, and the player's."""


class JobHistory:
    """One owner's part of the history, beside the store it fills. Lives in one event loop.

    What cannot be kept is told once, and the jobs stay on screen all the same.
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
        self._work = asyncio.Event()
        self._told = False
        self._unread = 0
        self._recalling = False
        self._polled_at: datetime | None = None
        self._chosen: set[str] = set()
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
        """What was kept in that folder, its newest jobs already in the store; None keeps nothing.

        What was kept for the `former` owner is this one's from now on. `settings` is the folder of
        what `keep` keeps, where it is another one.
        """
        if folder is None:
            history, message = History.in_memory(), None
        else:
            history, message = await asyncio.to_thread(History.open, folder)
        other = None
        if settings is not None and settings != folder:
            other, trouble = await asyncio.to_thread(History.open, settings)
            message = message or trouble
        kept = cls(history, owner, store, now, other)
        kept.message = message
        try:
            if former is not None:
                await asyncio.to_thread(history.adopt, owner, former)
            await kept._begin()
        except TakedeckError as error:
            kept.message = str(error)
        return kept

    async def _begin(self) -> None:
        owner, history = self._owner, self._history
        self._store.apply(await asyncio.to_thread(history.load, owner, _FIRST))
        self._estimates = Estimates(await asyncio.to_thread(history.durations, owner))
        for name in KEPT:
            kept = await asyncio.to_thread(self._settings_in.recall, owner, name)
            self._settings[name] = kept or ""

    async def run(self, emit: Listener) -> None:
        """Fetch the rest of the history, then write down what changes; for ever."""
        try:
            await self._load_rest(emit)
        except TakedeckError as error:
            emit(Trouble(error))
        self._tell_unread(emit)
        while True:
            await self._work.wait()
            self._work.clear()
            try:
                await self._save()
            except TakedeckError as error:
                if not self._told:
                    self._told = True
                    emit(Trouble(error))

    async def _load_rest(self, emit: Listener) -> None:
        known = [job_id for _, job_id in self._store.in_order()]
        last = known[-1] if len(known) >= _FIRST else None
        await asyncio.to_thread(self._index.learn, list(self._store))
        while last is not None:
            jobs = await asyncio.to_thread(self._history.load, self._owner, _CHUNK, after=last)
            change = self._store.apply(jobs)
            # Made ahead: the first search over very many jobs would be felt.
            await asyncio.to_thread(
                self._index.learn, [self._store.get(job.id) or job for job in jobs]
            )
            if change:
                self._recalling = True
                emit(JobsChanged(Change(change.added)))
                self._recalling = False
            last = jobs[-1].id if len(jobs) == _CHUNK else None

    async def reread(self, emit: Listener) -> None:
        """Take in what another takedeck has added meanwhile."""
        try:
            kept = await asyncio.to_thread(self._history.load, self._owner, _FIRST)
        except TakedeckError as error:
            emit(Trouble(error))
            return
        # Only what is new: of all else the store knows better.
        change = self._store.apply([job for job in kept if job.id not in self._store])
        if change:
            self._recalling = True
            emit(JobsChanged(change))
            self._recalling = False
        self._tell_unread(emit)

    def _tell_unread(self, emit: Listener) -> None:
        """Say how many jobs could not be read, unless that was said."""
        if (count := self._history.unread) == self._unread:
            return
        self._unread = count
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
        chosen, self._chosen = self._chosen, set()
        jobs = [job for job_id in unsaved if (job := self._store.get(job_id))]
        try:
            await self._write(jobs, finished, settings=chosen)
        except BaseException:
            # Not written, or cut off while it was: what is left is written at the end.
            self._unsaved = unsaved | self._unsaved
            self._finished = finished | self._finished
            self._chosen |= chosen
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
        """Write down what is left, and let go of the file."""
        try:
            await self._save()
        finally:
            await asyncio.to_thread(self._history.close)
            await asyncio.to_thread(self._settings_in.close)

    # --- what is learned

    def learn(self, change: Change) -> None:
        """Take in what changed, to be written down soon."""
        if self._recalling:
            return
        self._unsaved.update(dict.fromkeys(change.added + change.updated))
        self._work.set()
        if not self._watched():
            return
        for job_id in change.settled:
            self._finished[job_id] = now = self._now()
            job = self._store.get(job_id)
            if job is not None and (seconds := took(job, now)) is not None:
                self._estimates.add(job.engine, job.mode, seconds)

    def polled(self) -> None:
        """The list has been answered: what has ended since the last time ended between the two."""
        self._polled_at = self._now()

    def _watched(self) -> bool:
        """Whether the jobs were looked at a moment ago, so that an end seen now is an end now."""
        before = self._polled_at
        return before is not None and (self._now() - before).total_seconds() < _MOMENT

    def estimate(self, job: Job) -> Estimate | None:
        """How long such jobs take, once enough of this person's own have been seen."""
        return self._estimates.of(job.engine, job.mode)

    # --- what is looked for

    def view(self, status: Status | None, text: str) -> tuple[View, str | None]:
        """The rows of that status that the text finds, and what of it was not understood."""
        query = parse(text)
        mistake = query.mistakes[0].message if query.mistakes else None
        return View(self._store, status, self._matcher(query)), mistake

    def _matcher(self, query: Query) -> Callable[[Job], bool] | None:
        if not query:
            return None
        index = self._index
        return lambda job: index.matches(query, job)

    def remember(self, status: str, text: str) -> None:
        """Keep the filter and the search for the next start."""
        self.keep("status", status)
        self.keep("search", text[:500])
        self.flush()

    def recall(self) -> tuple[str, str]:
        """The filter's status word and the search of the last time; empty where there was none."""
        return self.kept("status"), self.kept("search")

    def keep(self, name: str, value: str) -> None:
        """Keep one of `KEPT` for the next start; written at the next `flush` or at the end."""
        if self._settings.get(name, "") != value:
            self._settings[name] = value
            self._chosen.add(name)

    def kept(self, name: str) -> str:
        """One of `KEPT` as it was kept last; empty where it never was."""
        return self._settings.get(name, "")

    def flush(self) -> None:
        """Write down soon what was kept."""
        if self._chosen:
            self._work.set()
