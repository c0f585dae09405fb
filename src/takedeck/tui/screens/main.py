"""The one screen: jobs on the left, the job and the opened track on the right."""

from __future__ import annotations

import shutil
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Footer

from takedeck.errors import TakedeckError
from takedeck.model import SUCCEEDED, Job, Status
from takedeck.session.views import View
from takedeck.tui import messages
from takedeck.tui.screens.transport import TransportKeys
from takedeck.tui.widgets.banner import Banner
from takedeck.tui.widgets.filters import CHOICES, FilterBar
from takedeck.tui.widgets.header import HeaderBar, Link
from takedeck.tui.widgets.job_detail import JobDetail
from takedeck.tui.widgets.jobs import JobsPane
from takedeck.tui.widgets.lanes import Lanes
from takedeck.tui.widgets.track import TrackPane

if TYPE_CHECKING:
    from takedeck.session.events import Event, JobsChanged, Polled
    from takedeck.session.session import Session

_STATUS = Binding.Group("Status", compact=True)
_PANES = (JobsPane, JobDetail, Lanes)
LOOK_AFTER = 0.15
"""Seconds that a job stays under the cursor before it is asked for by itself."""


class MainScreen(TransportKeys, Screen[None]):
    """Three panes, a filter bar over them, and the keys at the foot."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "left_square_bracket",
            "filter(-1)",
            "Status",
            id="filter.previous",
            key_display="[",
            group=_STATUS,
        ),
        Binding(
            "right_square_bracket",
            "filter(1)",
            "Status",
            id="filter.next",
            key_display="]",
            group=_STATUS,
        ),
        Binding("r", "refresh_all", "Refresh", id="refresh"),
        Binding("h", "pane(-1)", "Left pane", id="pane.left", show=False),
        Binding("l", "pane(1)", "Right pane", id="pane.right", show=False),
        Binding("tab", "round(1)", "Next pane", id="pane.next", show=False),
        Binding("shift+tab", "round(-1)", "Previous pane", id="pane.previous", show=False),
        Binding("escape", "back", "Back", id="back", show=False),
        Binding("y", "copy", "Copy", id="copy", show=False),
    ]
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (100, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (16, "-high")]  # noqa: RUF012

    def __init__(self, now: datetime) -> None:
        super().__init__(classes=" ".join(("-at-jobs", *self._room())))
        self._started = now
        self.session: Session | None = None
        self._look: Timer | None = None
        self._polled: Polled | None = None

    def _room(self) -> list[str]:
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
        yield Banner(id="banner")
        with Container(id="panes"):
            yield JobsPane(self._started, id="jobs")
            with Vertical(id="side"):
                yield JobDetail(id="job")
                yield TrackPane(id="track")
        yield Container(id="keys")

    def on_mount(self) -> None:
        """Nothing is known yet; the list has the keys."""
        self.query_one(Banner).clear()
        self.query_one(JobsPane).focus()
        self.call_after_refresh(self._show_keys)
        self.set_interval(1.0, self._tick)

    async def _show_keys(self) -> None:
        # A footer is a widget for each key, which would hold up the first frame by a quarter.
        # It shows nothing until the bindings are told, which they were before it came.
        await self.query_one("#keys").mount(Footer(show_command_palette=False, compact=True))
        self.refresh_bindings()

    # --- the session

    def adopt(self, session: Session) -> None:
        """Show this session from now on."""
        self.session = session
        self.autoplay = session.settings.autoplay
        self.adopt_player(session.player)
        self._show_filter(None)
        self._link(state="connected")

    def fail(self, error: TakedeckError) -> None:
        """There will be no session; say why."""
        self.query_one(JobsPane).say_empty("not connected")
        self._link(state="not connected")
        self.query_one(Banner).tell(error)

    @on(messages.Happened)
    def _happened(self, message: messages.Happened) -> None:
        from takedeck.session import events

        event: Event = message.event
        if isinstance(event, events.JobsChanged):
            self._jobs_changed(event)
        elif isinstance(event, events.Polled):
            self._polled_now(event)
        elif isinstance(event, events.Trouble):
            self.query_one(Banner).tell(event.error)
        elif isinstance(event, events.TrackChanged):
            self.show_track()
        else:
            self.show_deck(event.state)

    def _jobs_changed(self, event: JobsChanged) -> None:
        session, pane = self.session, self.query_one(JobsPane)
        if session is None:
            return
        status = self.query_one(FilterBar).chosen
        pane.tick(self.now())
        pane.apply(event.change, complete=session.complete(status))
        self._count()
        shown = self.query_one(JobDetail).job
        if shown is not None and shown.id in event.change.updated:
            self._show_job(session.store.get(shown.id))

    def _polled_now(self, event: Polled) -> None:
        first, self._polled = self._polled is None, event
        banner = self.query_one(Banner)
        if event.trouble is not None:
            if first or banner.error is None or type(banner.error) is not type(event.trouble):
                banner.tell(event.trouble)
            self._link(
                state=event.trouble.title.lower(), again_in=max(1, round(event.wait)), pace=None
            )
        else:
            self._recovered()
            self._link(
                state="live",
                again_in=None,
                pace=round(event.wait),
                left=event.left,
                limit=event.limit,
            )
        self.query_one(JobsPane).say_empty(self._empty_text())

    def _recovered(self) -> None:
        banner, link = self.query_one(Banner), self.query_one(HeaderBar).link
        if link.again_in is not None or banner.outlived:
            banner.clear()

    def _empty_text(self) -> str:
        status = self.query_one(FilterBar).chosen
        if self._polled is not None and self._polled.trouble is not None:
            return "nothing is known yet"
        return f"no job is {status.word}" if status else "no jobs yet: generate something"

    def _link(self, **changes: object) -> None:
        header, session = self.query_one(HeaderBar), self.session
        known: dict[str, object] = {
            field: getattr(header.link, field) for field in Link.__dataclass_fields__
        }
        if session is not None:
            known["account"] = session.provider.account
            known["demo"] = session.settings.demo
            known["active"] = len(session.store.active())
        header.link = Link(**(known | changes))  # type: ignore[arg-type]

    def _count(self) -> None:
        if (session := self.session) is None:
            return
        counts = {"": session.count(None)}
        counts |= {status.word: session.count(status) for status in CHOICES if status}
        self.query_one(FilterBar).counts = counts
        self._link()

    def _tick(self) -> None:
        now = self.now()
        self.query_one(JobsPane).tick(now)
        detail = self.query_one(JobDetail)
        if detail.job is not None:
            detail.show(detail.job, now)
        link = self.query_one(HeaderBar).link
        if link.again_in is not None and link.again_in > 1:
            self._link(again_in=link.again_in - 1)
        self.show_deck(None)

    def now(self) -> datetime:
        """The server's time, as well as it is known."""
        return self.session.now() if self.session else self._started

    # --- jobs

    @on(messages.JobHighlighted)
    def _highlighted(self, message: messages.JobHighlighted) -> None:
        if self._look is not None:
            self._look.stop()
        job = self.session.store.get(message.job_id) if self.session and message.job_id else None
        self._show_job(job)
        if job is not None and job.status == SUCCEEDED and not job.tracks:
            self._look = self.set_timer(LOOK_AFTER, lambda: self._look_at(job.id))

    def _look_at(self, job_id: str) -> None:
        if self.session is not None:
            self.session.look(job_id)

    def _show_job(self, job: Job | None) -> None:
        self.query_one(JobDetail).show(job, self.now())

    @on(messages.JobOpened)
    def _opened(self, message: messages.JobOpened) -> None:
        self.open_job(message.job_id)

    @on(messages.NearEnd)
    def _near_end(self) -> None:
        if self.session is not None:
            self.session.load_older()

    @on(messages.RowsShown)
    def _rows_shown(self, message: messages.RowsShown) -> None:
        if self.session is not None:
            self.session.want_titles(message.job_ids)

    # --- keys

    @on(messages.FilterPicked)
    def _filter_picked(self, message: messages.FilterPicked) -> None:
        self._show_filter(message.status)

    def _show_filter(self, status: Status | None) -> None:
        self.query_one(FilterBar).chosen = status
        if (session := self.session) is not None:
            session.set_filter(status)
            pane = self.query_one(JobsPane)
            pane.say_empty(self._empty_text())
            pane.show(View(session.store, status), complete=session.complete(status))
            self._count()

    def action_filter(self, step: int) -> None:
        """Choose the next or the previous status."""
        # At once, without a message on the way: the next key counts on the new list.
        self._show_filter(self.query_one(FilterBar).beside(step))

    def action_refresh_all(self) -> None:
        """Ask for the jobs now, and mint the opened track's URLs anew."""
        if self.session is not None:
            self.session.refresh()

    def action_pane(self, step: int) -> None:
        """Give the keys to the next or the previous pane."""
        self._go_to(max(0, min(len(_PANES) - 1, self._pane + step)))

    def action_round(self, step: int) -> None:
        """Give the keys to the next or the previous pane, round and round."""
        self._go_to((self._pane + step) % len(_PANES))

    @property
    def _pane(self) -> int:
        return next((n for n, kind in enumerate(_PANES) if isinstance(self.focused, kind)), 0)

    def _go_to(self, pane: int) -> None:
        # Where only one pane fits, the style sheet shows the one that this class names.
        for number, name in enumerate(("-at-jobs", "-at-job", "-at-track")):
            self.set_class(number == pane, name)
        # At once, not with the next frame: a key that follows quickly is meant for that pane.
        if {"-tiny", "-low"} & self.classes:
            self.app.stylesheet.update(self)
        self.set_focus(self.query_one(_PANES[pane]))

    def action_back(self) -> None:
        """Send the message away; failing that, go back to the list, and to all of it."""
        banner = self.query_one(Banner)
        if banner.error is not None:
            banner.clear()
        elif self.focused is not self.query_one(JobsPane):
            self._go_to(0)
        elif self.query_one(FilterBar).chosen is not None:
            self._show_filter(None)

    def action_copy(self) -> None:
        """Copy what the message or the job says: the error whole, else the job's id."""
        banner, job = self.query_one(Banner), self.query_one(JobDetail).job
        if banner.error is not None:
            text, what = str(banner.error), "the message"
        elif job is not None and self.focused is self.query_one(JobDetail) and job.reason:
            text, what = job.reason, "the reason"
        elif job is not None:
            text, what = job.id, "the job's id"
        else:
            return
        self.app.copy_to_clipboard(text)
        self.notify(f"Copied {what}.", markup=False, timeout=2)
