"""Titles made by hypothesis, in every widget that shows a server's text, at many widths."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from takedeck.config import Settings
from takedeck.errors import MediaError
from takedeck.model import Stem, Track
from takedeck.providers.refusals import refusal
from takedeck.session.connect import connect
from takedeck.session.open_track import OpenTrack
from takedeck.session.session import Session
from takedeck.text import SignedUrl
from takedeck.tui.widgets.banner import Banner
from takedeck.tui.widgets.search import SearchBar
from takedeck.tui.widgets.track import TrackPane
from tests.providers.server import Server
from tests.soak.titling import Titled, titles
from tests.soak.trial import Outcome, Trial
from tests.tui.harmless import harmless
from tests.tui.stage import NOW, Stage, app_on, folders

_SIZES: Final = ((120, 36), (140, 44), (20, 5), (80, 24), (99, 15), (40, 12), (60, 16), (12, 4))
_BATCH: Final = 20


class Gallery:
    """Hangs one batch of titles after the other into a running app."""

    def __init__(self, stage: Stage, api: Titled) -> None:
        self._stage, self._api = stage, api
        self.fired: list[str] = []
        self.frames = 0
        for place in (stage.app, stage.app._main):
            place.action_boom = lambda: self.fired.append("boom")

    async def hang(self, number: int, some: list[str]) -> None:
        """Show every title of the batch in every widget, and look at every frame."""
        stage, api = self._stage, self._api
        api.batch, api.titles, api.ended = number, some, False
        await stage.pilot.resize_terminal(*_SIZES[number % len(_SIZES)])
        await self._asked(lambda job: job.status.word == "running")
        api.ended = True
        await self._asked(lambda job: job.status.word != "running")
        await self._look()
        await self._list(some)
        await self._track(some)
        await self._messages(some)
        await self._search(some)

    async def _asked(self, found: object) -> None:
        """Ask for the jobs, until each of the batch is as wanted; toasts tell of those done."""
        stage, count = self._stage, len(self._api.titles)
        stage.session.refresh()

        def known() -> bool:
            jobs = [stage.session._store.get(self._api.id_of(n)) for n in range(count)]
            return all(job is not None and found(job) for job in jobs)

        await stage.until(known)
        await stage.settled()

    async def _list(self, some: list[str]) -> None:
        stage = self._stage
        await self._click()
        stage.app.clear_notifications()
        for at in (0, 1):  # where only one pane fits, the list and then the detail
            await stage.press("g", *"l" * at)
            for _ in some:
                stage.jobs.action_move(1)
                await self._look()
            await self._click()
            await stage.press("escape")
            if not {"-tiny", "-low"} & stage.app._main.classes:
                break

    async def _track(self, some: list[str]) -> None:
        stage = self._stage
        await stage.press("g", "enter")
        await stage.until(lambda: stage.session.player.opened)
        await stage.until(lambda: not stage.session.player.opened.minting)
        await stage.press("l", "l")
        pane, url = stage.app._main.query_one(TrackPane), SignedUrl("https://x", NOW)
        for title in some:
            track = Track(
                "mtrack_1", title, title, title, True, 61.0, title, title, NOW, url,
                (Stem(title, url), Stem(title + "2", url), Stem("drums", url)),
            )  # fmt: skip
            stem = track.stems[0].name
            opened = OpenTrack("mgen_1", track, troubles={stem: MediaError(title).what})
            pane.show(opened, NOW)
            stage.lanes.action_move(1)
            await self._look()
            pane.show(OpenTrack("mgen_1", None, trouble=MediaError(title)), NOW)
            await self._look()
        await self._click()
        await stage.press("h", "h")

    async def _messages(self, some: list[str]) -> None:
        stage, banner = self._stage, self._stage.app._main.query_one(Banner)
        self._api.refusing = True
        stage.session.refresh()
        await stage.until(lambda: banner.error)
        await self._look()
        for title in some:
            error = {"code": title, "message": title, "system_message": title, "trace_id": title}
            banner.show_error(refusal(404, {"error": error}))
            await self._look()
        await stage.press("y", "escape")
        self._api.refusing = False

    async def _search(self, some: list[str]) -> None:
        bar = self._stage.app._main.query_one(SearchBar)
        for title in some[::4]:  # pasted by the user; shown by one line that cannot wrap
            await bar.put(title)
            await self._look()
        await bar.put("")
        await self._stage.settled()

    async def _click(self) -> None:
        """Click on what looks as if it were meant to be."""
        for y, line in enumerate(self._stage.lines):
            if (at := line.find("boom")) >= 0:
                x = len(line[:at].encode("utf-16-le")) // 2
                await self._stage.click(min(x, self._stage.app.size.width - 1), y)
                return

    async def _look(self) -> None:
        await self._stage.pilot._wait_for_screen()
        harmless(self._stage, "boom")
        self.frames += 1


def _run(count: int, seed: int) -> Outcome:
    return asyncio.run(_hang_all(titles(count, seed)))


async def _hang_all(made: list[str]) -> Outcome:
    harm: list[str] = []
    frames = tried = 0
    while tried < len(made):
        done, seen, what = await _one_app(made[tried:], tried // _BATCH)
        tried, frames = tried + done, frames + seen
        harm += what
    return Outcome(tried, tuple(harm), {"screens": f"{frames:,}", "widths": f"{len(_SIZES)}"})


async def _one_app(made: list[str], first: int) -> tuple[int, int, list[str]]:
    """Show titles until all are shown or the app has failed: how many, screens, and the harm."""
    api, harm, done = Titled(), [], 0
    async with AsyncExitStack() as stack:
        base = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(Server(api))
        api.media = server.url
        given = Settings(output="null").for_simulator(server.url, "ak_1", "org_1")

        async def connecting() -> Session:
            return await connect(given, folders(base))

        try:
            async with app_on(connecting) as stage:
                await stage.connected()
                gallery = Gallery(stage, api)
                while done < len(made):
                    some = made[done : done + _BATCH]
                    done += len(some)
                    await gallery.hang(first + done // _BATCH, some)
                harm += gallery.fired
        except Exception as fault:  # noqa: BLE001 # what the app has failed with is the harm
            harm.append(f"{type(fault).__name__}: {fault!s:.300} with {api.titles!r:.300}")
    return done, gallery.frames, harm


TRIAL = Trial(
    promise="no title breaks a widget, and none acts",
    unit="titles",
    whole=1_000,
    small=20,
    run=_run,
)
