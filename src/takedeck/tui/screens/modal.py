"""What the screens over the main one have in common: they close once, and only themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from textual.app import App
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen, Screen, ScreenResultType

INTERRUPT = Binding("ctrl+c", "interrupt", show=False, system=True)
"""Takes the place of Textual's, which ends at a screen over the others."""


class Modal(ModalScreen[ScreenResultType]):
    """A screen over the others. Keys that reach it after it was left do nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        INTERRUPT,
    ]

    def action_interrupt(self) -> None:
        """Copy what is selected; failing that, ask whether to quit."""
        interrupt(self)

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close it, if it is the one on top: Textual closes whichever that is."""
        return super().dismiss(result) if is_on_top(self) else AwaitComplete()


def is_on_top(screen: Screen[ScreenResultType]) -> bool:
    """Whether the keys are that screen's."""
    stack = screen.app.screen_stack
    return bool(stack) and stack[-1] is screen


def interrupt(screen: Screen[ScreenResultType]) -> None:
    """Copy what is selected on the screen; failing that, ask whether to quit."""
    if (selected := screen.get_selected_text()) is None:
        screen.app.action_help_quit()
    else:
        screen.app.copy_to_clipboard(selected)


def open_once(
    app: App[Any],
    screen: Screen[ScreenResultType],
    on_result: Callable[[ScreenResultType | None], None] | None = None,
) -> None:
    """Open a screen, unless one of its kind is open already, as after a key pressed twice."""
    if not any(isinstance(each, type(screen)) for each in app.screen_stack):
        app.push_screen(screen, on_result)
