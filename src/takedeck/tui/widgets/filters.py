"""The filter bar: every status with its number of known jobs."""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from takedeck.model import STATUSES, Status
from takedeck.tui.messages import FilterPicked


class FilterBar(Widget):
    """One line; highlights the chosen status, and a click chooses another."""

    chosen: reactive[Status | None] = reactive(None)
    counts: reactive[Mapping[str, str]] = reactive(dict, always_update=True)
    choices: reactive[tuple[Status | None, ...]] = reactive((None, *STATUSES))

    def beside(self, by: int) -> Status | None:
        """The choice that many places to the right of the chosen one, wrapping round."""
        at = self.choices.index(self.chosen) if self.chosen in self.choices else 0
        return self.choices[(at + by) % len(self.choices)]

    def render(self) -> Content:
        """Draw the bar."""
        cells: list[Content | tuple[str, str]] = []
        for status, label in self._labels():
            lit = status == self.chosen
            cells.append((label, "bold $background on $primary" if lit else "$dim"))
            cells.append((" ", ""))
        return Content.assemble(*cells)

    def on_click(self, event: events.Click) -> None:
        """Choose the status that was clicked."""
        x = event.x
        for status, label in self._labels():
            width = cell_len(label) + 1
            if x < width:
                self.post_message(FilterPicked(status))
                return
            x -= width

    def _labels(self) -> list[tuple[Status | None, str]]:
        for make in (_long, _middle, _short):
            labels = [
                (status, make(status, self._count(status), status == self.chosen))
                for status in self.choices
            ]
            if sum(cell_len(label) + 1 for _, label in labels) <= self.size.width:
                return labels
        lit = self.choices.index(self.chosen) if self.chosen in self.choices else 0
        return labels[lit:] + labels[:lit]

    def _count(self, status: Status | None) -> str:
        return self.counts.get(status.word if status else "", "0")


def _long(status: Status | None, count: str, _: bool) -> str:
    return f" {status.sign} {status.word.title()} {count} " if status else f" All {count} "


def _middle(status: Status | None, count: str, _: bool) -> str:
    return f"{status.word.title()} {count}" if status else f"All {count}"


def _short(status: Status | None, count: str, lit: bool) -> str:
    word = f"{status.word.title()} " if status and lit else ""
    return f" {status.sign} {word}{count} " if status else f" All {count} "
