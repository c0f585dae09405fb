"""The app: draws its one screen first, then connects; quits cleanly even after a crash."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual import constants, events, on, work
from textual.app import App, ScreenError, SystemCommand
from textual.binding import BindingType
from textual.css.query import QueryError
from textual.notifications import Notify, SeverityLevel
from textual.screen import Screen
from textual.theme import Theme
from textual.widget import MountError
from textual.worker import Worker, WorkerFailed, WorkerState

from takedeck.config import Folders, config_file
from takedeck.errors import TakedeckError
from takedeck.tui.commands import (
    Where,
    bindings,
    key_commands,
    output_commands,
    profile_commands,
)
from takedeck.tui.messages import Happened, OwnKeyAsked
from takedeck.tui.preferences import Keep, Preferences
from takedeck.tui.screens.main import MainScreen
from takedeck.tui.screens.modal import open_once
from takedeck.tui.themes import OURS, PAPER, TAPE, complete

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.driver import Driver

    from takedeck.session.events import Event as Told
    from takedeck.session.session import Session

Connect = Callable[[], Awaitable["Session"]]
_CLOSE_TIMEOUT: Final = 5.0
_WARNING_SECONDS: Final = 20.0
_QUIT_WINDOW: Final = 3.0
"""Seconds within which a second ctrl+c quits."""


class TakedeckApp(App[None]):
    """The terminal app; it calls `connect` after drawing the first frame.

    `profiles` maps the name of every profile, the current one too, to what connects with it.
    `theme` is the name of the last chosen theme; `keep_theme` is called when the user chooses
    another; without one the terminal's background decides. `preferences` are those of the last
    time, and `keep_preferences` is called when they change. `keymap` maps names of commands to the
    keys that the config gives them.
    """

    TITLE = "takedeck"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.APP)]

    def __init__(
        self,
        connect: Connect,
        *,
        now: Callable[[], datetime] | None = None,
        profiles: Mapping[str, Connect] | None = None,
        theme: str | None = None,
        keep_theme: Callable[[str], None] = lambda _: None,
        preferences: Preferences | None = None,
        keep_preferences: Keep = lambda _: None,
        keymap: Mapping[str, str] | None = None,
    ) -> None:
        self._colors: dict[str, dict[str, str]] = {}
        super().__init__()
        self.keys_changed = dict(keymap or {})
        """The keys that the config changes, by the name of the command."""
        self.set_keymap(self.keys_changed)
        self._connect = connect
        self._profiles = dict(profiles or {})
        self._clock = now
        self._keep_theme = keep_theme
        self._keep_preferences = keep_preferences
        self.last_words: str | None = None
        """The report of an unexpected error, to be printed after the terminal is restored."""
        self.session: Session | None = None
        self._own_loop: asyncio.AbstractEventLoop | None = None
        self._leaving: int | None = None
        self._drawn_once = False
        self._interrupted_at = -_QUIT_WINDOW
        for ours in OURS:
            self.register_theme(ours)
        # Set without watchers: changing the theme later would compute every style twice.
        known = theme if theme is not None and theme in self.available_themes else None
        self._theme_known = known is not None
        self.set_reactive(App.theme, known or TAPE.name)
        self.stylesheet.set_variables(self.get_css_variables())
        self._main = MainScreen(
            now() if now else datetime.now(UTC),
            preferences or Preferences(),
            self._keep,
            self.keys_changed,
        )

    def get_driver_class(self) -> type[Driver]:
        """Use our driver: a single bad byte of input can crash Textual's."""
        if constants.DRIVER is not None:
            return super().get_driver_class()
        from takedeck.tui.driver import Driver

        return Driver

    def get_css_variables(self) -> dict[str, str]:
        """The theme's colours, with what our screens need of them; worked out once for each."""
        known = self._colors.get(self.theme)
        if known is None:
            known = self._colors[self.theme] = complete(
                super().get_css_variables(), colors=not self.no_color
            )
        return dict(known)

    def get_default_screen(self) -> Screen[None]:
        """The main screen, in place of Textual's empty default."""
        return self._main

    async def on_event(self, event: events.Event) -> None:
        """Ignore a click on a widget that has just been removed, such as a toast."""
        # Textual 8.2.8 fails there, as it looks for the widget's parent.
        if isinstance(event, events.MouseDown) and not event.is_forwarded:
            clicked, _ = self.screen.get_widget_and_offset_at(event.x, event.y)
            if clicked is not None and not clicked.is_attached:
                return
        await super().on_event(event)

    def on_mount(self) -> None:
        """Put off everything else until the first frame is drawn."""
        self._own_loop = loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._failed_in_loop)
        self.theme_changed_signal.subscribe(self, self._theme_chosen)
        self.call_after_refresh(self._first_frame)

    def leave(self, code: int) -> None:
        """Quit with that exit code, after the first frame at the earliest; for signal handlers."""
        from takedeck.tui.driver import Driver

        self._leaving = code
        if isinstance(self._driver, Driver):
            self._driver.leaving = True
        if self._own_loop is not None and not self._own_loop.is_closed():
            self._own_loop.call_soon_threadsafe(self._leave)

    def _leave(self) -> None:
        # A half-mounted screen cannot be taken down.
        if self._leaving is not None and self._drawn_once:
            self.exit(None, self._leaving)

    def _first_frame(self) -> None:
        self._drawn_once = True
        if self._leaving is not None:
            self._leave()
            return
        self._begin()
        from takedeck.tui.driver import Driver

        if not self._theme_known and isinstance(self._driver, Driver):
            self._driver.ask_background(self._background_is)

    def _background_is(self, dark: bool) -> None:
        # Not if the user was quicker and has chosen a theme.
        if self.theme == TAPE.name and self.is_running:
            if dark:
                self._theme_chosen(TAPE)
            else:
                self.theme = PAPER.name

    def _theme_chosen(self, theme: Theme) -> None:
        try:
            self._keep_theme(theme.name)
        except TakedeckError as error:
            self._main.show_error(error)

    def _keep(self, preferences: Preferences) -> None:
        try:
            self._keep_preferences(preferences)
        except TakedeckError as error:
            self._main.show_error(error)

    @work(exit_on_error=False, group="connect")
    async def _begin(self) -> None:
        gc.freeze()
        gc.enable()
        try:
            await self._show_session(await self._connect())
        except TakedeckError as error:
            self._main.fail(error)
        except Exception as fault:  # noqa: BLE001 - Textual would log its text as it is
            self._crashed(fault)

    async def _show_session(self, session: Session) -> None:
        self._main.keep_cursor()
        self.session = session
        if self._clock is not None:
            session.freeze(self._clock)
        session.listen(partial(self._forward, session))
        await self._main.adopt(session)
        for warning in session.settings.warnings:
            # A toast, because the banner is for errors.
            self.notify(warning, severity="warning", timeout=_WARNING_SECONDS, markup=False)
        session.start(self._crashed)

    @work(exit_on_error=False, group="connect", exclusive=True)
    async def _switch(self, name: str) -> None:
        before = self.session
        try:
            session = await self._profiles[name]()
        except TakedeckError as error:
            # The old session is still open: keep showing it.
            self._main.show_error(error)
            return
        await self._show_session(session)
        if before is not None:
            await before.close()

    def switch_profile(self, name: str | None) -> None:
        """Show that profile's jobs instead."""
        if name is not None and name != self.profile:
            self._switch(name)

    @property
    def profile(self) -> str | None:
        """The name of the profile that is shown."""
        return self.session.settings.profile if self.session is not None else None

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Crash at an unexpected error in a worker, which would otherwise go unseen."""
        if event.state == WorkerState.ERROR and event.worker.error is not None:
            self._crashed(event.worker.error)

    def _forward(self, session: Session, event: Told) -> None:
        # A session that is being closed still sends events, which are of no use any more.
        if self.is_running and session is self.session:
            self._main.post_message(Happened(event))

    def _crashed(self, fault: BaseException) -> None:
        self._handle_exception(fault if isinstance(fault, Exception) else RuntimeError(str(fault)))

    def _failed_in_loop(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        from takedeck import crash

        fault = context.get("exception")
        # With a handle, one of our callbacks failed half-way, which the user would see: crash.
        # Anything else is a task that nobody awaited: only report it.
        if isinstance(fault, Exception) and "handle" in context:
            self._crashed(fault)
        else:
            crash.in_loop(loop, context)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """All of our commands in addition to Textual's own."""
        yield from super().get_system_commands(screen)
        yield from key_commands(screen)
        if self.session is not None:
            yield from output_commands(self.session.player.output)
        others = [name for name in self._profiles if name != self.profile]
        yield from profile_commands(others, self.switch_profile)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a toast for `timeout` seconds."""
        from takedeck.tui.toast import Lasting

        lasts = self.NOTIFICATION_TIMEOUT if timeout is None else timeout
        self.post_message(Notify(Lasting(message, title, severity, lasts, markup=markup)))

    def action_help(self) -> None:
        """Show all keys."""
        from takedeck.tui.screens.help import HelpScreen

        abilities = self.session.abilities if self.session is not None else None
        has = {
            "stems": abilities is None or abilities.stems,
            "several": abilities is None or abilities.several,
        }
        left_out = frozenset(name for name, there in has.items() if not there)
        open_once(self, HelpScreen(self.keys_changed, left_out))

    def action_command_palette(self) -> None:
        """Find any command by its name."""
        from takedeck.tui.screens.palette import Palette

        # Without Textual's id: a palette that was just closed may still be mounted.
        open_once(self, Palette())

    def action_profiles(self) -> None:
        """Choose the profile whose jobs are shown."""
        if len(self._profiles) < 2:
            self.notify("The config file names no other profile.", markup=False, timeout=3)
            return
        from takedeck.tui.screens.profiles import ProfileScreen

        open_once(self, ProfileScreen(self._profiles, self.profile), self.switch_profile)

    @on(OwnKeyAsked)
    def action_own_key(self) -> None:
        """Say how to use one's own key, and check one."""
        from takedeck.session.key_check import check_key
        from takedeck.tui.screens.own_key import OwnKeyScreen

        try:
            path = config_file(os.environ, Folders.of_user())
        except TakedeckError as error:
            self._main.show_error(error)
            return
        open_once(self, OwnKeyScreen(check_key, path))

    def action_help_quit(self) -> None:
        """Quit at the second ctrl+c in a row; the first asks."""
        now = monotonic()
        if now - self._interrupted_at < _QUIT_WINDOW:
            self.call_next(self.action_quit)
            return
        self._interrupted_at = now
        self.notify("Press ctrl+c again to quit.", markup=False, timeout=_QUIT_WINDOW)

    async def action_quit(self) -> None:
        """Stop the playback, close every connection and quit."""
        self._main.keep_cursor()
        await self.close_session()
        self.exit()

    async def close_session(self) -> None:
        """Close the session, if one is open."""
        session, self.session = self.session, None
        if session is not None:
            await session.close()

    async def on_unmount(self) -> None:
        """Close the session after a crash too."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                await self.close_session()

    def _handle_exception(self, error: Exception) -> None:
        # While the app shuts down, handlers may look for widgets that are already gone.
        cause = error.error if isinstance(error, WorkerFailed) else error
        if not (self._exit and isinstance(cause, (QueryError, MountError, ScreenError))):
            super()._handle_exception(error)

    def panic(self, *renderables: RenderableType) -> None:
        """Crash with our own report: Textual's would print texts unescaped."""
        self._fatal_error(*renderables)

    def _fatal_error(self, *renderables: RenderableType) -> None:
        # Textual's own page prints the locals of every frame, keys and signed URLs among them.
        # Only the first fault is reported: later ones are its consequences.
        if self.last_words is None:
            from takedeck import crash

            self.last_words = crash.report(self._exception or _in_a_thread(*renderables))
            self.bell()
        self._return_code = 1
        self._close_messages_no_wait()


def _in_a_thread(*renderables: RenderableType) -> Exception:
    from rich.traceback import Traceback

    where = [
        f"{stack.exc_type} in {frame.name}, line {frame.lineno}"
        for each in renderables
        if isinstance(each, Traceback)
        for stack in each.trace.stacks
        for frame in stack.frames[-1:]
    ]
    return RuntimeError(f"a thread of the screen ended: {'; '.join(where)}")
