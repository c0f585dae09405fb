"""The top line: the account, the state of the connection, and how many requests are left."""

from __future__ import annotations

from typing import NamedTuple

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from takedeck.text import safe_line


class Link(NamedTuple):
    """The state of the connection; `again_in` is the number of seconds until the next retry.

    `refused` says that there is no retry until the user asks for one.
    """

    account: str = ""
    demo: bool = False
    state: str = "connecting…"
    again_in: int | None = None
    refused: bool = False
    pace: int | None = None
    active: int = 0
    left: int | None = None
    limit: int | None = None


class HeaderBar(Widget):
    """One line; if it is too narrow, only its first and its most important part are shown."""

    link: reactive[Link] = reactive(Link())

    def render(self) -> Content:
        """Draw the line."""
        link, width = self.link, self.size.width
        left: list[tuple[str, str]] = [(" takedeck ", "bold $primary")]
        if link.demo:
            left.append((" demo · simulator ", "bold $background on $secondary"))
        if link.account and width >= 60:
            left.append((f"  {safe_line(link.account, 40)}", "$dim"))
        right = [self._live()]
        if link.active:
            right.append((f"   {link.active} active", "$warning"))
        if link.left is not None and width >= 100:
            of = f"/{link.limit}" if link.limit else ""
            right.append((f"   {link.left}{of} requests left", "$dim"))
        used = sum(cell_len(text) for text, _ in left + right)
        if used + 2 > width:
            return Content.assemble(left[0], "  ", right[0])
        return Content.assemble(*left, " " * (width - used - 1), *right)

    def _live(self) -> tuple[str, str]:
        link = self.link
        if link.state == "live":
            return (f"● live {link.pace} s" if link.pace else "● live", "$success")
        if link.refused:
            return (f"✕ {link.state} · press r to ask again", "$error")
        if link.again_in is not None:
            return (f"✕ {link.state} · again in {link.again_in} s", "$error")
        return (f"○ {link.state}", "$dim")
