"""What the screens over the main one have in common: they close once, and only themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, Screen, ScreenResultType


class Modal(ModalScreen[ScreenResultType]):
    """A screen over the others. Keys that reach it after it was left do nothing."""

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close it, if it is the one on top: Textual closes whichever that is."""
        return super().dismiss(result) if is_on_top(self) else AwaitComplete()


def is_on_top(screen: Screen[ScreenResultType]) -> bool:
    """Whether the keys are that screen's."""
    stack = screen.app.screen_stack
    return bool(stack) and stack[-1] is screen


def open_once(
    app: App[Any],
    screen: Screen[ScreenResultType],
    heard: Callable[[ScreenResultType | None], None] | None = None,
) -> None:
    """Open a screen, unless one of its kind is open already, as after a key pressed twice."""
    if not any(isinstance(each, type(screen)) for each in app.screen_stack):
        app.push_screen(screen, heard)
