"""Whatever a server says, the terminal gets only text: no markup, no escape, no bidi control."""

from __future__ import annotations

import socket
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from takedeck.config import Settings
from takedeck.session.connect import connect
from takedeck.session.session import Session
from takedeck.text import Secret, safe_line
from takedeck.tui.app import TakedeckApp
from takedeck.tui.screens.profiles import ProfileScreen
from tests.providers.server import Request, Server, json_reply
from tests.tui.harmless import harmless
from tests.tui.stage import Stage, Studio, app_on, folders, settings_of

MARKUP = (
    "[/] [/intro] [verse] [@click=app.quit]quit me[/] [bold red]red[/bold red] [link=http://x]l[/]"
)
CONTROLS = (
    "\x1b[31mred\x1b[0m \x1b]0;owned\x07 \x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\ "
    "\x1b]52;c;cHduZWQ=\x07 \x9b2J \x90q\x9c \x1bPq\x1b\\ \x00\x08\x7f \r\n\t\v\f"
)
BIDI = "\u202egnp.exe\u202c \u2066x\u2069 \u200f \u200b \u2028 \u2029 \ufeff \U000e0041"
ZALGO = "Z" + "\u0301" * 200
WIDE = "深夜の勉強 👩‍👩‍👧‍👦 🏳️‍🌈 ﷽ 지하철" * 4
HOSTILE = f"{MARKUP} {CONTROLS} {BIDI} {ZALGO} {WIDE}"


def job(number: int, **fields: Any) -> dict[str, Any]:
    base = {
        "id": f"mgen_{number:04x}", "status": "succeeded", "progress": 100, "engine": "studio",
        "mode": "creation", "created_at": f"2026-05-04T11:59:{59 - number:02}Z",
        "result_track_id": None, "error_message": None, "refusal_reason": None,
        "playback_url": None, "track": None,
    }  # fmt: skip
    return base | fields


class Hostile:
    """An API whose every text is an attack."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.refuse = False

    def __call__(self, request: Request, _: socket.socket) -> bytes:
        if self.refuse:
            error = {"code": self.text, "message": self.text, "trace_id": self.text}
            return json_reply({"success": False, "error": error}, 404)
        if "/tracks/" in request.path:
            return json_reply(self.track())
        page = self.jobs()
        if not request.path.endswith("/generations"):
            named = request.path.rpartition("/")[2]
            return json_reply(next(job for job in page if job["id"] == named))
        return json_reply({"jobs": page, "limit": 50, "offset": 0})

    def track(self) -> dict[str, Any]:
        url = "http://127.0.0.1:9/nothing.mp3?sig=SIGNED"
        names = {self.text: url, self.text + "2": url, "[/]": url, "drums": url}
        return {
            "id": "mtrack_1", "title": self.text, "engine": self.text, "mode": self.text,
            "licence_class": self.text, "instrumental": True, "measured_duration_seconds": 61.0,
            "created_at": self.text, "playback_url": url, "stem_urls": names,
        }  # fmt: skip

    def jobs(self) -> list[dict[str, Any]]:
        text = self.text
        return [
            job(0, result_track_id="mtrack_1", track=self.track(), engine=text, mode=text),
            job(1, status="failed", error_message=text),
            job(2, status="refused", refusal_reason=text),
            job(3, status=text, engine=text),
            job(4, status="running", progress=text, created_at=text),
            job(5, id=text),
        ]


@pytest.mark.parametrize(
    ("text", "size"),
    [
        (HOSTILE, (160, 50)),
        (HOSTILE, (20, 5)),
        pytest.param(MARKUP, (80, 24), marks=pytest.mark.trial),
        *(
            pytest.param(text, (80, 24), marks=pytest.mark.trial)
            for text in (CONTROLS, BIDI, WIDE * 100, " \n ")
        ),
    ],
    ids=["all", "all-tiny", "markup", "controls", "bidi", "wide", "blank"],
)
async def test_hostile_texts_reach_the_screen_harmless(
    quiet: Studio, text: str, size: tuple[int, int]
) -> None:
    api = Hostile(text)
    with Server(api) as server:
        settings = Settings(output="null").for_simulator(server.url, "ak_1", "org_1")

        async def connecting() -> Session:
            return await connect(settings, folders(quiet.base))

        async with app_on(connecting, size=size) as stage:
            await stage.until(lambda: stage.jobs.cursor_job)
            harmless(stage)
            for _ in range(5):
                await stage.press("j")
                harmless(stage)
            await stage.press("l", "y", "h", "g", "enter")
            await stage.until(lambda: stage.session.player.opened)
            await stage.until(lambda: len(stage.lanes.lanes) == 5)
            await stage.press("l", "l", "j", "s", "y")
            harmless(stage)
            api.refuse = True
            await stage.press("r")
            await stage.until(lambda: stage.app._main.query_one("#banner").display)
            await stage.settled()
            harmless(stage)
            await stage.press("y")
            assert "\x1b" not in stage.app.clipboard
            harmless(stage)


async def test_markup_is_shown_as_it_is_written_and_does_nothing(quiet: Studio) -> None:
    quiet.add("mgen_00a1", outcome="failed", error_message=MARKUP)
    async with quiet.app() as stage:
        await stage.press("g")
        await stage.until(lambda: "[@click=app.quit]quit me[/]" in stage.pane("#job"))
        box = stage.app._main.query_one("#job").region
        lines = enumerate(stage.pane("#job").split("\n"))
        line, column = next((y, text.index("quit me")) for y, text in lines if "quit me" in text)
        await stage.click(box.x + column + 1, box.y + line)
        await stage.pilot.pause()
        assert stage.app.is_running


async def test_hostile_settings_are_shown_harmless(quiet: Studio) -> None:
    async def connecting() -> Session:
        settings = Settings(output="null", key=Secret("ak_1"), organization=MARKUP + CONTROLS)
        return await connect(
            replace(settings, base_url=quiet.simulator.base_url), folders(quiet.base)
        )

    async with app_on(connecting) as stage:
        await stage.shows("TAKEDECK_ORGANIZATION")
        harmless(stage)


async def test_hostile_profile_names_are_text(quiet: Studio) -> None:
    async def named(profile: str) -> Session:
        settings = settings_of(quiet.simulator).for_simulator(
            quiet.simulator.base_url, quiet.simulator.token, None, "mureka"
        )
        return await connect(replace(settings, profile=profile), folders(quiet.base))

    for name in (MARKUP, CONTROLS, BIDI, ZALGO, WIDE):
        profiles = {"plain": quiet.connect, name: partial(named, name)}
        app = TakedeckApp(partial(named, name), profiles=profiles)
        async with app.run_test(size=(120, 36), notifications=True) as pilot:
            stage = Stage(app, pilot)
            await stage.connected()
            await stage.shows(f"mureka · {safe_line(name, 6).rstrip('…')}"[:14].rstrip())
            harmless(stage)
            await stage.press("ctrl+o")
            await stage.until(lambda app=app: isinstance(app.screen, ProfileScreen))
            harmless(stage)
            await app.close_session()
