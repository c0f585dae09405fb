"""Textual's option list, safe for early keys, late clicks and any width."""

from __future__ import annotations

from typing import Literal

from textual import events
from textual.geometry import Size
from textual.widgets import OptionList


class Options(OptionList):
    """A list that ignores page keys before it is drawn, and clicks on options that are gone.

    If its padding leaves no room for a single letter, it shows nothing: Textual 8.2.8 cannot wrap
    to that width.
    """

    @property
    def _edges(self) -> int:
        return self.get_component_styles("option-list--option").padding.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The height at that width, which counts as one cell inside the padding at least."""
        return super().get_content_height(container, viewport, max(width, self._edges + 1))

    def _update_lines(self) -> None:
        if self.scrollable_content_region.width > self._edges:
            super()._update_lines()

    def _move_page(self, direction: Literal[-1, 1]) -> None:
        # Textual needs the first line, which exists only once the list is drawn.
        if self._lines:
            super()._move_page(direction)

    async def _on_click(self, event: events.Click) -> None:
        number = event.style.meta.get("option")
        if number is not None and number >= self.option_count:
            event.prevent_default()
