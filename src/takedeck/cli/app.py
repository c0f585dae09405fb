"""Opens the app, on the simulator where no key is configured."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from takedeck import config
from takedeck.cli.flags import Flags
from takedeck.config import Folders

if TYPE_CHECKING:
    from takedeck.session.session import Session


def open_app(flags: Flags) -> int:
    """Run the app until it is left; return the exit code."""
    settings = config.load(demo=flags.demo, profile=flags.profile, output=flags.output)
    if settings.key is None:
        settings = replace(settings, demo=True)
    if not settings.demo:
        settings.require_key()
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        sys.stderr.write("takedeck: the app needs a terminal; see `takedeck --help`.\n")
        return 2
    from takedeck.cli.terminal import kept_terminal
    from takedeck.tui.app import TakedeckApp

    app = TakedeckApp(lambda: connect(settings))
    try:
        with kept_terminal():
            app.run()
    finally:
        if app.last_words:
            sys.stderr.write(app.last_words + "\n")
    return app.return_code or 0


async def connect(settings: config.Settings, *simulator: str) -> Session:
    """The session of the settings; in a demo, its simulator is started with these arguments."""
    from takedeck.session.connect import connect as join

    folders = Folders.of_user()
    if not settings.demo:
        return await join(settings, folders)
    from takedeck.cli.demo import Demo

    demo = Demo(*simulator, *_from_environment())
    try:
        session = await join(await demo.start(settings), folders, demo.close)
        session.depend_on(demo.ended())
        return session
    except BaseException:
        await demo.close()
        raise


def _from_environment() -> list[str]:
    """Arguments for the simulator behind the app, for screenshots and tests of the whole."""
    return os.environ.get("TAKEDECK_SIMULATOR", "").split()
