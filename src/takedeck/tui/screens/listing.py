"""The half of the main screen that holds the list: filter, search, older pages, a closer look."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.timer import Timer

from takedeck.model import SUCCEEDED, Job, Status
from takedeck.tui import messages
from takedeck.tui.screens.modal import open_once
from takedeck.tui.widgets.banner import Banner
from takedeck.tui.widgets.filters import FilterBar
from takedeck.tui.widgets.job_detail import JobDetail
from takedeck.tui.widgets.jobs import JobsPane
from takedeck.tui.widgets.search import SearchBar

if TYPE_CHECKING:
    from takedeck.session.events import JobsChanged, Polled
    from takedeck.session.session import Session

_STATUS = Binding.Group("Status", compact=True)
LOOK_AFTER = 0.15
"""Seconds that a job stays under the cursor before it is asked for by itself."""


class ListKeys(Screen[None]):
    """What the list shows, and what of it is asked for."""

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
        Binding("a", "add", "Add ids", id="list.add", show=False),
        Binding("slash", "search", "Search", id="search", key_display="/"),
    ]

    session: Session | None = None
    _resting: Timer | None = None
    _polled: Polled | None = None

    def now(self) -> datetime:
        """The time that the panes show ages by."""
        raise NotImplementedError

    def counted(self) -> None:
        """What is known of the jobs has changed."""
        raise NotImplementedError

    def peaks_of(self, job: Job) -> tuple[bytes, int] | None:
        """The peaks of the job's master and how many there will be, where the deck has it."""
        raise NotImplementedError

    def open_job(self, job_id: str) -> None:
        """Open the job's track and play it."""
        raise NotImplementedError

    def go_to_list(self) -> None:
        """Give the keys to the list, and show it where only one pane fits."""
        raise NotImplementedError

    # --- what is shown

    def show_list(self, status: Status | None) -> None:
        """Show the jobs of that status that the search finds."""
        bar, search = self.query_one(FilterBar), self.query_one(SearchBar)
        bar.chosen = status
        if (session := self.session) is None:
            return
        view, mistake = session.view(status, search.text)
        search.say(mistake)
        pane = self.query_one(JobsPane)
        pane.say_empty(self.empty_text())
        pane.show(view, complete=session.complete(status))
        self.show_counts()

    def show_counts(self) -> None:
        """Say in the filter bar how many jobs are known in each status."""
        if (session := self.session) is not None:
            counts = {"": session.count(None)}
            bar = self.query_one(FilterBar)
            counts |= {status.word: session.count(status) for status in bar.choices if status}
            bar.counts = counts
            self.counted()

    def jobs_changed(self, event: JobsChanged) -> None:
        """Bring list, counts and detail up to what is known."""
        session, pane = self.session, self.query_one(JobsPane)
        if session is None:
            return
        pane.tick(self.now())
        pane.apply(event.change, complete=session.complete(self.query_one(FilterBar).chosen))
        self.show_counts()
        shown = self.query_one(JobDetail).job
        if shown is not None and shown.id in event.change.updated:
            self.show_job(session.store.get(shown.id))

    def show_job(self, job: Job | None) -> None:
        """Show that job in the detail pane."""
        estimate = self.session.estimate(job) if self.session and job else None
        peaks = self.peaks_of(job) if job else None
        self.query_one(JobDetail).show(job, self.now(), estimate, peaks)

    def empty_text(self) -> str:
        """What stands in a list without rows."""
        status = self.query_one(FilterBar).chosen
        if self.query_one(SearchBar).text:
            return "nothing known matches the search; esc clears it"
        offline = self._polled is not None and self._polled.trouble is not None
        if offline and self.session is not None and not len(self.session.store):
            return "nothing is known yet"
        if status:
            return f"no job is {status.word}"
        listed = self.session is None or self.session.provider.abilities.lists_jobs
        return f"no jobs yet: {'generate something' if listed else 'a adds one by its id'}"

    # --- what the widgets ask for

    @on(messages.JobHighlighted)
    def _highlighted(self, message: messages.JobHighlighted) -> None:
        if self._resting is not None:
            self._resting.stop()
        shown = self.query_one(JobDetail).job
        if shown is None or shown.id != message.job_id:
            self.query_one(Banner).pass_by()
        job = self.session.store.get(message.job_id) if self.session and message.job_id else None
        self.show_job(job)
        if job is not None and job.status == SUCCEEDED and not job.tracks:
            self._resting = self.set_timer(LOOK_AFTER, lambda: self._fetch(job.id))

    def _fetch(self, job_id: str) -> None:
        if self.session is not None:
            self.session.fetch_job(job_id)

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

    @on(messages.FilterPicked)
    def _filter_picked(self, message: messages.FilterPicked) -> None:
        self._filter(message.status)

    @on(messages.SearchTyped)
    def _search_typed(self) -> None:
        self.show_list(self.query_one(FilterBar).chosen)
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

    async def clear_list(self) -> None:
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
        self.show_list(status)
        self._remember()

    def _remember(self) -> None:
        if self.session is not None:
            chosen = self.query_one(FilterBar).chosen
            self.session.remember(chosen.word if chosen else "", self.query_one(SearchBar).text)
