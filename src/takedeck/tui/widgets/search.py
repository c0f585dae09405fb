"""The search line, with a message beside it if part of the search is not understood."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from takedeck.tui.messages import SearchLeft, SearchTyped

_HINT = "title, id, engine, error…   status:failed mode:focus engine:studio"
_LONGEST = 500


class SearchInput(Input, inherit_bindings=True):
    """The search text; its keys for leaving go back to the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,down,tab", "leave(True)", "To the list", id="search.keep", show=False),
        Binding("escape", "leave(False)", "Clear", id="search.clear", show=False),
    ]

    def validate_value(self, value: str) -> str:
        """Remove control and invisible characters, and cut the text to a sane length."""
        return "".join(filter(str.isprintable, value))[:_LONGEST]

    def action_leave(self, keep: bool) -> None:
        """Go back to the list; keep the search or clear it."""
        if not keep:
            self.value = ""
        self.post_message(SearchLeft(keep=keep and bool(self.value)))


class SearchBar(Horizontal):
    """The search line; hidden if there is no search, and built on first use to start faster.

    `text` is the current search.
    """

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    async def begin(self) -> None:
        """Show the line and focus it."""
        await self.make()
        self.display = True
        # Focus it at once: the next keys are meant for it.
        self.screen.set_focus(self.query_one(SearchInput))

    async def put(self, text: str) -> None:
        """Set the search without reporting it as typed."""
        if text or self.children:
            await self.make()
            line = self.query_one(SearchInput)
            with line.prevent(Input.Changed):
                line.value = text
            text = line.value
        self.text, self.display = text, bool(text)

    def say(self, mistake: str | None) -> None:
        """Show what could not be understood, if anything."""
        if self.children:
            said = Content.styled(mistake, "$warning") if mistake else Content("")
            self.query_one("#search-mistake", Static).update(said)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search as it is typed."""
        event.stop()
        if event.value != self.text:
            self.text = event.value
            self.post_message(SearchTyped(event.value))

    async def make(self) -> None:
        """Build the line's widgets, without showing it."""
        if not self.children:
            await self.mount(
                Static("/", id="search-sign", markup=False),
                SearchInput(placeholder=_HINT, compact=True, id="search-text"),
                Static("", id="search-mistake", markup=False),
            )
