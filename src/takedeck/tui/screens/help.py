"""All keys on one page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widgets import Static

from takedeck.tui.commands import HELP, Row, keys_text
from takedeck.tui.screens.modal import Modal
from takedeck.tui.widgets.page import Page

_KEYS = 20
_TWO_COLUMNS = 118
"""The width of the screen from which the page has two columns."""


class HelpScreen(Modal[None]):
    """Closes with the key that opened it, with esc and with q.

    `keymap` has the keys that the config changes, by command; `left_out` names what the API lacks:
    "stems", "several", or both.
    """

    HORIZONTAL_BREAKPOINTS = [(0, "-one-column"), (_TWO_COLUMNS, "-two-columns")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter", "dismiss", "Close", id="close_help"),
    ]

    def __init__(self, keymap: Mapping[str, str], left_out: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self._keymap = keymap
        self._left_out = left_out

    def on_key(self, event: events.Key) -> None:
        """Close with the key that opened it, if the config has changed that key."""
        if event.key in self._keymap.get("help", "").split(","):
            event.stop()
            self.dismiss()

    def compose(self) -> ComposeResult:
        """The keys in sections."""
        middle = len(HELP) // 2
        with Page(id="help") as box:
            box.border_title = "Keys"
            box.border_subtitle = "j k scroll · esc closes"
            with Container(id="help-columns"):
                for sections in (HELP[:middle], HELP[middle:]):
                    yield Static(_page(sections, self._keymap, self._left_out), markup=False)


def _page(
    sections: Iterable[tuple[str, tuple[Row, ...]]],
    keymap: Mapping[str, str],
    left_out: frozenset[str],
) -> Content:
    cells: list[Content | tuple[str, str]] = []
    for title, rows in sections:
        shown = [row for row in rows if row.needs not in left_out]
        if not shown:
            continue
        cells.append((f"{title}\n", "bold $primary"))
        for row in shown:
            keys = " ".join(keys_text(row, keymap))
            cells += [(f"  {keys:<{_KEYS}}", "bold"), (f" {row.text}\n", "")]
        cells.append(("\n", ""))
    return Content.assemble(*cells).rstrip("\n")
