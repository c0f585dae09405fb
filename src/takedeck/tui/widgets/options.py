"""Textual's list of options, for keys and clicks that are quicker than it is drawn and emptied."""

from __future__ import annotations

from typing import Literal

from textual import events
from textual.widgets import OptionList


class Options(OptionList):
    """A list whose pages can be turned before it was drawn, and that takes no click too late."""

    def _move_page(self, direction: Literal[-1, 1]) -> None:
        # Textual 8.2.8 counts from the first line, which is there once drawn.
        if self.scrollable_content_region:
            super()._move_page(direction)

    async def _on_click(self, event: events.Click) -> None:
        number = event.style.meta.get("option")
        if number is not None and number >= self.option_count:
            event.prevent_default()
