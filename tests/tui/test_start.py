"""The app comes up before it is connected, says why when it cannot be, and goes without a trace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from takedeck.session.connect import connect
from takedeck.session.session import Session
from takedeck.text import Secret
from tests.tui.stage import Studio, app_on, folders, is_alive, settings_of

KEYS = (
    "j k g G enter space . left right ( ) home + - 0 1 9 m s { } I O L < > v V N r y [ ] tab h l "
    "ctrl+o a escape / x escape ? escape escape"
)
SIZES = [(80, 24), (160, 50), (20, 5)]


@pytest.mark.parametrize("size", SIZES)
async def test_it_paints_before_it_is_connected(quiet: Studio, size: tuple[int, int]) -> None:
    let: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def late() -> Session:
        await let
        return await quiet.connect()

    async with app_on(late, size=size) as stage:
        await stage.until(lambda: stage.text.strip() != "")
        assert stage.app.session is None
        assert not quiet.asked()
        if size >= (80, 24):
            assert "takedeck" in stage.lines[0]
            assert "connecting" in stage.lines[0]
            assert "no job" in stage.text or "No track is open" in stage.text
        let.set_result(None)
        await stage.until(lambda: stage.app.session and stage.jobs.cursor_job)
        assert quiet.asked()


async def test_keys_before_the_connection_do_no_harm(quiet: Studio) -> None:
    let: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def late() -> Session:
        await let
        return await quiet.connect()

    async with app_on(late) as stage:
        await stage.press(*KEYS.split())
        assert stage.app.session is None
        assert stage.app.screen is stage.app._main
        assert not quiet.asked()
        let.set_result(None)
        await stage.connected()
        assert stage.app.screen is stage.app._main
        await stage.shows("No track is open.")
        await stage.until(lambda: stage.jobs.cursor_job)
        assert stage.deck.transport == "empty"
        assert stage.session.player.mixer.volume == stage.session.settings.volume
        # What was pressed is not done later, and the keys are not deaf since.
        stage.jobs.focus()
        await stage.settled()
        await stage.press("g", "enter")
        opened = await stage.until(lambda: stage.session.player.opened)
        assert opened.job_id == quiet.ids()[0]


async def test_without_a_key_it_says_what_to_do(quiet: Studio) -> None:
    async def no_key() -> Session:
        settings = replace(settings_of(quiet.simulator), key=None)
        return await connect(settings, folders(quiet.base))

    async with app_on(no_key) as stage:
        await stage.shows("no API key is configured", "FREDDY_API_KEY", "--demo", "not connected")


async def test_a_wrong_key_is_told_with_advice(quiet: Studio) -> None:
    async def wrong_key() -> Session:
        settings = replace(settings_of(quiet.simulator), key=Secret("ak_SOMETHING_ELSE"))
        return await connect(settings, folders(quiet.base))

    async with app_on(wrong_key) as stage:
        await stage.shows("The API rejected this key.", "Copy the key again", "trace id req_")
        assert "ak_SOMETHING_ELSE" not in stage.text
        box = stage.app._main.query_one("#banner").region
        await stage.click(box.x + 2, box.y)
        await stage.until(lambda: "trace id" not in stage.text)
        await stage.press("escape", "j", "question_mark", "escape")


async def test_a_proxy_that_cannot_be_used_is_a_banner(
    quiet: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "garbage://x")

    async def elsewhere() -> Session:
        settings = replace(settings_of(quiet.simulator), base_url="https://nowhere.invalid")
        return await connect(settings, folders(quiet.base))

    async with app_on(elsewhere) as stage:
        await stage.shows("HTTPS_PROXY names no proxy that can be used.", "not connected")


async def test_a_warning_is_a_toast_and_hides_no_error(quiet: Studio) -> None:
    async def warned() -> Session:
        settings = replace(
            settings_of(quiet.simulator),
            key=Secret("ak_SOMETHING_ELSE"),
            warnings=("the key's file is [b]open[/b].",),
        )
        return await connect(settings, folders(quiet.base))

    async with app_on(warned) as stage:
        await stage.shows("The API rejected this key.", "the key's file is [b]open[/b].")


async def test_an_error_nobody_expected_ends_it_and_prints_no_secret(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def broken() -> Session:
        key = "ak_PLANTED_SECRET"
        raise ZeroDivisionError(key)

    with pytest.raises(ZeroDivisionError):
        async with app_on(broken) as stage:
            await stage.until(lambda: stage.app._exception)
    assert stage.app.return_code == 1
    assert "".join(capsys.readouterr()) == ""
    told = str(stage.app.last_words)
    assert "takedeck stopped: an unexpected ZeroDivisionError" in told
    assert "PLANTED" not in told


async def test_q_ends_the_deck_too(quiet: Studio) -> None:
    async with quiet.app() as stage:
        pid = await stage.until(lambda: stage.session.player._deck.pid)
        assert is_alive(pid)
        await stage.pilot.press("q")
        await stage.until(lambda: not stage.app.is_running)
        assert stage.app.return_code == 0
        assert not is_alive(pid)


async def test_the_simulators_scenarios_all_show(start: Callable[..., Studio]) -> None:
    for scenario, text in (("studio", "active"), ("busy", "active"), ("empty", "no jobs yet")):
        async with start(scenario).app() as stage:
            await stage.shows(text)
