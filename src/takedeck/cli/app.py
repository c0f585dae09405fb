"""Opens the app; without an API key, on the simulator."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from takedeck import config
from takedeck.cli.appearance import keep_preferences, keep_theme, kept_preferences, kept_theme
from takedeck.cli.flags import Flags
from takedeck.config import Folders
from takedeck.values import TOP

if TYPE_CHECKING:
    from takedeck.cli.demo import Demo
    from takedeck.session.session import Session


def open_app(flags: Flags) -> int:
    """Run the app until the user quits; return the exit code."""
    settings = config.load(demo=flags.demo, profile=flags.profile, output=flags.output)
    if settings.key is None and not settings.demo and settings.profile == TOP:
        settings = config.load(demo=True, output=flags.output)
    if not settings.demo:
        settings.require_key()
    from takedeck.tui.commands import keymap_of

    keymap = keymap_of(settings.keymap, settings.sources)
    if sys.stdin is None or not (sys.stdin.isatty() and sys.stdout.isatty()):
        sys.stderr.write("takedeck: the app needs a terminal; see `takedeck --help`.\n")
        return 2
    from takedeck.cli.ending import Ending
    from takedeck.cli.terminal import kept_terminal
    from takedeck.tui.app import TakedeckApp

    state = Folders.of_user().state
    with Ending() as ending, tempfile.TemporaryDirectory(prefix="takedeck-demo-") as folder:
        ending.at_worst(partial(shutil.rmtree, folder, ignore_errors=True))
        opener = Opener(flags, settings.demo, Path(folder))
        app = TakedeckApp(
            lambda: opener.connect(settings),
            profiles={name: partial(opener.switch, name) for name in opener.names()},
            theme=kept_theme(state),
            keep_theme=partial(keep_theme, state),
            preferences=kept_preferences(state),
            keep_preferences=partial(keep_preferences, state),
            keymap=keymap,
        )
        ending.asks(app.leave)
        try:
            with kept_terminal() as give_back:
                ending.at_worst(give_back)
                if ending.code is None:
                    app.run()
        finally:
            if app.last_words:
                sys.stderr.write(app.last_words + "\n")
    return ending.code or app.return_code or 0


class Opener:
    """Opens sessions, one per profile; in a demo all profiles share one simulator.

    `folder` keeps the demo's lists, so that they survive a switch of profile.
    """

    def __init__(self, flags: Flags, demo: bool, folder: Path) -> None:
        self._flags = flags
        self._demo = demo
        self._folders = replace(Folders.of_user(), demo=folder)
        self._simulator: Demo | None = None

    def names(self) -> tuple[str, ...]:
        """The profiles that can be switched to."""
        return tuple(config.DEMOS) if self._demo else config.profiles()

    async def switch(self, name: str) -> Session:
        """Open a session with that profile. Raises ConfigError if the profile is unusable."""
        settings = config.load(demo=self._demo, profile=name, output=self._flags.output)
        return await self.connect(settings)

    async def connect(self, settings: config.Settings) -> Session:
        """Open a session with these settings."""
        from takedeck.session.connect import connect as join

        if not settings.demo:
            return await join(settings, self._folders)
        from takedeck.cli.demo import Demo

        demo = self._simulator = self._simulator or Demo(*_simulator_arguments())
        try:
            session = await join(await demo.start(settings), self._folders, demo.close)
            session.depend_on(demo.ended())
            if not session.abilities.lists_jobs:
                session.add_later(demo.jobs)
            return session
        except BaseException:
            await demo.close()
            raise


def _simulator_arguments() -> list[str]:
    """Arguments for the demo's simulator, for screenshots and end-to-end tests."""
    return os.environ.get("TAKEDECK_SIMULATOR", "").split()
