"""Textual's list of options, for keys and clicks quicker than it is drawn, and for any width."""

from __future__ import annotations

from typing import Literal

from textual import events
from textual.geometry import Size
from textual.widgets import OptionList


class Options(OptionList):
    """A list whose pages can be turned before it was drawn, and that takes no click too late.

    Where it is narrower than a letter beside its edges, it shows nothing: Textual 8.2.8 cannot
    wrap to that.
    """

    @property
    def _edges(self) -> int:
        return self.get_component_styles("option-list--option").padding.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Lines at that width, or at the narrowest that there can be."""
        return super().get_content_height(container, viewport, max(width, self._edges + 1))

    def _update_lines(self) -> None:
        if self.scrollable_content_region.width > self._edges:
            super()._update_lines()

    def _move_page(self, direction: Literal[-1, 1]) -> None:
        # Textual counts from the first line, which is there once drawn.
        if self._lines:
            super()._move_page(direction)

    async def _on_click(self, event: events.Click) -> None:
        number = event.style.meta.get("option")
        if number is not None and number >= self.option_count:
            event.prevent_default()
