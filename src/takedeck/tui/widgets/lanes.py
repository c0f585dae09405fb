"""The parts of the opened track, one lane each: name, waveform, meter, mute, solo and gain."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from time import monotonic
from typing import ClassVar, Final, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from takedeck.session.views import DeckState, LoopRegion, PartState
from takedeck.text import safe_line
from takedeck.tui.commands import Where, bindings
from takedeck.tui.format import fit
from takedeck.tui.messages import MuteAsked, SeekAsked, SoloAsked
from takedeck.tui.theme_styles import ThemeStyles
from takedeck.tui.widgets.waveform import Columns, Run

_TALLEST: Final = 9
_DENSE: Final = 4
_FLOOR_DB: Final = -48.0
"""The level at which a meter shows nothing."""
_HOLD: Final = 1.5
"""Seconds for which a meter's highest level stays marked."""
_HEAD: Final = "│"


class Lane(NamedTuple):
    """One part: its name, and why it cannot be heard."""

    name: str
    trouble: str | None = None


class _Sizes(NamedTuple):
    """The widths of a lane's columns in cells; `gap` stands between `M` and `S`."""

    name: int
    level: int
    meter: int
    gap: int
    gain: int

    @property
    def behind(self) -> int:
        """Cells behind the waveform."""
        return self.level + 1 + self.meter + 1 + 2 + self.gap + self.gain


_SIZES: Final = (
    (100, _Sizes(12, 7, 8, 1, 7)),
    (64, _Sizes(11, 7, 6, 1, 7)),
    (44, _Sizes(9, 0, 3, 1, 4)),
    (0, _Sizes(6, 0, 1, 0, 0)),
)
"""By the least width of the pane."""


@dataclass(slots=True)
class _Drawn:
    """What of a lane is on screen."""

    columns: Columns = field(default_factory=Columns)
    rows: list[list[Run]] = field(default_factory=list)
    head: int = -1
    flags: tuple[object, ...] = ()
    meter: tuple[int, int] = (0, 0)
    held: float = 0.0
    held_at: float = 0.0


