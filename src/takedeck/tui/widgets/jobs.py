"""The jobs pane: a list that draws only the rows on screen and keeps its place by job id."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from takedeck.model import SUCCEEDED, Job
from takedeck.tui.commands import Where, bindings
from takedeck.tui.format import age
from takedeck.tui.messages import JobHighlighted, JobOpened, NearEnd, RowsShown
from takedeck.tui.theme_styles import ThemeStyles
from takedeck.tui.widgets.job_row import row

if TYPE_CHECKING:
    from takedeck.session.views import Change, View

_NEAR = 10


class JobsPane(ScrollView, can_focus=True, inherit_bindings=False):
    """The live list. The cursor is a job, never a row, so nothing that arrives can move it."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.JOBS)]

    def __init__(self, now: datetime, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.border_title = "Jobs"
        self._now = now
        self._view: View | None = None
        self._cursor: str | None = None
        self._chosen: str | None = None
        self._row = 0
        self._opened: str | None = None
        self._awaited: str | None = None
        self._following = True
        self._unseen = 0
        self._complete = False
        self._style = ThemeStyles(self)
        self._shown: list[str] = []
        self.empty_text = "connecting…"
        self.broken = 0
        """Entries of the newest page that could not be shown as jobs."""

    @property
    def cursor_job(self) -> Job | None:
        """The job under the cursor."""
        if self._view is None or not len(self._view):
            return None
        return self._view.job_at(self._row)

    @property
    def chosen(self) -> str | None:
        """The job that was chosen with a key or the mouse; None while the cursor stays on top."""
        return None if self._following else self._awaited or self._cursor

    def await_job(self, job_id: str | None) -> None:
        """Put the cursor on that job as soon as it is known, unless a key moves it before."""
        self._awaited = job_id
        self._find_awaited()

    def forget(self) -> None:
        """Start over: the next jobs belong to another account."""
        self._view = self._cursor = self._chosen = self._opened = self._awaited = None
        self._row, self._following, self._shown = 0, True, []

    def show(self, view: View, *, complete: bool) -> None:
        """Show another view of the jobs, with the cursor on the job last chosen or the nearest."""
        self._view, self._complete = view, complete
        self._measure()
        if not len(view):
            self._set_cursor(0)
            return
        # Not the cursor: a filter that was only passed through must not have moved it.
        wanted = self._chosen or self._cursor
        found = view.row_of(wanted) if wanted else None
        if found is None:
            found = view.nearest(wanted) if wanted and not self._following else self._first(view)
        self._set_cursor(found)
        self._reveal()
        self._label()

    def apply(self, change: Change, *, complete: bool) -> None:
        """Apply the change to the rows, without moving the line that is being read."""
        if self._view is None:
            return
        before, self._complete = self._row, complete
        moved, repaint = self._view.apply(change)
        if moved:
            self._rows_moved(before, change.added)
            self._find_awaited()
        for job_id in repaint:
            if (at := self._view.row_of(job_id)) is not None:
                self._repaint_row(at)
        if self._cursor in change.updated or self._cursor is None:
            self._set_cursor(self._row)
        self._tell_shown(again=not set(change.updated).isdisjoint(self._shown))

    def tick(self, now: datetime) -> None:
        """Update the ages of the rows on screen; redraw only rows whose age reads differently."""
        before, self._now = self._now, now
        if self._view is None:
            return
        top = self.scroll_offset.y
        for number in range(top, min(len(self._view), top + self._rows_high())):
            created = self._view.job_at(number).created_at
            if age(before, created) != age(now, created):
                self._repaint_row(number)

    def mark_opened(self, job_id: str | None) -> None:
        """Mark the job whose track the deck holds."""
        self._opened = job_id
        self.refresh()

    def follow(self, job_id: str | None, other: str) -> None:
        """Move the cursor to the other job, if it stands on the first."""
        if job_id == self._cursor:
            self.go_to(other)

    def go_to(self, job_id: str) -> None:
        """Move the cursor to that job, if the filter shows it."""
        if self._view is not None and (at := self._view.row_of(job_id)) is not None:
            self._go(at)

    def say_empty(self, text: str) -> None:
        """Set the text of the empty list."""
        self.empty_text = text
        self.refresh()

    def _first(self, view: View) -> int:
        """Where the cursor begins: on the newest job that can be played, if one is on screen."""
        rows = range(min(len(view), self._rows_high()))
        return next((row for row in rows if view.job_at(row).status == SUCCEEDED), 0)

    def _find_awaited(self) -> None:
        if self._awaited is None or self._view is None:
            return
        if (at := self._view.row_of(self._awaited)) is not None:
            self._go(at)
        else:
            # Known or not, it is what the next start should come back to.
            self._following = False

    def _rows_moved(self, before: int, added: tuple[str, ...]) -> None:
        view = self._view
        if view is None:
            return
        self._measure()
        if not len(view):
            self._set_cursor(0)
            return
        found = view.row_of(self._cursor) if self._cursor else self._first(view)
        if found is None and self._cursor:
            found = view.nearest(self._cursor)
        top = self.scroll_offset.y
        self._set_cursor(found or 0)
        fits = self._row < self._rows_high()
        if self._following and fits:
            self._scroll_rows(0)
        else:
            self._scroll_rows(top + self._row - before)
            rows = (view.row_of(job_id) for job_id in added)
            self._unseen += sum(row is not None and row < top for row in rows)
        self._label()
        self.refresh()

    def _set_cursor(self, row_number: int) -> None:
        view = self._view
        if view is None or not len(view):
            self._row = 0
            if self._cursor is not None:
                self._cursor = None
                self.post_message(JobHighlighted(None))
            self.refresh()
            return
        old, self._row = self._row, max(0, min(row_number, len(view) - 1))
        self._cursor = view.id_at(self._row)
        self._repaint_row(old)
        self._repaint_row(self._row)
        self.post_message(JobHighlighted(self._cursor))

    def _measure(self) -> None:
        count = len(self._view) if self._view is not None else 0
        self.virtual_size = Size(0, count)
        self._label()

    def _label(self) -> None:
        count = len(self._view) if self._view is not None else 0
        more = "" if self._complete else "+"
        place = f"{self._row + 1} of {count}{more}" if count else ""
        broken = f"{self.broken} unreadable" if self.broken else ""
        self.border_subtitle = " · ".join(part for part in (broken, place) if part)
        self.border_title = f"Jobs  ↑ {self._unseen} new (g)" if self._unseen else "Jobs"

    def _rows_high(self) -> int:
        return max(1, self.scrollable_content_region.height)

    def _scroll_rows(self, top: int) -> None:
        self.scroll_to(y=max(0, top), animate=False, immediate=True)

    def _reveal(self) -> None:
        self.scroll_to_region(Region(0, self._row, 1, 1), animate=False, immediate=True, force=True)

    def _repaint_row(self, number: int) -> None:
        line = number - self.scroll_offset.y
        if 0 <= line < self.size.height:
            self.refresh(Region(0, line, self.size.width, 1))

    # --- keys and mouse

    def action_move(self, step: int) -> None:
        """Move the cursor by that many rows."""
        self._go(self._row + step)

    def action_page(self, pages: int) -> None:
        """Move the cursor by that many screenfuls."""
        self._go(self._row + pages * max(1, self._rows_high() - 1))

    def action_top(self) -> None:
        """Go to the newest job, and stay with the newest from now on."""
        self._go(0)
        self._following = True

    def action_bottom(self) -> None:
        """Go to the oldest job that is known."""
        self._go(len(self._view) - 1 if self._view is not None else 0)

    def action_open(self) -> None:
        """Open and play the job under the cursor."""
        if (job := self.cursor_job) is not None:
            self.post_message(JobOpened(job.id))

    def _go(self, number: int) -> None:
        self._set_cursor(number)
        self._chosen, self._awaited = self._cursor, None
        self._following = self._row == 0
        self._reveal()
        self._label()
        self._near_end()

    def _near_end(self) -> None:
        if self._view is None or self._complete:
            return
        last = max(self._row, self.scroll_offset.y + self._rows_high())
        if last >= len(self._view) - _NEAR:
            self.post_message(NearEnd())

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Notice how far down the list is shown."""
        super().watch_scroll_y(old_value, new_value)
        if round(new_value) == 0:
            self._unseen = 0
            self._label()
        self._near_end()
        self._tell_shown()

    def on_resize(self, _: events.Resize) -> None:
        """Keep the cursor on screen."""
        if self._view is not None and len(self._view):
            self._reveal()
        self._tell_shown()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row; a second click opens it."""
        at = event.get_content_offset(self)
        if at is None or self._view is None:
            return
        number = at.y + self.scroll_offset.y
        if number < len(self._view):
            self._go(number)
            if event.chain == 2:
                self.action_open()

    def _tell_shown(self, *, again: bool = False) -> None:
        if self._view is None:
            return
        top = self.scroll_offset.y
        rows = range(top, min(len(self._view), top + self._rows_high()))
        shown = [self._view.id_at(number) for number in rows]
        if again or shown != self._shown:
            self._shown = shown
            self.post_message(RowsShown(shown))

    # --- drawing

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen from the job that stands there now."""
        width = self.scrollable_content_region.width
        base, number = self.rich_style, y + self.scroll_offset.y
        if self._view is None or number >= len(self._view):
            text = f"  {self.empty_text}" if number == 0 and self.empty_text else ""
            return Strip([Segment(text, base + self._style("dim"))]).adjust_cell_length(width, base)
        job = self._view.job_at(number)
        cells = row(
            job, width=width, now=self._now, opened=job.id == self._opened, styles=self._style
        )
        strip = Strip(cells).adjust_cell_length(width)
        if number == self._row:
            under = self._style("cursor" if self.has_focus else "cursor-blurred")
            return strip.apply_style(under).apply_style(base)
        return strip.apply_style(base)
