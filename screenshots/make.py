"""Makes the pictures of this folder from the running app: `python screenshots/make.py`.

The app is the real one, on the simulator with a stopped clock, its deck playing into silence.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from textual.pilot import Pilot

from takedeck import config
from takedeck.cli.demo import Demo
from takedeck.config import Folders
from takedeck.model import REFUSED
from takedeck.session.connect import connect
from takedeck.session.session import Session
from takedeck.tui.app import TakedeckApp
from takedeck.tui.widgets.jobs import JobsPane

FOLDER = Path(__file__).parent
NOW = datetime(2026, 6, 28, 10, 31, tzinfo=UTC)
_DEADLINE = 60.0


async def wait_for(condition: Callable[[], bool], pilot: Pilot[None]) -> None:
    """Let the app run until the condition holds; TimeoutError when it never does."""
    async with asyncio.timeout(_DEADLINE):
        while not condition():
            await pilot.pause(0.05)


async def playing(app: TakedeckApp, pilot: Pilot[None]) -> None:
    """A track opened, its stems on, one muted, and paused at 0:21."""
    session = _session(app)
    pane = app.screen.query_one(JobsPane)
    while not (pane.cursor_job and pane.cursor_job.track and pane.cursor_job.track.title):
        await pilot.press("j")
        await pilot.pause(0.3)
    await pilot.press("enter")
    player = session.player
    await wait_for(lambda: player.deck_state.transport == "playing", pilot)
    await pilot.press("0")
    names = player.opened.part_names if player.opened else ()
    await wait_for(lambda: all(_whole(session, name) for name in names), pilot)
    await pilot.press("2", "h", "h")
    await pilot.press("space")
    await wait_for(lambda: player.deck_state.transport == "paused", pilot)
    player.seek_to(21.0)
    await wait_for(lambda: player.deck_state.position == 21.0, pilot)
    await pilot.pause(1.2)


async def refused(app: TakedeckApp, pilot: Pilot[None]) -> None:
    """The refused jobs, one of them read in full."""
    session = _session(app)
    await pilot.press("left_square_bracket")
    await wait_for(lambda: session.complete(REFUSED), pilot)
    await pilot.press("j")
    await pilot.pause(0.5)


async def searching(app: TakedeckApp, pilot: Pilot[None]) -> None:
    """What failed or was refused over its lyrics, one of them read in full."""
    await pilot.press("slash", *"status:failed,refused lyrics")
    await pilot.pause(0.5)
    await pilot.press("enter", "j")
    await pilot.pause(0.5)


async def versions(app: TakedeckApp, pilot: Pilot[None]) -> None:
    """A job with two songs, the second of them paused where the first one was."""
    player, pane = _session(app).player, app.screen.query_one(JobsPane)
    await pilot.press("g")
    while not (pane.cursor_job and len(pane.cursor_job.tracks) > 1):
        await pilot.press("j")
        await pilot.pause(0.3)
    await pilot.press("enter")
    await wait_for(lambda: player.deck_state.transport == "playing", pilot)
    await pilot.press("space")
    player.seek_to(21.0)
    await wait_for(lambda: player.deck_state.position == 21.0, pilot)
    await pilot.press("v")
    await wait_for(lambda: _at(app, 1) and _whole(_session(app), "master"), pilot)
    await wait_for(lambda: player.deck_state.position == 21.0, pilot)
    await pilot.pause(1.2)


def _at(app: TakedeckApp, number: int) -> bool:
    player = _session(app).player
    opened = player.opened
    return bool(opened and opened.track and player.deck_state.key == opened.versions[number].id)


async def help_page(_: TakedeckApp, pilot: Pilot[None]) -> None:
    """The keys."""
    await pilot.press("question_mark")
    await pilot.pause(0.3)


SHOTS: dict[str, tuple[tuple[int, int], Callable[[TakedeckApp, Pilot[None]], Awaitable[None]]]] = {
    "playing": ((140, 42), playing),
    "playing-80x24": ((80, 24), playing),
    "refused": ((140, 42), refused),
    "search": ((140, 42), searching),
    "versions": ((140, 42), versions),
    "help": ((100, 36), help_page),
}
_SECOND = {"versions"}
"""Those on the demo's second API."""


async def shoot(name: str) -> None:
    """Make one picture."""
    size, scene = SHOTS[name]
    demo = Demo("--now", NOW.isoformat(), "--frozen", "--seed", "1")
    with tempfile.TemporaryDirectory() as scratch:
        folders = Folders(*(Path(scratch) / part for part in ("config", "cache", "state", "data")))

        async def join() -> Session:
            profile = "demo-mureka" if name in _SECOND else "demo"
            settings = config.load({}, folders=folders, demo=True, profile=profile, output="null")
            session = await connect(await demo.start(settings), folders, demo.close)
            if name in _SECOND:
                session.add_later(demo.jobs)
            return session

        app = TakedeckApp(join, now=lambda: NOW)
        async with app.run_test(size=size) as pilot:
            await wait_for(lambda: app.session is not None, pilot)
            await wait_for(lambda: app.screen.query_one(JobsPane).cursor_job is not None, pilot)
            await pilot.pause(2.0)
            await scene(app, pilot)
            svg = app.export_screenshot(title="takedeck")
            await app.close_session()
    (FOLDER / f"{name}.svg").write_text(_portable(svg), encoding="utf-8")


def _session(app: TakedeckApp) -> Session:
    if app.session is None:
        raise RuntimeError("the app is not connected")
    return app.session


def _whole(session: Session, name: str) -> bool:
    return any(
        part.name == name and part.complete and part.decoded == part.frames
        for part in session.player.deck_state.parts
    )


def _portable(svg: str) -> str:
    """Without fonts from elsewhere, and with ids that are the same each time."""
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return re.sub(r"terminal-\d+", "terminal", svg)


if __name__ == "__main__":
    # Local times are on the pictures: everybody's are the same.
    os.environ["TZ"] = "UTC"
    time.tzset()
    for shot in sys.argv[1:] or SHOTS:
        asyncio.run(shoot(shot))
        sys.stdout.write(f"{shot}.svg\n")
