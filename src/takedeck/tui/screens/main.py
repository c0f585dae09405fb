"""The one screen: jobs on the left, the job and the opened track on the right."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical

from takedeck.errors import DemoEnded, TakedeckError
from takedeck.model import Job, Status
from takedeck.tui import messages
from takedeck.tui.hangup import hung_up
from takedeck.tui.screens.panes import AT, PaneKeys
from takedeck.tui.screens.transport import TransportKeys
from takedeck.tui.widgets.banner import Banner
from takedeck.tui.widgets.filters import FilterBar
from takedeck.tui.widgets.header import HeaderBar
from takedeck.tui.widgets.job_detail import JobDetail
from takedeck.tui.widgets.jobs import JobsPane
from takedeck.tui.widgets.keys import KeysFooter
from takedeck.tui.widgets.search import SearchBar
from takedeck.tui.widgets.track import TrackPane

if TYPE_CHECKING:
    from takedeck.session.events import Event, Polled
    from takedeck.session.session import Session


_OF_STEMS = frozenset({"solo", "mute", "mute_number", "source", "gain", "null_test"})


class MainScreen(TransportKeys, PaneKeys):
    """Three panes, a filter bar over them, and the keys at the foot."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "refresh_all", "Refresh", id="refresh", show=False),
    ]
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (100, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (16, "-high")]  # noqa: RUF012

    def __init__(self, now: datetime) -> None:
        super().__init__(classes=" ".join((AT[0], *self._size_classes())))
        self._started = now

    def _size_classes(self) -> list[str]:
        # What the breakpoints will find anyway: set now, no style is worked out twice.
        columns, rows = shutil.get_terminal_size()
        return [
            [name for least, name in points if size >= least][-1]
            for size, points in (
                (columns, self.HORIZONTAL_BREAKPOINTS),
                (rows, self.VERTICAL_BREAKPOINTS),
            )
        ]

    def compose(self) -> ComposeResult:
        """The panes, before anything is known."""
        yield HeaderBar()
        yield FilterBar()
        yield SearchBar()
        yield Banner(id="banner")
        with Container(id="panes"):
            yield JobsPane(self._started, id="jobs")
            with Vertical(id="side"):
                yield JobDetail(id="job")
                yield TrackPane(id="track")
        yield KeysFooter()

    def on_mount(self) -> None:
        """Nothing is known yet; the list has the keys."""
        self.query_one(Banner).clear()
        self.query_one(JobsPane).focus()
        self.call_after_refresh(self._make_search)
        self.set_interval(1.0, self._tick)

    async def _make_search(self) -> None:
        # Its widgets come after the first frame, which does not show them.
        if self.query_one("#panes").is_attached and self.app.is_running:
            await self.query_one(SearchBar).make()

    # --- the session

    async def adopt(self, session: Session) -> None:
        """Show this session from now on, with the filter and the search of the last time."""
        switched, self.session = self.session is not None, session
        self.autoplay = session.settings.autoplay
        self._polled = None
        self.query_one(Banner).clear()
        self.query_one(JobsPane).forget()
        self.show_job(None)
        bar = self.query_one(FilterBar)
        bar.choices = (None, *session.provider.abilities.statuses)
        self.adopt_player(session.player)
        status, text = session.recall()
        await self.query_one(SearchBar).put(text)
        chosen = Status(status) if status else None
        session.set_filter(chosen)
        self.show_list(chosen)
        self.query_one(JobsPane).await_job(session.kept_cursor())
        if switched:
            self.go_to_list()
        self._link(
            state="connected", pace=None, again_in=None, refused=False, left=None, limit=None
        )
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave out the keys of what the provider's API has not got."""
        if self.session is not None:
            abilities = self.session.provider.abilities
            if action in _OF_STEMS:
                return abilities.stems
            if action == "version":
                return abilities.several
        return super().check_action(action, parameters)

    def show_error(self, error: TakedeckError) -> None:
        """Say what went wrong; all else stays as it is."""
        self.query_one(Banner).show_error(error)

    def fail(self, error: TakedeckError) -> None:
        """There will be no session; say why."""
        self.query_one(JobsPane).say_empty("not connected")
        self._link(state="not connected")
        self.query_one(Banner).show_error(error)

    @on(messages.Happened)
    def _happened(self, message: messages.Happened) -> None:
        from takedeck.session import events

        event: Event = message.event
        if isinstance(event, events.JobsChanged):
            self.jobs_changed(event)
            for job_id in event.change.settled:
                self._done(job_id)
        elif isinstance(event, events.Polled):
            self._polled_now(event)
        elif isinstance(event, events.Trouble):
            self.query_one(Banner).show_error(event.error)
            if isinstance(event.error, DemoEnded):
                self._link(state="simulator ended", pace=None, again_in=None, refused=False)
        elif isinstance(event, events.TrackChanged):
            self.show_track()
        else:
            self.show_deck(event.state)

    def _done(self, job_id: str) -> None:
        session = self.session
        job = session.store.get(job_id) if session else None
        if session is None or job is None:
            return
        from takedeck.tui import bell

        good = job.status.word == "succeeded"
        text = bell.words(job)
        if session.settings.toast:
            title = f"{job.status.sign} {job.status}"
            self.notify(
                text, title=title, severity="information" if good else "warning", markup=False
            )
        if good and session.settings.play_done and not session.player.deck_state.busy:
            self.open_job(job_id)
        bell.ring(self.app, session.settings.notify, text, dict(os.environ))

    def _polled_now(self, event: Polled) -> None:
        first, self._polled = self._polled is None, event
        banner = self.query_one(Banner)
        if event.trouble is not None:
            if first or banner.error is None or type(banner.error) is not type(event.trouble):
                banner.show_error(event.trouble)
            self._link(
                state=event.trouble.title.lower(),
                again_in=None if event.wait is None else max(1, round(event.wait)),
                refused=event.wait is None,
                pace=None,
            )
        else:
            self._recovered()
            self._link(
                state="live",
                again_in=None,
                refused=False,
                pace=round(event.wait or 0.0),
                left=event.left,
                limit=event.limit,
            )
        pane = self.query_one(JobsPane)
        pane.broken = event.broken
        pane.say_empty(self.empty_text())

    def _recovered(self) -> None:
        banner, link = self.query_one(Banner), self.query_one(HeaderBar).link
        if link.again_in is not None or link.refused or banner.outlived:
            banner.clear()

    def peaks_of(self, job: Job) -> tuple[bytes, int] | None:
        """The peaks of the opened job's master."""
        player = self.player
        if player is None or player.opened is None or player.opened.job_id != job.id:
            return None
        return (player.peaks("master"), player.expected_peaks("master"))

    def name_of(self, job_id: str) -> str:
        """The title of the job's track, or the job's id while that is not known."""
        job = self.session.store.get(job_id) if self.session else None
        return job.track.name if job and job.track else job_id

    def counted(self) -> None:
        """Say how many jobs are under way."""
        self._link()

    def _link(self, **changes: Any) -> None:
        header, session = self.query_one(HeaderBar), self.session
        if session is not None:
            changes = {
                "account": f"{session.provider.name} · {session.provider.account}",
                "demo": session.settings.demo,
                "active": session.active(),
                **changes,
            }
        header.link = header.link._replace(**changes)

    def keep_cursor(self) -> None:
        """Let the next start put the cursor where it is now."""
        if self.session is not None:
            self.session.keep_cursor(self.query_one(JobsPane).chosen)

    def _tick(self) -> None:
        if not self.app.is_headless and hung_up():
            # Nobody can see or stop it any more, and reading what is gone would take a whole core.
            self.app.call_next(self.app.action_quit)
        if self.session is not None:
            self.session.notice_sleep()
            self.keep_cursor()
        self.query_one(JobsPane).tick(self.now())
        if (job := self.query_one(JobDetail).job) is not None:
            self.show_job(job)
        link = self.query_one(HeaderBar).link
        if link.again_in is not None and link.again_in > 1:
            self._link(again_in=link.again_in - 1)
        self.show_deck(None)

    def now(self) -> datetime:
        """The server's time, as well as it is known."""
        return self.session.now() if self.session else self._started

    @on(events.AppBlur)
    def _away(self) -> None:
        if self.session is not None:
            self.session.set_away(True)

    @on(events.AppFocus)
    def _back(self) -> None:
        if self.session is not None:
            self.session.set_away(False)

    # --- keys

    def action_refresh_all(self) -> None:
        """Ask for the jobs now, and mint the opened track's URLs anew."""
        if self.session is not None:
            self.session.refresh()
