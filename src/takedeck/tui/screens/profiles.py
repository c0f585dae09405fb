"""Chooses the profile whose jobs are shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from takedeck.text import safe_line
from takedeck.tui.screens.modal import Modal
from takedeck.tui.widgets.options import Options


class ProfileScreen(Modal[str]):
    """Returns the chosen name, or None if the user closes the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,ctrl+o", "dismiss", "Close", id="profiles.close"),
        Binding("j", "move(1)", "Down", id="profiles.down", show=False),
        Binding("k", "move(-1)", "Up", id="profiles.up", show=False),
    ]

    def __init__(self, names: Iterable[str], current: str | None) -> None:
        super().__init__()
        self._names = tuple(names)
        self._current = current

    def compose(self) -> ComposeResult:
        """One line for each profile, with a mark at the current one."""
        options = [
            Option(Text(f"{'▸' if name == self._current else ' '} {safe_line(name, 60)}"))
            for name in self._names
        ]
        box = Options(*options, id="profiles")
        box.border_title = "Profiles"
        box.border_subtitle = "enter switches · esc closes"
        yield box

    def on_mount(self) -> None:
        """Put the cursor on the current profile."""
        if self._current in self._names:
            # There is no list if the screen was closed before it was composed.
            for box in self.query(OptionList):
                box.highlighted = self._names.index(self._current)

    def action_move(self, step: int) -> None:
        """Move the cursor down (1) or up (-1), for the letter keys."""
        names = self.query_one(OptionList)
        if step > 0:
            names.action_cursor_down()
        else:
            names.action_cursor_up()

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._names[event.option_index])
