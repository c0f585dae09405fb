"""Says how to use one's own key, and checks a pasted one against the API without storing it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from takedeck.errors import TakedeckError
from takedeck.text import safe_line
from takedeck.tui.screens.modal import Modal

CheckKey = Callable[[str, str], Awaitable[str]]
"""Asks the API with a key and an organisation; returns the API's name, or raises why not."""
_LONGEST: Final = 400


class OneLine(Input):
    """Takes printable characters only, and of a paste its first line."""

    def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        lines = event.text.strip().splitlines()
        self.insert_text_at_cursor(lines[0].strip() if lines else "")

    def validate_value(self, value: str) -> str:
        """Remove control and invisible characters."""
        return "".join(filter(str.isprintable, value))[:_LONGEST]


class OwnKeyScreen(Modal[None]):
    """What to set, where, and whether the API takes it. `config` is the config file's path."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", id="own_key.close"),
    ]

    def __init__(self, check: CheckKey, config: Path) -> None:
        super().__init__()
        self._check = check
        self._config = config
        self._asking = False

    def compose(self) -> ComposeResult:
        """What to set, two lines to fill in, and the API's answer."""
        with VerticalScroll(id="own-key", can_focus=False) as box:
            box.border_title = "Use your own key"
            box.border_subtitle = "tab next line · enter checks · esc closes"
            yield Static(_how(self._config), markup=False)
            yield OneLine(
                placeholder="organisation (org_…), for Aitronos; empty for Mureka",
                compact=True,
                id="own-organization",
            )
            yield OneLine(
                placeholder="key or token: paste it here",
                password=True,
                compact=True,
                id="own-secret",
            )
            yield Static("", markup=False, id="own-said")

    @on(Input.Submitted, "#own-organization")
    def _next_line(self, event: Input.Submitted) -> None:
        event.stop()
        self.query_one("#own-secret").focus()

    @on(Input.Submitted, "#own-secret")
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value and not self._asking:
            self._asking = True
            self._say(Content.styled("asking the API…", "$dim"))
            organization = self.query_one("#own-organization", OneLine).value
            self.run_worker(self._ask(event.value, organization), exit_on_error=False)

    async def _ask(self, key: str, organization: str) -> None:
        try:
            name = await self._check(key, organization)
        except TakedeckError as error:
            said = Content.assemble(
                (error.head, "bold $error"),
                f"{error.said.removeprefix(error.head)} {error.next_step}",
            )
        else:
            said = Content.assemble(
                ("● ", "$success"),
                f"{safe_line(name).capitalize()} accepts this key. Set it as above, then start "
                "takedeck again.",
            )
        self._asking = False
        # It may have been closed meanwhile.
        if self.is_attached:
            self._say(said)

    def _say(self, said: Content) -> None:
        self.query_one("#own-said", Static).update(said)


def _how(config: Path) -> Content:
    """Where a key goes."""
    return Content.assemble(
        ("Aitronos\n", "bold $primary"),
        "  export FREDDY_API_KEY=…\n  export TAKEDECK_ORGANIZATION=org_…\n",
        ("Mureka, through useapi.net\n", "bold $primary"),
        "  export USEAPI_TOKEN=…\n",
        ("or in the config file\n", "bold $primary"),
        (f"  {safe_line(str(config), _LONGEST)}\n", "$dim"),
        '  api_key = "…"\n  organization = "org_…"\n\n',
        ("Check a key: the API is asked once, and the key is not kept.", "$dim"),
    )
