"""A page of text that scrolls with the same keys as the list."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll


class Page(VerticalScroll):
    """Scrolls without animation, so that quick key presses add up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "lines(1)", "Down", show=False),
        Binding("k,up", "lines(-1)", "Up", show=False),
        Binding("pagedown,ctrl+d", "pages(1)", "Page down", show=False),
        Binding("pageup,ctrl+u", "pages(-1)", "Page up", show=False),
        Binding("g,home", "edge(False)", "To the top", show=False),
        Binding("G,end", "edge(True)", "To the end", show=False),
    ]

    def action_lines(self, lines: int) -> None:
        """Scroll by that many lines."""
        self.scroll_to(y=self.scroll_target_y + lines, animate=False, immediate=True)

    def action_pages(self, pages: int) -> None:
        """Scroll by that many screenfuls."""
        self.action_lines(pages * max(1, self.scrollable_content_region.height - 1))

    def action_edge(self, end: bool) -> None:
        """Scroll to the first or the last line."""
        self.scroll_to(y=self.max_scroll_y if end else 0, animate=False, immediate=True)
