"""The app on a real simulator, with its real deck, driven by a pilot and read as it is drawn."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from textual.events import Key
from textual.keys import _character_to_key
from textual.message import Message
from textual.notifications import Notify
from textual.pilot import Pilot
from textual.widgets._toast import Toast

from takedeck.config import Folders, Settings
from takedeck.deck.state import DeckState
from takedeck.session.connect import connect
from takedeck.session.session import Session
from takedeck.simulator.clock import ManualClock
from takedeck.simulator.jobs import Plan
from takedeck.simulator.service import Simulator
from takedeck.tui.app import Connect, TakedeckApp
from takedeck.tui.preferences import Keep, Preferences
from takedeck.tui.widgets.jobs import JobsPane
from takedeck.tui.widgets.lanes import Lanes

NOW = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)
DEADLINE = 100.0
_LOOK_EVERY = 0.05

Found = TypeVar("Found")


def folders(base: Path) -> Folders:
    """All of an app's folders under one."""
    names = ("config", "cache", "state", "data", "demo")
    return Folders(*(base / name for name in names))


def settings_of(simulator: Simulator, output: str = "null") -> Settings:
    """What an app needs to talk to this simulator, without a sound device."""
    settings = Settings(output=output)
    return settings.for_simulator(simulator.base_url, simulator.api_key, simulator.organization)


