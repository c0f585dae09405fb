"""The one screen: jobs on the left, the job and the opened track on the right, and every key."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.screen import Screen
from textual.timer import Timer

from takedeck.errors import DemoEnded, TakedeckError
from takedeck.model import SUCCEEDED, Job, Status
from takedeck.session.views import DeckState
from takedeck.tui import messages
from takedeck.tui.commands import Where, bindings
from takedeck.tui.hangup import hung_up
from takedeck.tui.screens.modal import open_once
from takedeck.tui.widgets.banner import Banner
from takedeck.tui.widgets.filters import FilterBar
from takedeck.tui.widgets.header import HeaderBar
from takedeck.tui.widgets.job_detail import JobDetail
from takedeck.tui.widgets.jobs import JobsPane
from takedeck.tui.widgets.keys import KeysFooter
from takedeck.tui.widgets.lanes import Lanes
from takedeck.tui.widgets.search import SearchBar
from takedeck.tui.widgets.track import TrackPane

if TYPE_CHECKING:
    from takedeck.session.events import Event, JobsChanged, Polled
    from takedeck.session.player import Player
    from takedeck.session.session import Session

FETCH_AFTER = 0.15
"""Seconds that a job stays under the cursor before it is asked for by itself."""
FRAME = 0.1
"""Seconds between two looks at a deck that plays."""

_PANES = (JobsPane, JobDetail, Lanes)
_AT = ("-at-jobs", "-at-job", "-at-track")
"""The classes that say, where only one pane fits, which one is shown."""
_OF_STEMS = frozenset({"solo", "mute", "mute_number", "source", "gain", "null_test"})
"""The actions that need an API with stems."""


class MainScreen(Screen[None]):
    """Three panes, a filter bar over them, and the keys at the foot.

    It asks the session, shows what the session says, and keeps nothing of the jobs or the track.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.SCREEN)]
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (100, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (16, "-high")]  # noqa: RUF012

    def __init__(self, now: datetime) -> None:
        super().__init__(classes=" ".join((_AT[0], *self._size_classes())))
        self.session: Session | None = None
        self._started = now
        self._polled: Polled | None = None
        self._resting: Timer | None = None
        self._frames: Timer | None = None
        self._was = DeckState()

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

    @property
    def player(self) -> Player | None:
        """The session's player."""
        return self.session.player if self.session is not None else None

    def now(self) -> datetime:
        """The server's time, as well as it is known."""
        return self.session.now() if self.session else self._started

    # --- the session

    async def adopt(self, session: Session) -> None:
        """Show this session from now on, with the filter and the search of the last time."""
        switched, self.session = self.session is not None, session
        self._polled = None
        self.query_one(Banner).clear()
        self.query_one(JobsPane).forget()
        self.show_job(None)
        bar = self.query_one(FilterBar)
        bar.choices = (None, *session.abilities.statuses)
        if self._frames is not None:
            self._frames.stop()
        self._frames = self.set_interval(FRAME, self._frame, pause=True)
        self._show_track()
        status, text = session.recall()
        await self.query_one(SearchBar).put(text)
        chosen = Status(status) if status else None
        session.set_filter(chosen)
        self._show_list(chosen)
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
            abilities = self.session.abilities
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
        match event:
            case events.JobsChanged():
                self._jobs_changed(event)
                for job_id in event.change.settled:
                    self._done(job_id)
            case events.Polled():
                self._polled_now(event)
            case events.Trouble(error):
                self.query_one(Banner).show_error(error)
                if isinstance(error, DemoEnded):
                    self._link(state="simulator ended", pace=None, again_in=None, refused=False)
            case events.TrackChanged():
                self._show_track()
            case events.NextTrack(before, after):
                self._next_track(before, after)
            case events.DeckChanged(state):
                self._show_deck(state)

    def _done(self, job_id: str) -> None:
        session = self.session
        job = session.job(job_id) if session else None
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
        pane.say_empty(self._empty_text())

    def _recovered(self) -> None:
        banner, link = self.query_one(Banner), self.query_one(HeaderBar).link
        if link.again_in is not None or link.refused or banner.outlived:
            banner.clear()

    def _link(self, **changes: Any) -> None:
        header, session = self.query_one(HeaderBar), self.session
        if session is not None:
            changes = {
                "account": session.account,
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
        self._show_deck(None)

    @on(events.AppBlur)
    def _away(self) -> None:
        if self.session is not None:
            self.session.set_away(True)

    @on(events.AppFocus)
    def _back(self) -> None:
        if self.session is not None:
            self.session.set_away(False)

    # --- the list

    def _show_list(self, status: Status | None) -> None:
        """Show the jobs of that status that the search finds."""
        bar, search = self.query_one(FilterBar), self.query_one(SearchBar)
        bar.chosen = status
        if (session := self.session) is None:
            return
        view, mistake = session.view(status, search.text)
        search.say(mistake)
        pane = self.query_one(JobsPane)
        pane.say_empty(self._empty_text())
        pane.show(view, complete=session.complete(status))
        self._show_counts()

    def _show_counts(self) -> None:
        """Say in the filter bar how many jobs are known in each status."""
        if (session := self.session) is not None:
            counts = {"": session.count(None)}
            bar = self.query_one(FilterBar)
            counts |= {status.word: session.count(status) for status in bar.choices if status}
            bar.counts = counts
            self._link()

    def _jobs_changed(self, event: JobsChanged) -> None:
        """Bring list, counts and detail up to what is known."""
        session, pane = self.session, self.query_one(JobsPane)
        if session is None:
            return
        pane.tick(self.now())
        pane.apply(event.change, complete=session.complete(self.query_one(FilterBar).chosen))
        self._show_counts()
        shown = self.query_one(JobDetail).job
        if shown is not None and shown.id in event.change.updated:
            self.show_job(session.job(shown.id))

    def show_job(self, job: Job | None) -> None:
        """Show that job in the detail pane."""
        estimate = self.session.estimate(job) if self.session and job else None
        peaks = self._peaks_of(job) if job else None
        self.query_one(JobDetail).show(job, self.now(), estimate, peaks)

    def _peaks_of(self, job: Job) -> tuple[bytes, int] | None:
        """The peaks of the opened job's master."""
        player = self.player
        if player is None or player.opened is None or player.opened.job_id != job.id:
            return None
        return (player.peaks("master"), player.expected_peaks("master"))

    def _empty_text(self) -> str:
        """What stands in a list without rows."""
        status = self.query_one(FilterBar).chosen
        if self.query_one(SearchBar).text:
            return "nothing known matches the search; esc clears it"
        offline = self._polled is not None and self._polled.trouble is not None
        if offline and self.session is not None and self.session.knows_none:
            return "nothing is known yet"
        if status:
            return f"no job is {status.word}"
        listed = self.session is None or self.session.abilities.lists_jobs
        return f"no jobs yet: {'generate something' if listed else 'a adds one by its id'}"

    # --- what the widgets ask for

    @on(messages.JobHighlighted)
    def _highlighted(self, message: messages.JobHighlighted) -> None:
        if self._resting is not None:
            self._resting.stop()
        shown = self.query_one(JobDetail).job
        if shown is None or shown.id != message.job_id:
            self.query_one(Banner).pass_by()
        job = self.session.job(message.job_id) if self.session and message.job_id else None
        self.show_job(job)
        if job is not None and job.status == SUCCEEDED and not job.tracks:
            self._resting = self.set_timer(FETCH_AFTER, lambda: self._fetch(job.id))

    def _fetch(self, job_id: str) -> None:
        if self.session is not None:
            self.session.fetch_job(job_id)

    @on(messages.JobOpened)
    def _opened(self, message: messages.JobOpened) -> None:
        self._open(message.job_id)

    @on(messages.NearEnd)
    def _near_end(self) -> None:
        if self.session is not None:
            self.session.load_older()

    @on(messages.RowsShown)
    def _rows_shown(self, message: messages.RowsShown) -> None:
        if self.session is not None:
            self.session.want_titles(message.job_ids)

    @on(messages.FilterPicked)
    def _filter_picked(self, message: messages.FilterPicked) -> None:
        self._filter(message.status)

    @on(messages.SearchTyped)
    def _search_typed(self) -> None:
        self._show_list(self.query_one(FilterBar).chosen)
        self._remember()

    @on(messages.SearchLeft)
    def _search_left(self, message: messages.SearchLeft) -> None:
        if not message.keep:
            self.query_one(SearchBar).display = False
        self.go_to_list()

    # --- keys

    def action_filter(self, step: int) -> None:
        """Choose the next or the previous status."""
        # At once, without a message on the way: the next key counts on the new list.
        self._filter(self.query_one(FilterBar).beside(step))

    async def action_search(self) -> None:
        """Type what to look for, in sight of what is found."""
        bar = self.query_one(SearchBar)
        if not bar.has_focus_within:
            self.go_to_list()
        await bar.begin()

    def action_add(self) -> None:
        """Add jobs by their ids."""
        if (session := self.session) is None:
            return
        from takedeck.tui.screens.add import AddScreen

        open_once(self.app, AddScreen(session.add), self._added)

    def _added(self, ids: list[str] | None) -> None:
        if not ids:
            return
        jobs = "a job" if len(ids) == 1 else f"{len(ids)} jobs"
        self.notify(f"Added {jobs}.", markup=False, timeout=3)
        self.query_one(JobsPane).go_to(ids[0])

    async def _clear_list(self) -> None:
        """Show again what the search left out; failing that, what the filter did."""
        search = self.query_one(SearchBar)
        if search.text:
            await search.put("")
            self._search_typed()
        elif self.query_one(FilterBar).chosen is not None:
            self._filter(None)

    def _filter(self, status: Status | None) -> None:
        if self.session is not None:
            self.session.set_filter(status)
        self._show_list(status)
        self._remember()

    def _remember(self) -> None:
        if self.session is not None:
            chosen = self.query_one(FilterBar).chosen
            self.session.remember(chosen.word if chosen else "", self.query_one(SearchBar).text)

    def action_refresh_all(self) -> None:
        """Ask for the jobs now, and mint the opened track's URLs anew."""
        if self.session is not None:
            self.session.refresh()

    # --- the opened track

    def _show_track(self) -> None:
        """Show the opened track as it stands."""
        if (player := self.player) is None:
            return
        opened, pane = player.opened, self.query_one(TrackPane)
        pane.show(opened, self.now())
        pane.say_opening(self._name_of(player.opening) if player.opening else None)
        self.query_one(JobsPane).mark_opened(opened.job_id if opened else None)
        self._frame()

    def _name_of(self, job_id: str) -> str:
        """The title of the job's track, or the job's id while that is not known."""
        job = self.session.job(job_id) if self.session else None
        return job.track.name if job and job.track else job_id

    def _show_deck(self, state: DeckState | None) -> None:
        """Look at the deck; ten times a second from now on while it plays."""
        if self.player is None or self._frames is None:
            return
        if (state or self.player.deck_state).busy:
            self._frames.resume()
        else:
            self._frames.pause()
            self._frame()

    def _frame(self) -> None:
        if (player := self.player) is not None:
            self.query_one(TrackPane).play(
                player.shown_state,
                player.mixer.loop,
                player.peaks,
                player.expected_peaks,
                player.fresh_for(),
            )

    @on(messages.SeekAsked)
    def _seek_asked(self, message: messages.SeekAsked) -> None:
        if (player := self._with_track()) is not None:
            player.seek_share(message.share)
            self._frame()

    # --- keys: panes

    def action_pane(self, step: int) -> None:
        """Give the keys to the next or the previous pane."""
        self._go_to(max(0, min(len(_PANES) - 1, self._pane + step)))

    def action_round(self, step: int) -> None:
        """Give the keys to the next or the previous pane, round and round."""
        self._go_to((self._pane + step) % len(_PANES))

    @property
    def _pane(self) -> int:
        return next((n for n, kind in enumerate(_PANES) if isinstance(self.focused, kind)), 0)

    def go_to_list(self) -> None:
        """Give the keys to the list, and show it where only one pane fits."""
        self._go_to(0)

    def _go_to(self, pane: int) -> None:
        for number, name in enumerate(_AT):
            self.set_class(number == pane, name)
        # At once, not with the next frame: a key that follows quickly is meant for that pane.
        if {"-tiny", "-low"} & self.classes:
            self.app.stylesheet.update(self)
        self.set_focus(self.query_one(_PANES[pane]))

    def action_open_here(self) -> None:
        """Open the job under the list's cursor, from a pane that has nothing else to open."""
        if not (isinstance(self.focused, Lanes) and self.focused.lanes):
            self.query_one(JobsPane).action_open()

    async def action_back(self) -> None:
        """Send the message away; failing that, go back to the list, and to all of it."""
        banner = self.query_one(Banner)
        if banner.error is not None:
            banner.clear()
        elif self.focused is not self.query_one(JobsPane):
            self.go_to_list()
        else:
            await self._clear_list()

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

    # --- keys: transport

    def _with_track(self) -> Player | None:
        """The player, where a track is open."""
        player = self.player
        return player if player is not None and player.opened is not None else None

    def _open(self, job_id: str) -> None:
        """Open the job's track and play it."""
        if self.player is not None:
            self.player.open(job_id)

    def action_play_or_pause(self) -> None:
        """Play or pause; with nothing open, open what is under the cursor."""
        player, job = self.player, self.query_one(JobsPane).cursor_job
        if player is None:
            return
        if player.opened is None and job is not None:
            player.open(job.id)
        else:
            player.toggle()

    def action_stop(self) -> None:
        """Stop, and go back to the start."""
        if (player := self._with_track()) is not None:
            player.stop()
            self._frame()

    def action_seek(self, seconds: float) -> None:
        """Move by so many seconds."""
        if (player := self._with_track()) is not None:
            player.seek_by(seconds)
            self._frame()

    def action_restart(self) -> None:
        """Go to the start."""
        if (player := self._with_track()) is not None:
            player.seek_to(0.0)
            self._frame()

    def action_volume(self, percent: int) -> None:
        """Change the volume by so many points of a hundred."""
        if (player := self._with_track()) is not None:
            player.volume_by(percent / 100)
            self._frame()

    def action_loop_in(self) -> None:
        """Begin the loop here."""
        if (player := self._with_track()) is not None:
            player.loop_in()
            self._frame()

    def action_loop_out(self) -> None:
        """End the loop here."""
        if (player := self._with_track()) is not None:
            player.loop_out()
            self._frame()

    def action_loop(self) -> None:
        """Loop or no longer."""
        if (player := self._with_track()) is not None:
            player.loop_switch()
            self._frame()

    def action_track(self, step: int) -> None:
        """Open the next or the previous job of the list that has a track."""
        if (session := self.session) is not None:
            self.keep_cursor()
            session.open_beside(step)

    def _next_track(self, before: str | None, after: str | None) -> None:
        if after is None:
            self.notify("There is no further track in the list.", markup=False, timeout=3)
        else:
            self.query_one(JobsPane).follow(before, after)

    def action_version(self, step: int) -> None:
        """Go on at the same second in another track of the opened job."""
        player = self.player
        if player is None:
            return
        if player.opened is None:
            self.notify("No track is open: enter opens one.", markup=False, timeout=3)
        elif not player.version(step):
            self.notify("This job has one track.", markup=False, timeout=3)

    # --- keys: stems

    def action_source(self) -> None:
        """Switch between the master and its stems, at the same instant."""
        if (player := self._with_stems()) is not None:
            player.switch_source()
            self._frame()

    def action_solo(self) -> None:
        """Solo the stem under the cursor."""
        player, stem = self._with_track(), self._stem()
        if player is not None and stem is not None:
            player.solo(stem)
            self._frame()

    def action_mute(self) -> None:
        """Mute or unmute the stem under the cursor."""
        player, stem = self._with_track(), self._stem()
        if player is not None and stem is not None:
            player.mute(stem)
            self._frame()

    def action_mute_number(self, number: int) -> None:
        """Mute or unmute the stem with that number."""
        player, stem = self._with_track(), self.query_one(Lanes).stem_at(number)
        if player is not None and stem is not None:
            player.mute(stem)
            self._frame()

    def action_gain(self, decibels: int) -> None:
        """Change the gain of the stem under the cursor."""
        player, stem = self._with_track(), self._stem()
        if player is not None and stem is not None:
            player.gain_by(stem, decibels)
            self._frame()

    def action_null_test(self) -> None:
        """Measure what is left of the master without its stems."""
        if (player := self._with_stems()) is not None:
            player.null_test()
            self._frame()

    def _with_stems(self) -> Player | None:
        """The player, where the open track has stems; else it is said that it has none."""
        if len(self.query_one(Lanes).lanes) == 1:
            self.notify("This track has no stems.", markup=False, timeout=3)
        return self._with_track() if len(self.query_one(Lanes).lanes) > 1 else None

    def _stem(self) -> str | None:
        """The stem under the cursor; else it is said how to choose one."""
        lanes = self.query_one(Lanes)
        if lanes.stem is None and len(lanes.lanes) > 1:
            self.app.clear_notifications()
            self.notify(
                "Choose a stem first: tab to the track pane, then j; or 1 … 9 to mute one.",
                markup=False,
                timeout=3,
            )
        elif lanes.stem is None and lanes.lanes:
            self.notify("This track has no stems.", markup=False)
        return lanes.stem
