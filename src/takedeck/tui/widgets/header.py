"""The top line: the account, the state of the connection, and how many requests are left."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Final, NamedTuple

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from takedeck.text import safe_line
from takedeck.tui.messages import OwnKeyAsked

_FIRST_TO_GO: Final = {False: ("requests", "account"), True: ("requests", "account", "hint")}
"""By whether it is the demo; there the way to one's own key is of more use than an account."""
Pieces = list[tuple[str, str]]
"""Texts with their styles."""


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
    """One line; a click in the demo's leads to the page about one's own key."""

    link: reactive[Link] = reactive(Link())

    def __init__(self, own_key: str) -> None:
        """`own_key` is the key that says how to use one's own."""
        super().__init__()
        self._own_key = own_key

    def render(self) -> Content:
        """Draw the line: of what there is no room for, the least important goes first."""
        link = self.link
        left: dict[str, Pieces] = {
            "name": [(" takedeck ", "bold $primary")],
            "demo": [(" demo · simulator ", "bold $background on $secondary")] if link.demo else [],
            "hint": [(f"  {self._own_key}", "bold $primary"), (" use your own key", "$dim")],
            "account": [(f"  {safe_line(link.account, 24 if link.demo else 40)}", "$dim")]
            if link.account
            else [],
        }
        right: dict[str, Pieces] = {
            "live": [self._live()],
            "active": [(f"   {link.active} active", "$warning")] if link.active else [],
            "requests": self._requests(),
        }
        if not link.demo:
            left["hint"] = []
        for part in (*_FIRST_TO_GO[link.demo], "active", "demo"):
            if _width(left) + _width(right) + 2 <= self.size.width:
                break
            (left if part in left else right).pop(part, None)
        gap = max(2, self.size.width - _width(left) - _width(right) - 1)
        return Content.assemble(*chain(*left.values()), " " * gap, *chain(*right.values()))

    def _requests(self) -> Pieces:
        link = self.link
        if link.left is None:
            return []
        of = f"/{link.limit}" if link.limit else ""
        return [(f"   {link.left}{of} requests left", "$dim")]

    def on_click(self) -> None:
        """In the demo: how to use one's own key."""
        if self.link.demo:
            self.post_message(OwnKeyAsked())

    def _live(self) -> tuple[str, str]:
        link = self.link
        if link.state == "live":
            return (f"● live {link.pace} s" if link.pace else "● live", "$success")
        if link.refused:
            return (f"✕ {link.state} · press r to ask again", "$error")
        if link.again_in is not None:
            return (f"✕ {link.state} · again in {link.again_in} s", "$error")
        return (f"○ {link.state}", "$dim")


def _width(parts: Mapping[str, Pieces]) -> int:
    """The cells that all of them take."""
    return sum(cell_len(text) for pieces in parts.values() for text, _ in pieces)