def is_alive(pid: int) -> bool:
    """Whether a process has that id, a dead one that nobody has waited for too."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@dataclass(slots=True)
class Stage:
    """A running app. Its text is what the screen shows, cell by cell."""

    app: TakedeckApp
    pilot: Pilot[None]

    @property
    def session(self) -> Session:
        """The app's session; there is one once it has connected."""
        assert self.app.session is not None
        return self.app.session

    @property
    def jobs(self) -> JobsPane:
        return self.app._main.query_one(JobsPane)

    @property
    def lanes(self) -> Lanes:
        return self.app._main.query_one(Lanes)

    @property
    def deck(self) -> DeckState:
        """The deck as the app knows it."""
        return self.session.player.deck_state

    @property
    def lines(self) -> list[str]:
        """The lines of the screen as it would be drawn now."""
        return [strip.text for strip in self.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def said(self) -> str:
        """The text with every run of white space as one space."""
        return " ".join(self.text.split())

    @property
    def told(self) -> str:
        """The screen without its empty lines, for a failed test."""
        return "\n".join(line for line in self.lines if line.strip("│╭╮╰╯─ "))

    @property
    def rows(self) -> list[str]:
        """The rows of the list that are on screen, through the list's own drawing."""
        pane = self.jobs
        known = pane.virtual_size.height - pane.scroll_offset.y
        high = min(known, pane.scrollable_content_region.height)
        return [pane.render_line(line).text for line in range(high)]

    def pane(self, selector: str) -> str:
        """What is drawn inside one widget's box."""
        box = self.app.screen.query_one(selector).region
        lines = self.app.screen._compositor.render_strips()[box.y : box.bottom]
        return "\n".join(strip.crop(box.x, box.right).text for strip in lines)

    def words(self, selector: str) -> str:
        """What stands in one widget's box, its lines joined."""
        return " ".join(" ".join(self.pane(selector).split("\n")).replace("│", " ").split())

    async def until(self, found: Callable[[], Found], deadline: float = DEADLINE) -> Found:
        """Let the app run until the condition is true, and return what it gave.

        Raises AssertionError, with the screen, when it is not true in time.
        """
        end = time.monotonic() + deadline
        while not (value := found()):
            self.check()
            if time.monotonic() > end:
                raise AssertionError(f"not in time; the screen is\n{self.told}")
            await self.pilot.pause(_LOOK_EVERY)
        self.check()
        return value

    async def shows(self, *texts: str) -> None:
        """Wait until all of the texts are on screen, wherever their lines break."""
        await self.until(lambda: all(text in self.said for text in texts))

    async def press(self, *keys: str) -> None:
        """Press the keys, each when what the one before did is done.

        The pilot's own `press` waits until the process idles, and a simulator in it that makes
        songs does not.
        """
        driver = self.app._driver
        assert driver is not None
        for key in keys:
            character = " " if key == "space" else key if len(key) == 1 else None
            event = Key(_character_to_key(key) if len(key) == 1 else key, character)
            event.set_sender(self.app)
            driver.send_message(event)
            await self.settled()

    async def settled(self) -> None:
        """Wait until no message is on its way from one widget to another."""
        empty_looks = 0
        for _ in range(100):
            await self.pilot._wait_for_screen()
            self.check()
            widgets = self.app.screen.walk_children(with_self=True)
            on_the_way = sum(each.message_queue_size for each in (self.app, *widgets))
            empty_looks = empty_looks + 1 if not on_the_way and self._even() else 0
            if empty_looks == 2:
                return

    def _even(self) -> bool:
        """Whether all lines are as long as the screen is wide.

        They are longer only while Textual finds a place for a toast; else nothing is drawn for it.
        """
        screen = self.app.screen
        if not screen.query(Toast):
            return True
        strips = screen._compositor.render_strips()
        return all(strip.cell_length == self.app.size.width for strip in strips)

    async def click(self, x: int, y: int, times: int = 1) -> None:
        """Click that cell of the screen."""
        await self.pilot.click(offset=(x, y), times=times)
        self.check()

    async def connected(self) -> None:
        """Wait for the first page of jobs."""
        await self.until(lambda: self.app.session and "live" in self.lines[0])

    async def open(self, job_id: str) -> DeckState:
        """Put the cursor on that job, open it, and wait until it plays."""
        await self.move_to(job_id)
        await self.press("enter")
        return await self.until(self.playing)

    async def move_to(self, job_id: str) -> None:
        """Put the cursor on that job, as a click on its row would."""
        await self.until(lambda: job_id in self.session._store)
        await self.settled()
        self.jobs.go_to(job_id)
        await self.settled()
        job = self.jobs.cursor_job
        assert job is not None
        assert job.id == job_id, f"{job_id} is not in the list:\n{self.text}"

    def playing(self) -> DeckState | None:
        """The deck, once it is past the start."""
        deck = self.deck
        return deck if deck.transport == "playing" and deck.position > 0 else None

    def check(self) -> None:
        """Fail as soon as the app has failed."""
        if self.app._exception is not None:
            raise self.app._exception


def lengthen(message: Message) -> None:
    """Let a toast stay until a test that gets too little of the processor has looked at it."""
    if isinstance(message, Notify):
        message.notification.timeout = max(message.notification.timeout, DEADLINE)


@asynccontextmanager
async def app_on(
    connecting: Connect,
    *,
    size: tuple[int, int] = (120, 36),
    now: datetime | None = None,
    profiles: Mapping[str, Connect] | None = None,
    preferences: Preferences | None = None,
    keep_preferences: Keep = lambda _: None,
    keymap: Mapping[str, str] | None = None,
) -> AsyncIterator[Stage]:
    """A running app; at the end it has not failed, and its deck's process is gone."""
    app = TakedeckApp(
        connecting,
        now=(lambda: now) if now else None,
        profiles=profiles,
        preferences=preferences,
        keep_preferences=keep_preferences,
        keymap=keymap,
    )
    async with app.run_test(size=size, notifications=True, message_hook=lengthen) as pilot:
        stage = Stage(app, pilot)
        try:
            yield stage
            stage.check()
        finally:
            pid = app.session.player._deck.pid if app.session else None
            await app.close_session()
    assert app._exception is None
    assert pid is None or not is_alive(pid)


@dataclass(slots=True)
class Studio:
    """A simulator whose clock stands until it is moved, and apps on it."""

    simulator: Simulator
    clock: ManualClock
    base: Path

    async def connect(self) -> Session:
        return await connect(settings_of(self.simulator), folders(self.base))

    @asynccontextmanager
    async def app(self, size: tuple[int, int] = (120, 36)) -> AsyncIterator[Stage]:
        """An app that has its first page of jobs."""
        async with app_on(self.connect, size=size) as stage:
            await stage.connected()
            yield stage

    def ids(self, status: str | None = None) -> list[str]:
        """The ids of the jobs there are now, newest first."""
        now = self.clock.now()
        plans = self.simulator.jobs.at(now)
        return [plan.id for plan in plans if status in (None, plan.status_at(now))]

    def add(self, job_id: str, **fields: Any) -> Plan:
        """Add a job that was made just now; a hexadecimal id is needed to hear it."""
        fields = {"created_at": self.clock.now(), "song": "waltz"} | fields
        return self.simulator.jobs.add(Plan(id=job_id, **fields))

    def change(self, job_id: str, **fields: Any) -> Plan:
        """Change a job."""
        return self.simulator.jobs.change(job_id, self.clock.now(), **fields)

    def asked(self, path: str = "/generations", **query: object) -> list[str]:
        """The queries of the requests to that path that hold all of these parameters."""
        wanted = [f"{name}={value}" for name, value in query.items()]
        return [
            request.query
            for request in self.simulator.requests
            if request.path.endswith(path)
            and all(pair in request.query.split("&") for pair in wanted)
        ]
