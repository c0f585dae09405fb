"""The real app on the real simulator, for both of which no time passes; and how to wait for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, Self

import pytest
from textual.strip import Strip
from textual.widgets import Input

from takedeck.config import Settings
from takedeck.library.budget import Budget
from takedeck.library.schedule import FAST, Schedule
from takedeck.model import SUCCEEDED
from takedeck.providers import aitronos
from takedeck.providers.base import Provider
from takedeck.providers.clock import Clock
from takedeck.session import connect as connecting
from takedeck.session.session import Session
from takedeck.simulator.clock import FrozenClock
from takedeck.simulator.service import Simulator
from takedeck.tui.widgets.job_detail import JobDetail
from takedeck.tui.widgets.search import SearchBar
from tests.snapshots.picture import Picture
from tests.tui.stage import NOW, Stage, app_on, folders

THEMES: Final = {"dark": "tape", "light": "paper", "contrast": "contrast", "no-colour": "tape"}
"""What each theme of a picture is called in the app; without colours it is `NO_COLOR` that says so,
at the start."""

_PLENTY: Final = 1_000_000.0
_MOST_LOOKS: Final = 30


class StandingSchedule(Schedule):
    """The polling pace, always the same: the real one grows while nothing changes, and jitters."""

    def after_answer(self, *, active: bool, changed: bool) -> float:
        """As fast as a list with a job under way is asked for."""
        return FAST

    def after_fault(self, retry_after: float | None, *, passing: bool = False) -> float:
        """One second: the countdown on screen ends there, so this one never moves."""
        return 1.0


def stop_the_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have it always be `NOW` for the sessions that are connected from here on.

    Ages, freshness and pace stay as they are. All titles are asked for at once: the real budget
    spreads those of a large screen over a minute.
    """

    async def provider(settings: Settings) -> Provider:
        return aitronos.connect(
            settings.base_url, settings.key, settings.account, clock=Clock(now=lambda: NOW)
        )

    monkeypatch.setattr(connecting, "provider_for", provider)
    monkeypatch.setattr(connecting, "Schedule", StandingSchedule)
    monkeypatch.setattr(connecting, "Budget", partial(Budget, per_minute=_PLENTY))


@dataclass(slots=True)
class Studio:
    """Simulators on which nothing happens by itself, and apps on them that share their folders."""

    base: Path
    songs: Path
    _running: ExitStack = field(default_factory=ExitStack)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._running.close()

    def simulator(self, scenario: str) -> Simulator:
        """One that runs until the end."""
        simulator = Simulator(
            cache=self.songs, clock=FrozenClock(NOW), scenario=scenario, rate_limit=None
        )
        return self._running.enter_context(simulator)

    @asynccontextmanager
    async def app(self, settings: Settings) -> AsyncIterator[Stage]:
        """An app with these settings, and three profiles."""

        async def join() -> Session:
            return await connecting.connect(settings, folders(self.base))

        profiles = {"demo": join, "demo-mureka": join, "夜の仕事": join}
        async with app_on(join, size=(80, 24), now=NOW, profiles=profiles) as stage:
            stage.app.animation_level = "none"
            yield stage


async def home(stage: Stage) -> None:
    """Back to the list, its cursor on the newest job, with nothing over it and nothing searched.

    All that is on screen is known then: of a track that is opened before its job was asked for by
    itself the app knows less.
    """
    main = stage.app._main
    while stage.app.screen is not main:
        before = stage.app.screen
        await stage.press("escape")
        await stage.until(lambda before=before: stage.app.screen is not before)
    if main.query_one(SearchBar).text:
        main.go_to_list()
        await stage.press("escape")
    main.go_to_list()
    await stage.press("g")
    await stage.until(lambda: _all_known(stage))


async def look(stage: Stage, size: tuple[int, int], theme: str) -> Picture:
    """What is on screen at that size and in that theme, once nothing moves there any more.

    Raises AssertionError where it does not come to rest.
    """
    main = stage.app._main
    stage.app.theme = THEMES[theme]
    if stage.app.size != size:
        await stage.pilot.resize_terminal(*size)
    for line in stage.app.screen.query(Input):
        # A cursor that blinks is there or not; one that does not is there.
        line.cursor_blink = False
    pictures: list[Picture | None] = [None]
    for _ in range(_MOST_LOOKS):
        # What the app looks at once a second, it looks at now: no second has to pass here.
        main._tick()
        await stage.settled()
        await stage.until(lambda: _all_known(stage) and _drawn(stage))
        pictures.append(_shot(stage))
        if pictures[-1] == pictures[-2] and len(pictures[-1].text) == size[1]:
            return pictures[-1]
    said = "\n".join("\n".join(each.text) for each in pictures[-2:] if each)
    raise AssertionError(f"the screen does not come to rest:\n{said}")


def _shot(stage: Stage) -> Picture:
    """The screen with those under it, all of it drawn anew."""
    app, top = stage.app, stage.app.screen
    top.refresh()
    drawn = top._compositor.render_update(full=True, screen_stack=app._background_screens)
    return Picture.of((Strip.join(pieces) for pieces in drawn.strips), app.size.width)


def _drawn(stage: Stage) -> bool:
    """Whether no widget waits to be drawn or to be given a place, and none is being moved."""
    top = stage.app.screen
    waits = any(
        each._layout_required or each._repaint_required or each._scroll_required
        for each in top.walk_children(with_self=True)
    )
    return not (waits or top._dirty_widgets or top._callbacks) and stage._even()


def _all_known(stage: Stage) -> bool:
    """Whether nothing that is on screen is still asked for: titles, and the job in detail."""
    main, session = stage.app._main, stage.session
    detail, under = main.query_one(JobDetail).job, stage.jobs.cursor_job
    if (detail and detail.id) != (under and under.id):
        return False
    shown = {*stage.jobs._shown, *([under.id] if under else [])}
    jobs = (session.job(job_id) for job_id in shown)
    fetched = all(job is None or job.status != SUCCEEDED or job.tracks for job in jobs)
    return fetched and (detail is None or detail == session.job(detail.id))
