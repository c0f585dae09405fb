"""One run of takedeck with one account: the jobs, the open track, and what they share."""

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
"""Seconds between two saves of the position, the mix and the volume."""


class Session:
    """Connects provider, store, history and player for a screen.

    Use it from one event loop; no method blocks it. Methods that start requests return at once, and
    their results and errors arrive as events.
    """

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
        self._view: View | None = None
        self._last_result: str | None = None
        hub.listen(self._on_event)

    def listen(self, listener: Listener) -> None:
        """Call `listener` with every event from now on."""
        self._hub.listen(listener)

    def start(self, crashed: Callable[[BaseException], None]) -> None:
        """Start polling and saving; `crashed` is called with an unexpected exception of a task."""
        self._tasks.on_crash = crashed
        if self._history.message:
            self._hub.emit(Trouble(HistoryNote(self._history.message)))
        if (place := from_text(self._history.kept("place"))) is not None:
            self.player.resume(place)
        self._tasks.spawn(self._history.run(self._hub.emit))
        self._tasks.spawn(self._keep_regularly())
        self._watching = self._tasks.spawn(self._poller.run())

    def depend_on(self, ended: Coroutine[Any, Any, None]) -> None:
        """When `ended` returns, the demo's simulator is gone: stop polling, emit `DemoEnded`."""

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
        """The API and the account, in one line for the user."""
        return f"{self._provider.name} · {self._provider.account}"

    def job(self, job_id: str) -> Job | None:
        """The job as last seen, or None if it is unknown."""
        return self._store.get(job_id)

    @property
    def knows_none(self) -> bool:
        """Whether no job is known at all."""
        return not len(self._store)

    def now(self) -> datetime:
        """The server's time (UTC), or that of the clock given to `freeze`."""
        return self._now()

    def freeze(self, clock: Callable[[], datetime]) -> None:
        """Use this clock (UTC) instead of the server's time."""
        self._now = clock

    def count(self, status: Status | None) -> str:
        """The number of known jobs of that status (None: all), with a plus if there may be more."""
        known = self._store.counts[status.word] if status else len(self._store)
        whole = self._poller.complete(None) or self._poller.complete(status)
        return f"{known}{'' if whole else '+'}"

    def complete(self, status: Status | None) -> bool:
        """Whether all jobs of that status (None: all jobs) are known."""
        return self._poller.complete(None) or self._poller.complete(status)

    def set_filter(self, status: Status | None) -> None:
        """Also poll for jobs of that status from now on; None ends it."""
        self._poller.set_filter(status)

    def active(self) -> int:
        """The number of active jobs that the API still has."""
        return len(self._poller.active())

    def set_away(self, away: bool) -> None:
        """The terminal has lost the focus (poll less) or has it again (poll at once)."""
        self._poller.set_away(away)

    def notice_sleep(self) -> None:
        """If the machine was suspended, renew connections, poll, and fetch fresh URLs."""
        if self._suspend.happened():
            self._tasks.spawn(self._wake_up())

    async def _wake_up(self) -> None:
        await self._provider.renew()
        if not self._poller.refused:
            self.refresh()

    def view(self, status: Status | None, text: str) -> tuple[View, str | None]:
        """The jobs of that status that match the search `text`, and its first mistake, or None.

        The view becomes the list in which `open_beside` finds the next track.
        """
        self._view, mistake = self._history.view(status, text)
        return self._view, mistake

    def open_beside(self, step: int) -> None:
        """Play the next (`step` 1) or previous (-1) job of the list that has a track.

        Counts from the open job, or from the cursor if the list does not show that. Emits
        `NextTrack`.
        """
        opened = self.player.opened.job_id if self.player.opened else None
        cursor = self.kept_cursor()
        after = self._view.beside(opened, step, cursor) if self._view is not None else None
        self._hub.emit(NextTrack(opened, after))
        if after is not None:
            self.player.open(after)

    def latest_result(self) -> str | None:
        """The id of the job that succeeded last: of those seen to end, else the newest known."""
        if self._last_result in self._store:
            return self._last_result
        newest_first = (job for _, job_id in self._store.in_order() if (job := self.job(job_id)))
        return next((job.id for job in newest_first if job.status == SUCCEEDED), None)

    def remember(self, status: str, text: str) -> None:
        """Save the filter's status word and the search text for the next run."""
        self._history.remember(status, text)

    def recall(self) -> tuple[str, str]:
        """The filter's status word and the search text of the last run; empty if there was none."""
        return self._history.recall()

    def keep_cursor(self, job_id: str | None) -> None:
        """Save the cursor's job for the next run; None means the newest."""
        self._history.keep("cursor", job_id or "")

    def kept_cursor(self) -> str | None:
        """The id of the cursor's job as last saved; None for the newest."""
        return self._history.kept("cursor") or None

    async def _keep_regularly(self) -> None:
        while True:
            await asyncio.sleep(_KEEP_EVERY)
            self._keep_place()
            self._history.flush()

    def _keep_place(self) -> None:
        """Save the open track with its position and mix, and the volume."""
        place = self.player.place()
        self._history.keep("place", to_text(place) if place else "")
        self._history.keep("volume", f"{self.player.mixer.volume:.2f}")

    def estimate(self, job: Job) -> Estimate | None:
        """How long such jobs take, by the user's finished jobs; None if there are too few."""
        return self._history.estimate(job)

    def refresh(self) -> None:
        """Poll now, reread the history, and fetch fresh URLs for the open track."""
        self._poller.refresh()
        self._tasks.spawn(self._history.reread(self._hub.emit))
        self.player.mint_anew()

    def want_titles(self, job_ids: list[str]) -> None:
        """Set the jobs on screen: missing titles of succeeded ones are fetched when idle."""
        wanted = []
        for job_id in job_ids:
            job = self._store.get(job_id)
            if job is not None and job.result_track_id and not job.tracks:
                wanted.append(job_id)
        self._poller.want_titles(wanted)

    def fetch_job(self, job_id: str) -> None:
        """Fetch one job, on which the cursor rests; not if the key was refused."""
        if self._poller.refused:
            return
        self._tasks.spawn(self._fetch_job(job_id))

    async def add(self, ids: Iterable[str]) -> tuple[list[str], list[tuple[str, TakedeckError]]]:
        """Look these jobs up and keep them; returns the ids found, and the others with errors."""
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
        """Like `add`, in the background and without reporting errors."""

        wanted = list(ids)

        async def add_them() -> None:
            await self.add(wanted)

        if wanted:
            self._tasks.spawn(add_them())

    def load_older(self) -> None:
        """Load the next page of older jobs under the filter."""
        self._tasks.spawn(self._poller.load_older())

    async def close(self) -> None:
        """Stop all tasks, save, close deck and connections, and await the closers."""
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

    def _on_event(self, event: Event) -> None:
        if isinstance(event, JobsChanged):
            self._history.learn(event.change)
            for job_id in event.change.settled:
                if (job := self._store.get(job_id)) is not None and job.status == SUCCEEDED:
                    self._last_result = job_id
            self._play_done(event.change.settled)
        elif isinstance(event, Polled) and event.trouble is None:
            self._history.polled()
        elif isinstance(event, TrackEnded) and self.settings.autoplay:
            self.open_beside(1)

    def _play_done(self, settled: Iterable[str]) -> None:
        """Play a job that has just succeeded, if the config says so and nothing is playing."""
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
