"""The parts of the opened track, one lane each: name, waveform, mute, solo and gain."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from takedeck.session.views import DeckState, PartState
from takedeck.text import safe_line
from takedeck.tui.commands import Where, bindings
from takedeck.tui.format import fit
from takedeck.tui.messages import SeekAsked
from takedeck.tui.theme_styles import ThemeStyles
from takedeck.tui.widgets.waveform import blocks

_NAME = 11
_WIDE = 12
_SLIM = 8
_ROOMY = 56
_TALLEST = 4
_DENSE = 2
_METER = "▁▂▃▄▅▆▇█"


class Lane(NamedTuple):
    """One part as the pane knows it before and after the deck does."""

    name: str
    trouble: str | None = None


class Lanes(ScrollView, can_focus=True, inherit_bindings=False):
    """The master first, then the stems; the cursor says which stem the keys act on."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.TRACK)]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.lanes: tuple[Lane, ...] = ()
        self.cursor = 0
        self._style = ThemeStyles(self)
        self._tall = 1
        self._deck = DeckState()
        self._drawn: tuple[object, ...] = ()
        self._peaks: Callable[[str], bytes] = lambda _: b""
        self._expected: Callable[[str], int] = lambda _: 0

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
        self.lanes = lanes
        self._measure()
        self.refresh()

    def play(
        self,
        deck: DeckState,
        peaks: Callable[[str], bytes],
        expected: Callable[[str], int],
    ) -> None:
        """Show what the deck does with them; called ten times a second while it plays."""
        drawn = (deck.serial, deck.transport, *(len(peaks(lane.name)) for lane in self.lanes))
        self._deck, self._peaks, self._expected = deck, peaks, expected
        if drawn != self._drawn:
            self._drawn = drawn
            self.refresh()

    def action_move(self, step: int) -> None:
        """Move the cursor by so many lanes."""
        if self.lanes:
            self.cursor = max(0, min(len(self.lanes) - 1, self.cursor + step))
            box = Region(0, self.cursor * self._tall, 1, self._tall)
            self.scroll_to_region(box, animate=False, force=True)
            self.refresh()

    def on_resize(self) -> None:
        """Let the lanes be as tall as there is room for."""
        self._measure()

    def _measure(self) -> None:
        count = max(1, len(self.lanes))
        self._tall = max(1, min(_TALLEST, self.scrollable_content_region.height // count))
        self.virtual_size = Size(0, len(self.lanes) * self._tall)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the lane; inside its waveform, seek there."""
        at = event.get_content_offset(self)
        if at is None:
            return
        line = (at.y + self.scroll_offset.y) // self._tall
        if line >= len(self.lanes):
            return
        self.cursor = line
        self.refresh()
        first, width = self._wave_box()
        if width and first <= at.x < first + width:
            self.post_message(SeekAsked((at.x - first + 0.5) / width))

    def render_line(self, y: int) -> Strip:
        """Draw one lane."""
        width, base = self.scrollable_content_region.width, self.rich_style
        number, row = divmod(y + self.scroll_offset.y, self._tall)
        if number >= len(self.lanes):
            return Strip.blank(width, base)
        lane = self.lanes[number]
        part = next((part for part in self._deck.parts if part.name == lane.name), None)
        if row == self._tall - 1:
            cells = self._lane(number, lane, part)
        else:
            cells = self._above(lane, part, row)
        return Strip(cells).adjust_cell_length(width).apply_style(base)

    def _wave_box(self) -> tuple[int, int]:
        width, first = self.scrollable_content_region.width, 4 + _NAME
        return first, max(0, width - first - (_WIDE if width >= _ROOMY else _SLIM))

    def _lane(self, number: int, lane: Lane, part: PartState | None) -> list[Segment]:
        style = self._style
        here = number == self.cursor
        audible = part is not None and part.audible
        mark = "▸" if here else " "
        key = str(number) if 0 < number < 10 else " "
        tone = "lit" if here and self.has_focus else "name"
        name = style(tone if audible or part is None else "faint")
        cells = [Segment(f"{mark} {key} ", style("lit" if here else "faint"))]
        cells.append(Segment(fit(lane.name, _NAME), name))
        fault = lane.trouble or (part.fault if part else None)
        _, width = self._wave_box()
        if fault:
            room = self.scrollable_content_region.width - 4 - _NAME
            return [*cells, Segment(fit(f"✕ {safe_line(fault)}", room), style("fault"))]
        cells += self._wave(lane.name, width, -1, audible=audible)
        return [*cells, *self._flags(number, part)]

    def _above(self, lane: Lane, part: PartState | None, row: int) -> list[Segment]:
        """A line of a tall lane over its name: waveform only, the first one left free."""
        free = 1 if self._tall > _DENSE else 0
        if row < free or (part.fault if part else None) or lane.trouble:
            return []
        first, width = self._wave_box()
        audible = part is not None and part.audible
        return [Segment(" " * first), *self._wave(lane.name, width, row - free, audible=audible)]

    def _wave(self, name: str, width: int, row: int, *, audible: bool) -> list[Segment]:
        style = self._style
        rows = self._tall - 1 if self._tall > _DENSE else self._tall
        wave = blocks(self._peaks(name), self._expected(name), width, rows)[row]
        if not audible:
            return [Segment(wave, style("faint"))]
        deck = self._deck
        head = int(deck.position / deck.duration * width) if deck.duration else 0
        return [
            Segment(wave[:head], style("played")),
            Segment(wave[head:], style("ahead")),
        ]

    def _flags(self, number: int, part: PartState | None) -> list[Segment]:
        style = self._style
        level = part.level if part and part.audible and self._deck.transport == "playing" else 0.0
        meter = _METER[min(7, int(level**0.5 * 8))] if level > 0.001 else " "
        cells = [Segment(f" {meter} ", style("lit"))]
        if number == 0:
            return cells
        part = part or PartState(name="", role="stem")
        roomy = self.scrollable_content_region.width >= _ROOMY
        gap = " " if roomy else ""
        cells.append(Segment("M" if part.muted else "-", style("fault" if part.muted else "faint")))
        cells.append(Segment(f"{gap}S" if part.soloed else f"{gap}-", style(_lit(part.soloed))))
        gain = f"{part.gain_db:+.0f}" if part.gain_db else ""
        unit = "dB" if roomy and gain else ""
        cells.append(Segment(f"{gain + unit:>{6 if roomy else 3}}", style("name")))
        return cells


def _lit(on: bool) -> str:
    return "lit" if on else "faint"
