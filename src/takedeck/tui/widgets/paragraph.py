"""A text that triggers a new layout of the screen only when its height changes."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class Paragraph(Static):
    """Shows the content given to `say`.

    Layout of the whole screen takes longer than drawing it, and most texts here change every
    second or with every key but keep their height.
    """

    def __init__(self, content: str = "", *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(content, id=id, markup=False)
        self._said = Content(content)

    def say(self, content: Content) -> None:
        """Show this content instead."""
        if content.is_same(self._said):
            return
        before, self._said = self._said, content
        width = self.content_size.width
        same = width > 0 and before.get_height({}, width) == content.get_height({}, width)
        self.update(content, layout=not same)
