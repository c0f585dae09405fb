"""The three panes: how they share the screen, and the borders that the mouse moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final, Literal, NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Vertical

from takedeck.tui.messages import Divided
from takedeck.tui.preferences import Preferences, share
from takedeck.tui.widgets.job_detail import JobDetail
from takedeck.tui.widgets.jobs import JobsPane
from takedeck.tui.widgets.track import TrackPane

_SIDE_LEAST: Final = 9
_AROUND_LANES: Final = 4
"""Rows of the track pane beside its lanes: two borders, the transport and the foot."""
_LIST_LEAST: Final = 6
_PANE_LEAST: Final = 4
_HINT_ROWS: Final = 5
"""Rows of a track pane that has no more to say than how to open one."""
_Border = Literal["list_width", "side_height", "job_height"]
"""The borders that can be moved, by the share that each decides."""


class _Division(NamedTuple):
    """What the style sheet does not decide, as Textual's styles take it; None leaves it to that."""

    list_width: str | None = None
    side_height: int | None = None
    job_height: str | None = None
    job_most: str | int | None = None


class Panes(Container):
    """The list beside the job and the track, or above one of them where it is narrow.

    Without the user's own `shares` the job pane fits what it says, and a pane under the list is as
    high as the track's lanes need.
    """

    def __init__(self, started: datetime, shares: Preferences, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._started = started
        self.shares = shares
        self._rows = 0
        self._open = False
        self._divided = _Division()
        self._moving: _Border | None = None

    def compose(self) -> ComposeResult:
        """The list, and beside it the job and the track."""
        yield JobsPane(self._started, id="jobs")
        with Vertical(id="side"):
            yield JobDetail(id="job")
            yield TrackPane(id="track")

    def make_room(self, lanes: int, more: int) -> None:
        """Lay out the panes for a track with that many lanes and `more` rows above them.

        0 lanes: no track is open.
        """
        self._open = lanes > 0
        self._rows = max(1, lanes) + more + _AROUND_LANES
        self._divide()

    def _divide(self) -> None:
        wanted = self._division()
        if wanted == self._divided:
            # Each of these sets off a layout of the whole screen, also where nothing changes.
            return
        self._divided = wanted
        self.query_one(JobsPane).styles.width = wanted.list_width
        self.query_one("#side").styles.height = wanted.side_height
        self._job.styles.height = wanted.job_height
        self._job.styles.max_height = wanted.job_most

    def _division(self) -> _Division:
        shares, rows = self.shares, self.size.height
        if self._one_at_a_time:
            return _Division()
        if self._narrow:
            high = max(_SIDE_LEAST, self._rows)
            if shares.side_height is not None:
                high = round(shares.side_height / 100 * rows)
            return _Division(side_height=max(_PANE_LEAST, min(high, rows - _LIST_LEAST)))
        width = None if shares.list_width is None else f"{shares.list_width}%"
        if shares.job_height is not None:
            return _Division(width, job_height=f"{shares.job_height}%", job_most="100%")
        if self._open:
            return _Division(width)
        return _Division(width, job_most=max(_PANE_LEAST, rows - _HINT_ROWS))

    @property
    def _job(self) -> JobDetail:
        return self.query_one(JobDetail)

    @property
    def _narrow(self) -> bool:
        return self.screen.has_class("-narrow")

    @property
    def _one_at_a_time(self) -> bool:
        return bool({"-tiny", "-low", "-zoomed"} & self.screen.classes)

    def _border_at(self, x: int, y: int) -> _Border | None:
        """Which share the border on that cell of the screen decides."""
        if self._one_at_a_time:
            return None
        jobs, side = self.query_one(JobsPane).region, self.query_one("#side").region
        if self._narrow:
            return "side_height" if y in (jobs.bottom - 1, side.y) else None
        if x in (jobs.right - 1, side.x):
            return "list_width"
        if x > side.x and y in (self._job.region.bottom - 1, self.query_one(TrackPane).region.y):
            return "job_height"
        return None

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of a border."""
        self._moving = self._border_at(event.screen_x, event.screen_y)
        if self._moving is not None:
            event.stop()
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Let the border follow."""
        x, y, region = event.screen_x, event.screen_y, self.region
        match self._moving:
            case "list_width":
                part = share(x - region.x + 1, region.width)
                self.shares = replace(self.shares, list_width=part)
            case "side_height":
                part = share(region.bottom - y, region.height)
                self.shares = replace(self.shares, side_height=part)
            case "job_height":
                part = share(y - region.y + 1, region.height)
                self.shares = replace(self.shares, job_height=part)
            case _:
                return
        self._divide()

    def on_mouse_up(self) -> None:
        """Leave the border where it is."""
        if self._moving is not None:
            self._moving = None
            self.release_mouse()
            self.post_message(Divided(self.shares))

    def on_click(self, event: events.Click) -> None:
        """A double click gives a border back to takedeck."""
        if event.chain != 2:
            return
        match self._border_at(event.screen_x, event.screen_y):
            case "list_width":
                self.shares = replace(self.shares, list_width=None)
            case "side_height":
                self.shares = replace(self.shares, side_height=None)
            case "job_height":
                self.shares = replace(self.shares, job_height=None)
            case _:
                return
        self._divide()
        self.post_message(Divided(self.shares))