class Lanes(ScrollView, can_focus=True, inherit_bindings=False):
    """The master first, then the stems; the cursor says which stem the keys act on.

    Ten times a second only what has moved is redrawn: the meters, and the playhead when it reaches
    the next column.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.TRACK)]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.lanes: tuple[Lane, ...] = ()
        self.cursor = 0
        self._style = ThemeStyles(self)
        self._tops: list[int] = [0]
        """The first row of each lane, and the row after the last."""
        self._deck = DeckState()
        self._loop = LoopRegion()
        self._loop_columns: tuple[int, int] | None = None
        self._drawn: dict[str, _Drawn] = {}

    @property
    def stem(self) -> str | None:
        """The stem under the cursor; None on the master."""
        return self.lanes[self.cursor].name if 0 < self.cursor < len(self.lanes) else None

    def stem_at(self, number: int) -> str | None:
        """The stem with that number, counted from 1."""
        return self.lanes[number].name if 0 < number < len(self.lanes) else None

    def show(self, lanes: tuple[Lane, ...]) -> None:
        """Show these parts."""
        if [lane.name for lane in lanes] != [lane.name for lane in self.lanes]:
            self.cursor = 0
            self._drawn = {lane.name: _Drawn() for lane in lanes}
        elif lanes == self.lanes:
            return
        self.lanes = lanes
        self._measure()
        self.refresh()

    def play(
        self,
        deck: DeckState,
        loop: LoopRegion,
        bands: Callable[[str], bytes],
        expected: Callable[[str], int],
    ) -> None:
        """Show the deck's state; called ten times a second while it plays."""
        self._deck, self._loop = deck, loop
        parts = {part.name: part for part in deck.parts}
        first, width = self._wave_box()
        columns = self._columns_of(loop, width)
        everything, self._loop_columns = columns != self._loop_columns, columns
        for number, lane in enumerate(self.lanes):
            drawn, part = self._drawn[lane.name], parts.get(lane.name)
            if drawn.columns.update(bands(lane.name), expected(lane.name), width):
                drawn.rows = []
            changed = not drawn.rows or everything
            top, high = self._rows_of(number)
            top -= self.scroll_offset.y
            flags = (*_flags(part), lane.trouble)
            if flags != drawn.flags or changed:
                drawn.flags = flags
                self._refresh_lane(Region(0, top, self.size.width, high))
            self._move_head(drawn, part, Region(first, top, width, high))
            self._move_meter(drawn, part, top, first + width + self._sizes.level + 1)

    def _move_head(self, drawn: _Drawn, part: PartState | None, box: Region) -> None:
        head = self._head(box.width)
        if head == drawn.head:
            return
        before, drawn.head = drawn.head, head
        if part is None or not part.audible:
            # Grey from end to end: the playhead is not drawn in it.
            return
        if min(before, head) >= 0:
            left, right = sorted((before, head))
            self._refresh_lane(Region(box.x + left, box.y, right - left + 1, box.height))
        else:
            self._refresh_lane(box)

    def _move_meter(self, drawn: _Drawn, part: PartState | None, top: int, left: int) -> None:
        cells = self._sizes.meter
        still = self._deck.transport != "playing" or self.app.animation_level == "none"
        level = 0.0 if part is None or still or not part.audible else part.level
        now = monotonic()
        if level >= drawn.held or now - drawn.held_at > _HOLD:
            drawn.held, drawn.held_at = level, now
        meter = (_steps(level, cells), 0 if still else _steps(drawn.held, cells))
        if meter != drawn.meter:
            drawn.meter = meter
            self._refresh_lane(Region(left, top, cells, 1))

    def _refresh_lane(self, region: Region) -> None:
        if shown := region.intersection(self.size.region):
            self.refresh(shown)

    def action_move(self, step: int) -> None:
        """Move the cursor by that many lanes."""
        if self.lanes:
            self._put_cursor(max(0, min(len(self.lanes) - 1, self.cursor + step)))

    def _put_cursor(self, number: int) -> None:
        self.cursor = number
        top, high = self._rows_of(number)
        self.scroll_to_region(Region(0, top, 1, high), animate=False, force=True)
        self.refresh()

    def on_resize(self) -> None:
        """Let the lanes be as tall as there is room for."""
        self._measure()

    def _measure(self) -> None:
        count, rows = len(self.lanes), self.scrollable_content_region.height
        each, more = divmod(max(rows, count), max(1, count))
        # What does not divide goes to the first ones: no row is left empty.
        highs = [min(_TALLEST, each + (number < more)) for number in range(count)]
        self._tops = [0, *accumulate(highs)]
        self.virtual_size = Size(0, self._tops[-1])
        for drawn in self._drawn.values():
            drawn.rows = []

    def _rows_of(self, number: int) -> tuple[int, int]:
        """The first row of that lane, and how many it has."""
        return self._tops[number], self._tops[number + 1] - self._tops[number]

    def _lane_at(self, y: int) -> tuple[int, int]:
        """The lane on that line of the widget, and the row within the lane."""
        line = y + self.scroll_offset.y
        number = bisect_right(self._tops, line) - 1
        return number, line - self._tops[number]

    # --- the mouse

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the lane; on `M` or `S` mute or solo it, in its waveform seek there."""
        at = event.get_content_offset(self)
        if at is None:
            return
        number, row = self._lane_at(at.y)
        if number >= len(self.lanes):
            return
        self.cursor = number
        self.refresh()
        first, width = self._wave_box()
        if width and first <= at.x < first + width:
            self.post_message(SeekAsked((at.x - first + 0.5) / width))
            return
        mute = first + width + self._sizes.level + 1 + self._sizes.meter + 1
        if number and row == 0 and at.x == mute:
            self.post_message(MuteAsked(self.lanes[number].name))
        elif number and row == 0 and at.x == mute + 1 + self._sizes.gap:
            self.post_message(SoloAsked(self.lanes[number].name))

    # --- drawing

    @property
    def _sizes(self) -> _Sizes:
        width = self.scrollable_content_region.width
        return next(sizes for least, sizes in _SIZES if width >= least)

    def _wave_box(self) -> tuple[int, int]:
        """The first column of the waveforms, and how many there are."""
        sizes = self._sizes
        first = 2 + sizes.name
        return first, max(0, self.scrollable_content_region.width - first - sizes.behind)

    def _head(self, width: int) -> int:
        """The playhead's column; -1 where the length is not known."""
        deck = self._deck
        if not deck.duration or not width:
            return -1
        return min(width - 1, int(deck.position / deck.duration * width))

    def _columns_of(self, loop: LoopRegion, width: int) -> tuple[int, int] | None:
        """The first column of the loop and the one after its last, while it is on."""
        length = self._deck.duration
        if not loop.on or not length or not width:
            return None
        end = length if loop.end is None else loop.end
        first = min(width - 1, int((loop.start or 0.0) / length * width))
        return first, max(first + 1, min(width, math.ceil(end / length * width)))

    def render_line(self, y: int) -> Strip:
        """Draw one line of a lane."""
        width, base = self.scrollable_content_region.width, self.rich_style
        number, row = self._lane_at(y)
        if number >= len(self.lanes):
            return Strip.blank(width, base)
        lane = self.lanes[number]
        part = next((part for part in self._deck.parts if part.name == lane.name), None)
        here = number == self.cursor
        cells = self._label(number, lane, part, here=here) if row == 0 else [self._pad(here)]
        fault = lane.trouble or (part.fault if part else None)
        if fault:
            room = width - 2 - self._sizes.name
            if row == 0:
                cells.append(Segment(fit(f"✕ {safe_line(fault)}", room), self._style("fault")))
        else:
            cells += self._wave(number, row, audible=part is not None and part.audible)
            if row == 0:
                cells += self._behind(number, lane, part)
        return Strip(cells).adjust_cell_length(width).apply_style(base)

    def _label(
        self, number: int, lane: Lane, part: PartState | None, *, here: bool
    ) -> list[Segment]:
        quiet = part is not None and not part.audible
        style = self._style("lit" if here else "dim" if quiet else "name")
        if here and self.has_focus:
            style = style + self._style("cursor")
        key = str(number) if 0 < number < 10 else " "
        name = fit(lane.name, self._sizes.name - 1)
        return [Segment(f"{key} {name}", style), Segment(" ")]

    def _pad(self, here: bool) -> Segment:
        return Segment(" " * (2 + self._sizes.name))

    def _wave(self, number: int, row: int, *, audible: bool) -> list[Segment]:
        drawn, (_, width) = self._drawn[self.lanes[number].name], self._wave_box()
        _, high = self._rows_of(number)
        # A tall lane leaves a row free below it.
        high -= high > _DENSE
        if row >= high:
            return []
        if not drawn.rows:
            drawn.rows = drawn.columns.rows(high)
        head = self._head(width) if audible else -1
        loop = self._loop_columns
        cuts = {0, width, head, head + 1, *(loop or ())} - {-1}
        edges = sorted(edge for edge in cuts if 0 <= edge <= width)
        cells: list[Segment] = []
        at = 0
        for run in drawn.rows[row]:
            last = at + len(run.text)
            inner = [at, *(edge for edge in edges if at < edge < last), last]
            for first, end in pairwise(inner):
                inside = loop is not None and loop[0] <= first < loop[1]
                if first == head:
                    cells.append(Segment(_HEAD, self._style("head") + self._ground(inside)))
                    continue
                tone = "muted" if not audible else "played" if first < head else "ahead"
                text = run.text[first - at : end - at]
                cells.append(Segment(text, self._tone(run, tone) + self._ground(inside)))
            at = last
        return cells

    def _ground(self, inside: bool) -> Style:
        return self._style("loop") if inside else Style.null()

    def _tone(self, run: Run, tone: str) -> Style:
        if run.ink is None:
            return self._style("rail-dots")
        style = self._style(f"{tone}-{run.ink}")
        if run.flipped:
            return style + Style(reverse=True)
        if run.ground is not None:
            return style + Style(bgcolor=self._style(f"{tone}-{run.ground}").color)
        return style

    def _behind(self, number: int, lane: Lane, part: PartState | None) -> list[Segment]:
        """What stands behind the waveform: level and meter, and a stem's mute, solo and gain."""
        style, sizes, drawn = self._style, self._sizes, self._drawn[lane.name]
        level = drawn.columns.level_db
        said = f"{level:.0f} dB".replace("-", "−") if level is not None else ""
        cells = [Segment(f"{said:>{sizes.level}}", style("dim"))] if sizes.level else []
        cells += [Segment(" "), *self._meter(drawn, sizes.meter), Segment(" ")]
        if number == 0:
            return cells
        muted, soloed = (part.muted, part.soloed) if part else (False, False)
        cells.append(Segment("M", style("mute-on" if muted else "dim")))
        cells.append(Segment(" " * sizes.gap))
        cells.append(Segment("S", style("solo-on" if soloed else "dim")))
        gain = part.gain_db if part else 0.0
        text = f"{gain:+.0f}" if gain else "0"
        unit = " dB" if sizes.gain >= 7 else ""
        if sizes.gain:
            tone = style("name" if gain else "dim")
            cells.append(Segment(f"{text + unit:>{sizes.gain}}".replace("-", "−"), tone))
        return cells

    def _meter(self, drawn: _Drawn, cells: int) -> list[Segment]:
        level, held = drawn.meter
        full, half = divmod(level, 2)
        text = "━" * full + "╸" * half
        mark = min(cells - 1, max(0, held - 1) // 2) if held else -1
        style = self._style
        if mark < len(text):
            return [Segment(text, style("meter")), Segment(" " * (cells - len(text)))]
        return [
            Segment(text, style("meter")),
            Segment(" " * (mark - len(text))),
            Segment("╸", style("meter-hold")),
            Segment(" " * (cells - mark - 1)),
        ]


def _flags(part: PartState | None) -> tuple[object, ...]:
    """What else of a part is drawn: a change of it redraws the lane."""
    if part is None:
        return ()
    return (part.audible, part.muted, part.soloed, part.gain_db, part.fault)


def _steps(level: float, cells: int) -> int:
    """A peak (0..1) as half cells of a meter of that many."""
    if level <= 0.0:
        return 0
    share = 1.0 - 20 * math.log10(min(1.0, level)) / _FLOOR_DB
    return max(0, min(2 * cells, round(share * 2 * cells)))
