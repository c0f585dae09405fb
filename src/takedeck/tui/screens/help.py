"""All keys on one page."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from takedeck.tui.screens.modal import Modal
from takedeck.tui.widgets.page import Page

KEYS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Jobs",
        (
            ("j k  ↓ ↑", "move"),
            ("g  G", "newest, oldest known"),
            ("enter", "open and play"),
            ("[  ]  /", "filter by status, search"),
            ("r", "refresh, mint URLs anew"),
            ("a  y", "add jobs by id, copy id or error"),
        ),
    ),
    (
        "Transport",
        (
            ("space", "play, pause"),
            ("← →", "5 s back, on"),
            ("shift+← →  ( )", "30 s back, on"),
            (".  home", "stop, to the start"),
            ("I O L", "loop from here, to here, on or off"),
            ("<  >", "previous, next track of the list"),
            ("v  V", "the other track of the job"),
            ("+  -", "volume"),
        ),
    ),
    (
        "Stems",
        (
            ("0", "master ↔ stems"),
            ("1 … 9", "mute or unmute that stem"),
            ("m  s", "mute, solo the stem under the cursor"),
            ("{  }", "its gain, 1 dB down, up"),
            ("N", "null test: master minus its stems"),
        ),
    ),
    (
        "Everywhere",
        (
            ("tab  h l  esc", "panes, back"),
            ("ctrl+p  :", "all commands"),
            ("ctrl+o", "profiles"),
            ("?  F1", "this page"),
            ("q  ctrl+c twice", "quit"),
        ),
    ),
)


class HelpScreen(Modal[None]):
    """Closes with the key that opened it, with esc and with q."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter", "dismiss", "Close", id="help.close"),
    ]

    def __init__(self, *, stems: bool = True, several: bool = True) -> None:
        super().__init__()
        self._left_out = [*([] if stems else ["Stems"]), *([] if several else ["v  V"])]

    def compose(self) -> ComposeResult:
        """The keys, room by room."""
        with Page(id="help") as box:
            box.border_title = "Keys"
            box.border_subtitle = "j k scroll · esc closes"
            yield Static(_page(self._left_out), markup=False)


def _page(left_out: list[str]) -> Content:
    cells: list[Content | tuple[str, str]] = []
    for title, keys in KEYS:
        if title in left_out:
            continue
        cells.append((f"{title}\n", "bold $primary"))
        for key, what in keys:
            if key in left_out:
                continue
            cells += [(f"  {key:<16}", "bold"), (f"{what}\n", "")]
        cells.append(("\n", ""))
    return Content.assemble(*cells).rstrip("\n")
