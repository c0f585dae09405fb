"""Adds jobs by their ids, pasted or typed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from takedeck.errors import TakedeckError
from takedeck.text import safe_line
from takedeck.tui.screens.modal import Modal
from takedeck.tui.widgets.page import Page

Add = Callable[[list[str]], Awaitable[tuple[list[str], list[tuple[str, TakedeckError]]]]]
"""Looks ids up; returns those that were found, and the others with their errors."""
_LONGEST_ID = 120
_HINT = "one id, or several with spaces between"


class IdsInput(Input):
    """One line of text; line breaks in a paste become spaces."""

    def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        self.insert_text_at_cursor(" ".join(event.text.split()))

    def validate_value(self, value: str) -> str:
        """Remove control and invisible characters."""
        return "".join(filter(str.isprintable, value))


class Reasons(Page):
    """Lists the ids that could not be added, with the reasons; hidden if there are none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "Copy", id="add.copy", show=False),
    ]

    _text = ""

    def show(self, failed: list[tuple[str, TakedeckError]]) -> None:
        """Show these, scrolled to the top."""
        lines = [
            (safe_line(wanted, _LONGEST_ID), f"{error.said} {error.next_step}")
            for wanted, error in failed
        ]
        self._text = "\n".join(f"{wanted}  {why}" for wanted, why in lines)
        cells = [
            cell for wanted, why in lines for cell in ((f"{wanted}\n", "bold"), (f"  {why}\n", ""))
        ]
        self.query_one(Static).update(Content.assemble(*cells).rstrip("\n"))
        self.display = bool(failed)
        self.action_edge(False)

    def action_copy(self) -> None:
        """Copy all of it."""
        self.app.copy_to_clipboard(self._text)
        self.notify("Copied the ids and their reasons.", markup=False, timeout=2)


class AddScreen(Modal[list[str]]):
    """Returns the ids that were added; those that could not be added stay in the line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Close", id="add.close"),
        Binding("pagedown,down", "read(1)", "Read on", id="add.down", show=False),
        Binding("pageup,up", "read(-1)", "Read back", id="add.up", show=False),
    ]

    def __init__(self, add: Add) -> None:
        super().__init__()
        self._add = add
        self._added: list[str] = []
        self._asking = False

    def compose(self) -> ComposeResult:
        """A line for the ids, the result, and the reasons."""
        with Vertical(id="add") as box:
            box.border_title = "Add jobs by id"
            box.border_subtitle = "enter adds · esc closes"
            yield IdsInput(placeholder=_HINT, compact=True, id="add-ids")
            yield Static("", markup=False, id="add-said")
            with Reasons(id="add-reasons"):
                yield Static("", markup=False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        ids = event.value.replace(",", " ").split()
        if ids and not self._asking:
            self._asking = True
            self._say(Content.styled(f"looking up {len(ids)}…", "$dim"))
            self.run_worker(self._look_up(ids), group="add", exit_on_error=False)

    async def _look_up(self, ids: list[str]) -> None:
        added, failed = await self._add(ids)
        self._asking = False
        self._added += added
        if not failed:
            self.dismiss(self._added)
            return
        # Leave the failed ids in the line, to be corrected or tried again.
        self.query_one(IdsInput).value = " ".join(wanted for wanted, _ in failed)
        cells: list[Content | tuple[str, str]] = []
        if added:
            cells.append((f"added {len(added)}; ", "$success"))
        cells.append((f"{len(failed)} could not be added  ", "$error"))
        cells.append(("tab goes to the reasons · y copies them there", "$dim"))
        self._say(Content.assemble(*cells))
        self.query_one(Reasons).show(failed)

    def action_read(self, pages: int) -> None:
        """Scroll the reasons by pages while the line has the focus."""
        self.query_one(Reasons).action_pages(pages)

    def _say(self, said: Content) -> None:
        self.query_one("#add-said", Static).update(said)

    def action_leave(self) -> None:
        """Close the screen."""
        self.dismiss(self._added)
