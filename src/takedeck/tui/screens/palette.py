"""Textual's command palette, safe for keys that come before it is built or after it is closed."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import BindingType
from textual.command import CommandList, CommandPalette
from textual.message import Message
from textual.widgets import Button, Input, OptionList

from takedeck.tui.screens.modal import INTERRUPT, interrupt, is_on_top
from takedeck.tui.widgets.options import Options


class Commands(CommandList, Options, can_focus=False):
    """The list of matching commands."""


class Palette(CommandPalette):
    """Runs the chosen command exactly once."""

    BINDINGS: ClassVar[list[BindingType]] = [INTERRUPT]

    def action_interrupt(self) -> None:
        """Copy the selected text; if there is none, ask whether to quit."""
        interrupt(self)

    @on(Input.Changed)
    @on(Input.Submitted)
    @on(Button.Pressed)
    @on(OptionList.OptionSelected)
    def _once(self, event: Message) -> None:
        # After a choice or the close, late input would look for a list that is gone.
        if self._selected_command is not None or not is_on_top(self):
            event.stop()
            event.prevent_default()

    def compose(self) -> ComposeResult:
        """Textual's widgets, with our list."""
        for widget in super().compose():
            yield Commands() if isinstance(widget, CommandList) else widget

    def _on_mount(self, event: events.Mount) -> None:
        # A palette that was closed before it was mounted has no list to fill.
        if self not in self.app.screen_stack:
            event.prevent_default()

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close the palette, but only if it is on top."""
        return super().dismiss(result) if is_on_top(self) else AwaitComplete()
