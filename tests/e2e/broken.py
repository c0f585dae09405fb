"""`python -m tests.e2e.broken WHERE …`: takedeck with one of its functions broken on purpose."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from typing import Any, NoReturn

from textual.drivers.linux_driver import LinuxDriver

import takedeck.__main__

PLACES = {
    "import": "takedeck.cli.app:open_app",
    "built": "takedeck.tui.app:TakedeckApp.__init__",
    "style": "takedeck.tui.app:TakedeckApp._get_default_css",
    "compose": "takedeck.tui.screens.main:MainScreen.compose",
    "mount": "takedeck.tui.screens.main:MainScreen.on_mount",
    "app-mount": "takedeck.tui.app:TakedeckApp.on_mount",
    "draw": "takedeck.tui.widgets.jobs:JobsPane.render_line",
    "connect": "takedeck.session.connect:provider_for",
    "adopt": "takedeck.tui.screens.main:MainScreen.adopt",
    "poll": "takedeck.library.store:Store.apply",
    "message": "takedeck.tui.screens.main:MainScreen._polled_now",
    "callback": "takedeck.session.player:Player._on_deck",
    "timer": "takedeck.tui.screens.main:MainScreen._tick",
    "key": "takedeck.tui.app:TakedeckApp.action_help",
    "input": "takedeck.tui.driver:Driver.run_input_thread",
    "client": "takedeck.session.connect:provider_for",
    "audio": "takedeck.media.transfer:Transfer.accept",
    "data": "takedeck.cli.jobs:_print",
    "leave": "takedeck.session.session:Session.close",
}
"""Where it breaks, by a name."""

HALF_STARTED = "half-started"
"""Breaks when the terminal has just been taken over."""

NEVER_ENDS = "never-ends"
"""Waits for ever when it should leave."""


class PlantedError(Exception):
    """What the broken function raises, with everything that must not be shown in its text."""


def fail(*_: Any, **__: Any) -> NoReturn:
    planted = os.environ.get("PLANTED") or os.environ.get("FREDDY_API_KEY")
    raise PlantedError(
        f"X-API-Key: {planted} for https://u:{planted}@host.test/{planted}?sig={planted}"
    )


def _break(place: str) -> None:
    module, _, path = place.partition(":")
    *owners, name = path.split(".")
    thing: Any = importlib.import_module(module)
    for owner in owners:
        thing = getattr(thing, owner)
    assert callable(getattr(thing, name)), place
    setattr(thing, name, fail)


def _half_started(driver: LinuxDriver) -> NoReturn:
    _start(driver)
    fail()


def _never(_: object) -> NoReturn:
    while True:
        threading.Event().wait()


_start = LinuxDriver.start_application_mode

if __name__ == "__main__":
    where = sys.argv.pop(1)
    if where == HALF_STARTED:
        LinuxDriver.start_application_mode = _half_started  # type: ignore[assignment, method-assign]
    elif where == NEVER_ENDS:
        from takedeck.session.session import Session

        Session.close = _never  # type: ignore[assignment, method-assign]
    elif where in PLACES:
        _break(PLACES[where])
    takedeck.__main__.main()
