"""A text to be read: it scrolls with the keys of the list."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll


class Page(VerticalScroll):
    """Scrolls at once, so that keys that follow quickly add up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "lines(1)", "Down", show=False),
        Binding("k,up", "lines(-1)", "Up", show=False),
        Binding("pagedown,ctrl+d", "pages(1)", "Page down", show=False),
        Binding("pageup,ctrl+u", "pages(-1)", "Page up", show=False),
        Binding("g,home", "edge(False)", "To the top", show=False),
        Binding("G,end", "edge(True)", "To the end", show=False),
    ]

    def action_lines(self, lines: int) -> None:
        """Scroll by so many lines."""
        self.scroll_to(y=self.scroll_target_y + lines, animate=False, immediate=True)

    def action_pages(self, pages: int) -> None:
        """Scroll by so many screenfuls."""
        self.action_lines(pages * max(1, self.scrollable_content_region.height - 1))

    def action_edge(self, end: bool) -> None:
        """Scroll to the first or the last line."""
        self.scroll_to(y=self.max_scroll_y if end else 0, animate=False, immediate=True)
