"""Keys that come faster than the screens that they open and close."""

from __future__ import annotations

import pytest
from textual.command import CommandPalette
from textual.events import Key, MouseDown, MouseUp

from tests.tui.stage import Stage, Studio
from tests.tui.test_second import on_both

BURSTS = {
    "palette": [
        "colon down enter enter",
        "colon enter enter enter",
        "colon down down enter escape enter",
        "colon pagedown",
        "colon pageup",
        "colon ctrl+end ctrl+home up down pagedown pageup",
        "colon colon escape escape escape",
        "ctrl+p ctrl+p enter enter escape",
        "colon s t o p enter enter enter",
        "colon z z z z down enter pagedown enter escape",
    ],
    "help": [
        "question_mark question_mark question_mark escape escape",
        "question_mark escape escape escape",
        "f1 enter enter escape",
        "question_mark ctrl+p escape escape escape",
        "question_mark j k j G g pagedown escape question_mark escape",
    ],
    "profiles": [
        "ctrl+o ctrl+o ctrl+o ctrl+o",
        "ctrl+o j k escape escape escape",
        "ctrl+o enter enter enter",
        "ctrl+o j enter enter ctrl+o enter enter",
        "ctrl+o pagedown pageup end home enter escape",
    ],
    "add": [
        "a escape escape escape",
        "a a a enter enter escape escape",
        "a x enter enter enter escape escape",
    ],
    "search": [
        "slash x escape escape escape slash slash enter enter",
        "slash enter slash tab slash down escape",
        "slash escape a escape question_mark escape colon escape",
    ],
}


def type_all(stage: Stage, keys: str) -> None:
    """Type all of these at once."""
    driver = stage.app._driver
    assert driver is not None
    for name in keys.split():
        event = Key(name, name if len(name) == 1 else None)
        event.set_sender(stage.app)
        driver.send_message(event)


async def burst(stage: Stage, keys: str) -> None:
    """Type all of these before the app has taken the first."""
    type_all(stage, keys)
    await stage.settled()


@pytest.mark.parametrize(
    "screen",
    [
        pytest.param(screen, marks=() if screen in ("palette", "search") else pytest.mark.trial)
        for screen in BURSTS
    ],
)
async def test_quick_keys_end_nothing_and_escape_leads_home(quiet: Studio, screen: str) -> None:
    async with on_both(quiet) as stage:
        for keys in BURSTS[screen]:
            await burst(stage, keys)
            for _ in range(5):
                await stage.press("escape")
            home = stage.app._main
            assert stage.app.screen is home, keys
            assert stage.jobs.has_focus, keys
            await stage.press("g", "question_mark")
            assert "play or pause" in stage.said, keys
            await stage.press("escape")


@pytest.mark.parametrize(
    "keys", ["pagedown", "pageup", "down enter enter enter", "up ctrl+end pagedown enter"]
)
async def test_keys_that_come_before_the_palette_s_list(quiet: Studio, keys: str) -> None:
    async with quiet.app() as stage:
        type_all(stage, "colon")
        await stage.until(lambda: isinstance(stage.app.screen, CommandPalette))
        await burst(stage, keys)
        await stage.press("escape", "escape")
        await stage.until(lambda: stage.app.screen is stage.app._main)


async def test_a_command_that_is_chosen_twice_runs_once(quiet: Studio) -> None:
    async with quiet.app() as stage:
        await stage.press("colon", *"profile")
        await stage.until(lambda: "Key: ^o" in stage.text)
        await burst(stage, "enter enter enter")
        await stage.until(lambda: stage.app.screen is stage.app._main)
        await stage.shows("names no other profile")
        assert stage.text.count("names no other profile") == 1


async def test_a_screen_is_opened_once(quiet: Studio) -> None:
    async with on_both(quiet) as stage:
        for keys in ("question_mark question_mark f1", "ctrl+o ctrl+o", "a a a"):
            await burst(stage, keys)
            await stage.settled()
            assert len(stage.app.screen_stack) <= 2
            await stage.press("escape", "escape")


async def test_a_second_click_on_what_was_chosen_does_nothing(quiet: Studio) -> None:
    async with quiet.app() as stage:
        await stage.press("colon", *"profile")
        await stage.until(lambda: "Key: ^o" in stage.text)
        line = next(y for y, text in enumerate(stage.lines) if "Key: ^o" in text)
        at = stage.lines[line].index("Key: ^o")
        clicks = [
            kind(None, at, line, 0, 0, 1, False, False, False, at, line)
            for kind in (MouseDown, MouseUp) * 3
        ]
        assert stage.app._driver is not None
        for click in clicks:
            click.set_sender(stage.app)
            stage.app._driver.send_message(click)
        await stage.until(lambda: stage.app.screen is stage.app._main)
        await stage.shows("names no other profile")
        assert stage.text.count("names no other profile") == 1


async def test_the_palette_opens_while_the_one_before_goes(quiet: Studio) -> None:
    async with quiet.app() as stage:
        stage.app.action_command_palette()
        before = stage.app.screen
        # Off the stack, and not yet taken down: that takes its worker and its widgets a while.
        stage.app._screen_stack.pop()
        assert before.is_attached
        stage.app.action_command_palette()
        assert isinstance(stage.app.screen, CommandPalette)
        assert stage.app.screen is not before
        await stage.press("escape")
        await stage.until(lambda: stage.app.screen is stage.app._main)
