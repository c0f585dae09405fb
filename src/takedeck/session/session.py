"""One run of takedeck against one account: the jobs, the opened track, and what they share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from datetime import datetime
from typing import Any, Final

from takedeck.config import Settings
from takedeck.errors import DemoEnded, HistoryNote, TakedeckError
from takedeck.library.estimate import Estimate
from takedeck.library.store import Store, View
from takedeck.model import SUCCEEDED, Job, Status
from takedeck.providers.base import Abilities, Provider
from takedeck.session.events import (
    Event,
    Hub,
    JobsChanged,
    Listener,
    NextTrack,
    Polled,
    TrackEnded,
    Trouble,
)
from takedeck.session.job_history import JobHistory
from takedeck.session.player import Player
from takedeck.session.poller import JobPoller
from takedeck.session.resume import from_text, to_text
from takedeck.session.suspend import SuspendDetector
from takedeck.session.tasks import Tasks

Closer = Callable[[], Awaitable[None]]
_KEEP_EVERY: Final = 5.0
"""Seconds between two looks at what has to be there again at the next start."""


class Session:
    """Joins the rooms, without a screen. Lives in one event loop; no method here blocks it."""

    def __init__(
        self,
        settings: Settings,
        provider: Provider,
        store: Store,
        poller: JobPoller,
        player: Player,
        history: JobHistory,
        hub: Hub,
        tasks: Tasks,
        closers: list[Closer],
    ) -> None:
        self.settings = settings
        self._provider = provider
        self._store = store
        self.player = player
        self._poller = poller
        self._history = history
        self._hub = hub
        self._closers = closers
        self._tasks = tasks
        self._now = provider.server_now
        self._suspend = SuspendDetector()
        self._watching: asyncio.Task[None] | None = None
        self._listed: View | None = None
        hub.listen(self._learn)

    def listen(self, listener: Listener) -> None:
        """Tell this listener everything that happens from now on."""
        self._hub.listen(listener)

    def start(self, crashed: Callable[[BaseException], None]) -> None:
        """Begin to watch the jobs; `crashed` hears of an error that nobody expected."""
        self._tasks.on_crash = crashed
        if self._history.message:
            self._hub.emit(Trouble(HistoryNote(self._history.message)))
        if (place := from_text(self._history.kept("place"))) is not None:
            self.player.resume(place)
        self._tasks.spawn(self._history.run(self._hub.emit))
        self._tasks.spawn(self._keep_now_and_then())
        self._watching = self._tasks.spawn(self._poller.run())

    def depend_on(self, ended: Coroutine[Any, Any, None]) -> None:
        """Stop asking for jobs, and say so, when this comes back: the demo's simulator is gone."""

        async def watch_it() -> None:
            await ended
            if self._watching is not None:
                self._watching.cancel()
            self._hub.emit(Trouble(DemoEnded("Nothing new can be asked for.")))

        self._tasks.spawn(watch_it())

    @property
    def abilities(self) -> Abilities:
        """What the provider's API offers."""
        return self._provider.abilities

    @property
    def account(self) -> str:
        """Which API this is, and whose account: one line for people."""
        return f"{self._provider.name} · {self._provider.account}"

    def job(self, job_id: str) -> Job | None:
        """The job, as last seen; None where it is not known."""
        return self._store.get(job_id)

    @property
    def knows_none(self) -> bool:
        """Whether not a single job is known."""
        return not len(self._store)

    def now(self) -> datetime:
        """The server's time (UTC), as well as it is known."""
        return self._now()

    def freeze(self, clock: Callable[[], datetime]) -> None:
        """Show ages by this clock instead of the server's."""
        self._now = clock

    def count(self, status: Status | None) -> str:
        """How many jobs are known; with a plus where there may be more."""
        known = self._store.counts[status.word] if status else len(self._store)
        whole = self._poller.complete(None) or self._poller.complete(status)
        return f"{known}{'' if whole else '+'}"

    def complete(self, status: Status | None) -> bool:
        """Whether every job under that filter is known."""
        return self._poller.complete(None) or self._poller.complete(status)

    def set_filter(self, status: Status | None) -> None:
        """Ask the server for jobs of that status too."""
        self._poller.set_filter(status)

    def active(self) -> int:
        """How many jobs are under way, as far as the API still knows them."""
        return len(self._poller.active())

    def set_away(self, away: bool) -> None:
        """The terminal has lost the focus, or has it again: ask less, or at once."""
        self._poller.set_away(away)

    def notice_sleep(self) -> None:
        """Ask anew after the machine has slept: connections are dead, and so are signed URLs."""
        if self._suspend.happened():
            self._tasks.spawn(self._wake_up())

    async def _wake_up(self) -> None:
        await self._provider.renew()
        if not self._poller.refused:
            self.refresh()

    def view(self, status: Status | None, text: str) -> tuple[View, str | None]:
        """The rows of that status that the search finds, and what of it was not understood.

        They are the list from now on: what comes next in it is what `open_beside` opens.
        """
        self._listed, mistake = self._history.view(status, text)
        return self._listed, mistake

    def open_beside(self, step: int) -> None:
        """Play the next (`step` 1) or the previous (-1) job of the list that has a track.

        It counts from the open one, or from the cursor where the list does not show that.
        """
        opened = self.player.opened.job_id if self.player.opened else None
        cursor = self.kept_cursor()
        after = self._listed.beside(opened, step, cursor) if self._listed is not None else None
        self._hub.emit(NextTrack(opened, after))
        if after is not None:
            self.player.open(after)

    def remember(self, status: str, text: str) -> None:
        """Keep the filter and the search for the next start."""
        self._history.remember(status, text)

    def recall(self) -> tuple[str, str]:
        """The filter's status word and the search of the last time."""
        return self._history.recall()

    def keep_cursor(self, job_id: str | None) -> None:
        """Keep which job the cursor is on for the next start; None is whichever is newest."""
        self._history.keep("cursor", job_id or "")

    def kept_cursor(self) -> str | None:
        """The job that the cursor was on the last time; None for the newest."""
        return self._history.kept("cursor") or None

    async def _keep_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(_KEEP_EVERY)
            self._keep_place()
            self._history.flush()

    def _keep_place(self) -> None:
        """Keep the open track, where it is and how it is mixed, and how loud everything is."""
        place = self.player.place()
        self._history.keep("place", to_text(place) if place else "")
        self._history.keep("volume", f"{self.player.mixer.volume:.2f}")

    def estimate(self, job: Job) -> Estimate | None:
        """How long such jobs take, as far as this person's own tell."""
        return self._history.estimate(job)

    def refresh(self) -> None:
        """Ask for the jobs now, and mint the opened track's URLs anew."""
        self._poller.refresh()
        self._tasks.spawn(self._history.reread(self._hub.emit))
        self.player.mint_anew()

    def want_titles(self, job_ids: list[str]) -> None:
        """These jobs are on screen: learn the titles of those that have one."""
        wanted = []
        for job_id in job_ids:
            job = self._store.get(job_id)
            if job is not None and job.result_track_id and not job.tracks:
                wanted.append(job_id)
        self._poller.want_titles(wanted)

    def fetch_job(self, job_id: str) -> None:
        """Fetch one job by itself: the cursor rests on it."""
        if self._poller.refused:
            return
        self._tasks.spawn(self._fetch_job(job_id))

    async def add(self, ids: Iterable[str]) -> tuple[list[str], list[tuple[str, TakedeckError]]]:
        """Look these jobs up and keep them: the ids of those that are there, and the others."""
        from takedeck.session.adding import look_up

        added: list[str] = []
        failed: list[tuple[str, TakedeckError]] = []
        async for wanted, answer in look_up(ids, self._poller.fetch_job):
            if isinstance(answer, Job):
                added.append(answer.id)
            else:
                failed.append((wanted, answer))
        return added, failed

    def add_later(self, ids: Iterable[str]) -> None:
        """Look these jobs up meanwhile, and say nothing of those that are not there."""

        async def add_them() -> None:
            await self.add(ids)

        self._tasks.spawn(add_them())

    def load_older(self) -> None:
        """Fetch the next page of older jobs."""
        self._tasks.spawn(self._poller.load_older())

    async def close(self) -> None:
        """Stop watching, close the deck, the connections and whatever was started for them."""
        await self.player.keep_what_arrived()
        await self._tasks.close()
        self._keep_place()
        await self.player.close()
        try:
            await self._history.close()
        except TakedeckError as trouble:
            self._hub.emit(Trouble(trouble))
        for close in self._closers:
            await close()

    def _learn(self, event: Event) -> None:
        if isinstance(event, JobsChanged):
            self._history.learn(event.change)
            self._play_done(event.change.settled)
        elif isinstance(event, Polled) and event.trouble is None:
            self._history.polled()
        elif isinstance(event, TrackEnded) and self.settings.autoplay:
            self.open_beside(1)

    def _play_done(self, settled: Iterable[str]) -> None:
        """Play what has just succeeded, where the config wants that, unless something plays."""
        if not self.settings.play_done:
            return
        for job_id in settled:
            job = self._store.get(job_id)
            if job is not None and job.status == SUCCEEDED and not self.player.deck_state.busy:
                self.player.open(job_id)

    async def _fetch_job(self, job_id: str) -> None:
        try:
            await self._poller.fetch_job(job_id)
        except TakedeckError as trouble:
            self._hub.emit(Trouble(trouble))
