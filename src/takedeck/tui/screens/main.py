"""The one screen: jobs on the left, the job and the opened track on the right, and every key."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.timer import Timer

from takedeck.errors import DemoEnded, TakedeckError
from takedeck.model import SUCCEEDED, Job, Status
from takedeck.session.views import DeckState
from takedeck.tui import messages
from takedeck.tui.commands import Where, bindings, first_keys
from takedeck.tui.hangup import hung_up
from takedeck.tui.hints import LOOP, NULL_TEST, STEMS, VERSION, Hint, due
from takedeck.tui.preferences import Keep, Preferences
from takedeck.tui.screens.modal import open_once
from takedeck.tui.widgets.banner import Banner
from takedeck.tui.widgets.filters import FilterBar
from takedeck.tui.widgets.header import HeaderBar
from takedeck.tui.widgets.job_detail import JobDetail
from takedeck.tui.widgets.jobs import JobsPane
from takedeck.tui.widgets.keys import KeysFooter
from takedeck.tui.widgets.lanes import Lanes
from takedeck.tui.widgets.panes import Panes
from takedeck.tui.widgets.search import SearchBar
from takedeck.tui.widgets.track import TrackPane

if TYPE_CHECKING:
    from takedeck.session.events import Event, JobsChanged, Polled
    from takedeck.session.player import Player
    from takedeck.session.session import Session

FETCH_AFTER = 0.15
"""Seconds that a job stays under the cursor before it is asked for by itself."""
_NAMED_WITHIN = 2.0
"""Seconds to wait for the title of a job that has succeeded, before announcing it."""
_SOLO_WAITS = 3.0
"""Seconds after `S` in which a digit solos."""
FRAME = 0.1
"""Seconds between two looks at a deck that plays."""

_PANES = (JobsPane, JobDetail, Lanes)
_AT = ("-at-jobs", "-at-job", "-at-track")
"""The classes that say, where only one pane fits, which one is shown."""
_OF_STEMS = frozenset(
    {
        "solo", "solo_next", "solo_number", "mute", "mute_number", "clear_mix", "reset_gains",
        "source", "gain", "null_test",
    }
)  # fmt: skip
"""The actions that need an API with stems."""


class MainScreen(Screen[None]):
    """Three panes, a filter bar over them, and the keys at the foot.

    It asks the session, shows what the session says, and keeps nothing of the jobs or the track.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.SCREEN)]
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (100, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (16, "-high")]  # noqa: RUF012

    def __init__(
        self, now: datetime, preferences: Preferences, keep: Keep, keymap: Mapping[str, str]
    ) -> None:
        classes = [_AT[0], "-below-job", *self._size_classes()]
        super().__init__(classes=" ".join(classes + ["-zoomed"] * preferences.zoomed))
        self._preferences = preferences
        self._keep_preferences = keep
        self._keymap = keymap
        self.session: Session | None = None
        self._started = now
        self._polled: Polled | None = None
        self._resting: Timer | None = None
        self._frames: Timer | None = None
        self._solo_until = 0.0
        self._ended: list[str] = []
        """Ended jobs that are still to be announced."""
        self._telling: Timer | None = None
        self._unfocused = False

    def _size_classes(self) -> list[str]:
        # What the breakpoints will find anyway; set now, so that no style is computed twice.
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
        yield HeaderBar(first_keys(("own_key",), self._keymap))
        yield FilterBar()
        yield SearchBar()
        yield Banner(id="banner")
        yield Panes(self._started, self._preferences, id="panes")
        yield KeysFooter()

    def on_mount(self) -> None:
        """Start with an empty list, which has the focus."""
        self.query_one(Banner).clear()
        self.query_one(JobsPane).focus()
        self.call_after_refresh(self._make_search)
        self.set_interval(1.0, self._tick)

    async def _make_search(self) -> None:
        # Its widgets come after the first frame, which does not show them.
        if self.query_one(Panes).is_attached and self.app.is_running:
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
        """Show this session from now on, with the last filter and search."""
        switched, self.session = self.session is not None, session
        self._ended = []
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
        """Disable the keys for what the provider's API does not offer."""
        if self.session is not None:
            abilities = self.session.abilities
            if action in _OF_STEMS:
                return abilities.stems
            if action == "version":
                return abilities.several
        return super().check_action(action, parameters)

    def show_error(self, error: TakedeckError) -> None:
        """Show the error; everything else stays as it is."""
        self.query_one(Banner).show_error(error)

    def fail(self, error: TakedeckError) -> None:
        """Show why there will be no session."""
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
                self._done(event.change.settled)
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

    def _done(self, settled: tuple[str, ...]) -> None:
        """Announce the jobs that have just ended, as soon as their titles are known."""
        session = self.session
        if session is None:
            return
        self._ended += settled
        # Without reporting errors: a title that cannot be had is no trouble of the user's.
        session.add_later(job_id for job_id in settled if _unnamed(session.job(job_id)))
        self._tell_ended()

    def _tell_ended(self, *, now: bool = False) -> None:
        """Announce them in one toast and to the terminal; `now`, even without their titles."""
        session = self.session
        if now:
            self._telling = None
        if session is None or not self._ended:
            return
        if not now and any(_unnamed(session.job(job_id)) for job_id in self._ended):
            if self._telling is None:
                self._telling = self.set_timer(_NAMED_WITHIN, lambda: self._tell_ended(now=True))
            return
        if self._telling is not None:
            self._telling.stop()
            self._telling = None
        jobs = [job for job_id in self._ended if (job := session.job(job_id)) is not None]
        self._ended = []
        if not jobs:
            return
        from takedeck.tui import bell

        text = bell.words(jobs)
        if session.settings.toast:
            good = [job for job in jobs if job.status == SUCCEEDED]
            key = first_keys(("play_latest",), self._keymap)
            play = f" · {key} plays {'it' if len(jobs) == 1 else 'the last'}" if good else ""
            tone: SeverityLevel = "information" if len(good) == len(jobs) else "warning"
            self.notify(text + play, severity=tone, markup=False)
        bell.ring(self.app, session.settings.notify, text, dict(os.environ))

    def _polled_now(self, event: Polled) -> None:
        first, self._polled = self._polled is None, event
        banner = self.query_one(Banner)
        if event.trouble is not None:
            if first or banner.error is None or type(banner.error) is not type(event.trouble):
                banner.show_error(event.trouble)
            self._link(
                state=event.trouble.title[:1].lower() + event.trouble.title[1:],
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
        """Save the cursor's job for the next start."""
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
        if self._unfocused:
            self._frame()

    @on(events.AppBlur)
    def _away(self) -> None:
        self._unfocused = True
        if self.session is not None:
            self.session.set_away(True)

    @on(events.AppFocus)
    def _back(self) -> None:
        self._unfocused = False
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
        """Show in the filter bar how many jobs of each status are known."""
        if (session := self.session) is not None:
            counts = {"": session.count(None)}
            bar = self.query_one(FilterBar)
            # That there may be more is said once, behind the count of all.
            counts |= {
                status.word: session.count(status).removesuffix("+")
                for status in bar.choices
                if status
            }
            bar.counts = counts
            self._link()

    def _jobs_changed(self, event: JobsChanged) -> None:
        """Update the list, the counts and the detail pane."""
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
        opened = self.player.opened if self.player is not None else None
        shown = job is not None and opened is not None and opened.job_id == job.id
        opened_here = shown and opened is not None and opened.track is not None
        self.query_one(JobDetail).show(job, self.now(), estimate, opened=opened_here)

    def _empty_text(self) -> str:
        """The text of an empty list."""
        status = self.query_one(FilterBar).chosen
        if self.query_one(SearchBar).text:
            return "no job matches the search · esc clears it"
        offline = self._polled is not None and self._polled.trouble is not None
        if offline and self.session is not None and self.session.knows_none:
            return "no jobs are saved yet"
        if status:
            return f"no {status.word} jobs"
        listed = self.session is None or self.session.abilities.lists_jobs
        then = "what you generate appears here" if listed else "a adds one by its id"
        return f"no jobs yet · {then}"

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
        self._show_what_matters(job)
        if job is not None and job.status == SUCCEEDED and not job.tracks:
            self._resting = self.set_timer(FETCH_AFTER, lambda: self._fetch(job.id))

    def _show_what_matters(self, job: Job | None) -> None:
        """Where one pane fits under the list, choose it: a failure comes before the track."""
        opened = self.player.opened if self.player is not None else None
        if opened is None or (job is not None and (job.reason or job.status.active)):
            self._show_below("job")
        elif job is not None and job.id == opened.job_id:
            self._show_below("track")

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
        """Open the search line; the list follows what is typed."""
        bar = self.query_one(SearchBar)
        if not bar.has_focus_within:
            self.go_to_list()
        await bar.begin()

    def action_play_latest(self) -> None:
        """Play the job that succeeded last."""
        if self.session is None:
            return
        job_id = self.session.latest_result()
        if job_id is None:
            self.notify("No job has succeeded yet.", markup=False, timeout=3)
            return
        self.query_one(JobsPane).go_to(job_id)
        self._open(job_id)

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
        """Clear the search; if there is none, clear the filter."""
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
        """Poll now, and renew the open track's links."""
        if self.session is not None:
            self.session.refresh()

    # --- the open track

    def _show_track(self) -> None:
        """Show the open track."""
        if (player := self.player) is None:
            return
        opened, pane = player.opened, self.query_one(TrackPane)
        pane.show(opened, self.now())
        pane.say_opening(self._name_of(player.opening) if player.opening else None)
        self.query_one(JobsPane).mark_opened(opened.job_id if opened else None)
        if (job := self.query_one(JobDetail).job) is not None:
            self.show_job(job)
        self._arrange()
        self._frame()

    def _name_of(self, job_id: str) -> str:
        """The title of the job's track, or the job's id while that is not known."""
        job = self.session.job(job_id) if self.session else None
        return job.track.name if job and job.track else job_id

    def _show_deck(self, state: DeckState | None) -> None:
        """Show the deck's state, ten times a second while it plays."""
        if self.player is None or self._frames is None:
            return
        if (state or self.player.deck_state).busy:
            # Nobody watches the meters of an unfocused window: one frame a second will do.
            if self._unfocused:
                self._frames.pause()
            else:
                self._frames.resume()
        else:
            self._frames.pause()
            self._frame()

    def _frame(self) -> None:
        if (player := self.player) is not None:
            deck = player.shown_state
            self.query_one(TrackPane).play(
                deck,
                player.mixer.loop,
                player.bands,
                player.expected_bins,
                player.fresh_for(),
                self._hint(player, deck),
            )

    def _hint(self, player: Player, deck: DeckState) -> tuple[str, str] | None:
        """The keys and the words of the hint that is due."""
        opened = player.opened
        if opened is None or opened.track is None:
            return None
        learned = self._preferences.learned
        hint = due(deck, len(opened.part_names) - 1, len(opened.versions), learned)
        if hint is None:
            return None
        return first_keys(hint.commands, self._keymap), hint.words

    @on(messages.MuteAsked)
    def _mute_asked(self, message: messages.MuteAsked) -> None:
        if (player := self._with_track()) is not None:
            player.mute(message.stem)
            self._frame()

    @on(messages.SoloAsked)
    def _solo_asked(self, message: messages.SoloAsked) -> None:
        if (player := self._with_track()) is not None:
            player.solo(message.stem)
            self._frame()

    @on(messages.PlayAsked)
    def _play_asked(self) -> None:
        self.action_play_or_pause()

    @on(messages.VolumeAsked)
    def _volume_asked(self, message: messages.VolumeAsked) -> None:
        self.action_volume(message.percent)

    @on(messages.SeekAsked)
    def _seek_asked(self, message: messages.SeekAsked) -> None:
        if (player := self._with_track()) is not None:
            player.seek_share(message.share)
            self._frame()

    # --- keys: panes

    def action_pane(self, step: int) -> None:
        """Focus the next or the previous pane."""
        self._go_to(max(0, min(len(_PANES) - 1, self._pane + step)))

    def action_round(self, step: int) -> None:
        """Focus the next or the previous pane, wrapping around."""
        self._go_to((self._pane + step) % len(_PANES))

    @property
    def _pane(self) -> int:
        return next((n for n, kind in enumerate(_PANES) if isinstance(self.focused, kind)), 0)

    def go_to_list(self) -> None:
        """Focus the list, and show it where only one pane fits."""
        self._go_to(0)

    def _show_below(self, pane: str) -> None:
        """Show "job" or "track" where there is room for one pane only under the list."""
        self.set_class(pane == "job", "-below-job")
        self.set_class(pane == "track", "-below-track")

    def _arrange(self) -> None:
        """Give the pane under the list as many rows as the track's lanes need."""
        opened = self.player.opened if self.player is not None else None
        lanes = len(opened.part_names) if opened is not None else 0
        self.query_one(Panes).make_room(lanes, len(opened.versions) if opened else 0)

    def on_resize(self) -> None:
        """Lay the panes out for the new size."""
        self.call_after_refresh(self._resized)

    def _resized(self) -> None:
        self._arrange()
        # Only then do the waveforms have their width.
        self.call_after_refresh(self._frame)

    def action_zoom(self) -> None:
        """Show the focused pane alone, or all panes again."""
        self.toggle_class("-zoomed")
        self._prefer(zoomed=self.has_class("-zoomed"))
        self._resized()

    def _prefer(self, **changes: Any) -> None:
        """Change some preferences, and save them."""
        self._preferences = replace(self._preferences, **changes)
        self._keep_preferences(self._preferences)

    def _learn(self, hint: Hint) -> None:
        """Never show that hint again: the user has done what it tells of."""
        if hint.name not in self._preferences.learned:
            self._prefer(learned=self._preferences.learned | {hint.name})

    @on(messages.Divided)
    def _divided(self, message: messages.Divided) -> None:
        shares = message.shares
        self._prefer(
            list_width=shares.list_width,
            side_height=shares.side_height,
            job_height=shares.job_height,
        )
        self.call_after_refresh(self._frame)

    def _go_to(self, pane: int) -> None:
        if pane:
            self._show_below("job" if pane == 1 else "track")
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
        """Dismiss the message; if there is none, focus the list; then clear search and filter."""
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
        """The player if a track is open, else None."""
        player = self.player
        return player if player is not None and player.opened is not None else None

    def _open(self, job_id: str) -> None:
        """Open the job's track and play it."""
        if self.player is not None and self.session is not None:
            job = self.session.job(job_id)
            if job is None or not (job.reason or job.status.active):
                self._show_below("track")
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
        """Seek by that many seconds."""
        if (player := self._with_track()) is not None:
            player.seek_by(seconds)
            self._frame()

    def action_restart(self) -> None:
        """Go to the start."""
        if (player := self._with_track()) is not None:
            player.seek_to(0.0)
            self._frame()

    def action_volume(self, percent: int) -> None:
        """Change the volume by that many percentage points."""
        if (player := self._with_track()) is not None:
            player.volume_by(percent / 100)
            self._frame()

    def action_loop_in(self) -> None:
        """Set the loop's start here."""
        if (player := self._with_track()) is not None:
            self._learn(LOOP)
            player.loop_in()
            self._frame()

    def action_loop_out(self) -> None:
        """Set the loop's end here."""
        if (player := self._with_track()) is not None:
            player.loop_out()
            self._frame()

    def action_loop(self) -> None:
        """Switch the loop on or off."""
        if (player := self._with_track()) is not None:
            self._learn(LOOP)
            player.loop_switch()
            self._frame()

    def action_track(self, step: int) -> None:
        """Play the next or the previous job of the list that has a track."""
        if (session := self.session) is not None:
            self.keep_cursor()
            session.open_beside(step)

    def _next_track(self, before: str | None, after: str | None) -> None:
        if after is None:
            self.notify("No further track in the list.", markup=False, timeout=3)
        else:
            self.query_one(JobsPane).follow(before, after)

    def action_version(self, step: int) -> None:
        """Play another track of the open job, from the same second."""
        player = self.player
        if player is None:
            return
        if player.opened is None:
            self.notify("No track is open · enter opens one", markup=False, timeout=3)
        elif player.version(step):
            self._learn(VERSION)
        else:
            self.notify("This job has one track only.", markup=False, timeout=3)

    # --- keys: stems

    def action_source(self) -> None:
        """Switch between the master and its stems, at the same instant."""
        if (player := self._with_stems()) is not None:
            self._learn(STEMS)
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

    def action_solo_next(self) -> None:
        """Let the next digit solo its stem instead of muting it."""
        if self._with_stems() is not None:
            self._solo_until = monotonic() + _SOLO_WAITS
            self.notify("1 … 9 solo that stem", markup=False, timeout=_SOLO_WAITS)

    def action_solo_number(self, number: int) -> None:
        """Solo or unsolo the stem with that number."""
        player, stem = self._with_track(), self.query_one(Lanes).stem_at(number)
        if player is not None and stem is not None:
            player.solo(stem)
            self._frame()

    def action_clear_mix(self) -> None:
        """Clear every mute and solo."""
        if (player := self._with_track()) is not None:
            player.clear_mix()
            self._frame()

    def action_reset_gains(self) -> None:
        """Set every stem's gain to 0 dB."""
        if (player := self._with_track()) is not None:
            player.reset_gains()
            self._frame()

    def action_mute_number(self, number: int) -> None:
        """Mute or unmute the stem with that number; after `S`, solo it."""
        waits, self._solo_until = self._solo_until, 0.0
        if monotonic() < waits:
            self.app.clear_notifications()
            self.action_solo_number(number)
            return
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
            self._learn(NULL_TEST)
            player.null_test()
            self._frame()

    def _with_stems(self) -> Player | None:
        """The player if the open track has stems; if not, say so."""
        if len(self.query_one(Lanes).lanes) == 1:
            self.notify("This track has no stems.", markup=False, timeout=3)
        return self._with_track() if len(self.query_one(Lanes).lanes) > 1 else None

    def _stem(self) -> str | None:
        """The stem under the cursor; if there is none, say how to choose one."""
        lanes = self.query_one(Lanes)
        if lanes.stem is None and len(lanes.lanes) > 1:
            self.app.clear_notifications()
            self.notify(
                "Choose a stem first: tab to the track, then j. Or 1 … 9 mutes one.",
                markup=False,
                timeout=3,
            )
        elif lanes.stem is None and lanes.lanes:
            self.notify("This track has no stems.", markup=False)
        return lanes.stem


def _unnamed(job: Job | None) -> bool:
    """Whether the job has a track of which nothing is known yet."""
    return job is not None and job.status == SUCCEEDED and job.track is None
