"""The base of the modal screens: each closes once, and closes no screen but itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from textual.app import App
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen, Screen, ScreenResultType

INTERRUPT = Binding("ctrl+c", "interrupt", show=False, system=True)
"""Replaces Textual's binding, which does not work while a modal screen is open."""


class Modal(ModalScreen[ScreenResultType]):
    """A modal screen. It ignores keys that reach it after it was closed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        INTERRUPT,
    ]

    def action_interrupt(self) -> None:
        """Copy the selected text; if there is none, ask whether to quit."""
        interrupt(self)

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close this screen, but only if it is on top: Textual would close the top one instead."""
        return super().dismiss(result) if is_on_top(self) else AwaitComplete()


def is_on_top(screen: Screen[ScreenResultType]) -> bool:
    """Whether that screen is the top one, which gets the keys."""
    stack = screen.app.screen_stack
    return bool(stack) and stack[-1] is screen


def interrupt(screen: Screen[ScreenResultType]) -> None:
    """Copy the screen's selected text; if there is none, ask whether to quit."""
    if (selected := screen.get_selected_text()) is None:
        screen.app.action_help_quit()
    else:
        screen.app.copy_to_clipboard(selected)


def open_once(
    app: App[Any],
    screen: Screen[ScreenResultType],
    on_result: Callable[[ScreenResultType | None], None] | None = None,
) -> None:
    """Open a screen unless one of its class is already open, as after a double key press."""
    if not any(isinstance(each, type(screen)) for each in app.screen_stack):
        app.push_screen(screen, on_result)
