"""The one table of commands: the README has it, the config changes it, and mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from takedeck.errors import ConfigError
from takedeck.tui.app import TakedeckApp
from takedeck.tui.commands import (
    COMMANDS,
    HELP,
    Command,
    Where,
    key_text,
    keymap_of,
    keys_text,
    readme_table,
    table,
)
from takedeck.tui.screens.main import MainScreen
from takedeck.tui.widgets.filters import FilterBar
from takedeck.tui.widgets.job_detail import JobDetail
from takedeck.tui.widgets.jobs import JobsPane
from takedeck.tui.widgets.lanes import Lanes
from tests.tui.stage import Stage, Studio

README = Path(__file__).parents[2] / "README.md"
ACTORS = {
    Where.APP: (TakedeckApp,),
    Where.SCREEN: (MainScreen,),
    Where.JOBS: (JobsPane,),
    Where.JOB: (JobDetail,),
    Where.TRACK: (Lanes,),
}


def test_the_readme_has_the_table() -> None:
    assert readme_table() in README.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda each: f"{each.where.name}-{each.name}")
def test_every_command_does_something(command: Command) -> None:
    action = command.action.partition("(")[0]
    assert any(
        callable(getattr(actor, f"action_{action}", None)) for actor in ACTORS[command.where]
    )


def test_every_command_is_on_the_help_page_or_moves_within_a_page() -> None:
    shown = {name for _, rows in HELP for row in rows for name in row.names}
    left_out = {command.name for command in COMMANDS} - shown
    assert left_out == {
        "page_down",
        "page_up",
        "previous_pane",
        *(f"mute_{n}" for n in range(2, 9)),
        *(f"solo_{n}" for n in range(1, 10)),
    }


def test_no_two_commands_share_a_key_in_one_place() -> None:
    for where in Where:
        keys = [key for each in COMMANDS if each.where is where for key in each.keys.split(",")]
        assert len(keys) == len(set(keys)), where
    wide = [each for each in COMMANDS if each.where in (Where.APP, Where.SCREEN)]
    keys = [key for each in wide for key in each.keys.split(",")]
    assert len(keys) == len(set(keys))


def test_keys_are_written_as_people_write_them() -> None:
    keymap = keymap_of({"mute_stem": "x", "quit": "q ctrl+x", "loop": "%", "refresh": "f5"}, {})
    assert keymap == {
        "mute_stem": "x", "quit": "q,ctrl+x", "loop": "percent_sign", "refresh": "f5",
    }  # fmt: skip
    rows = {name: keys for name, keys, _ in table(keymap)}
    assert rows["mute_stem"] == "x"
    assert rows["quit"] == "q ctrl+x"
    row = next(row for _, rows in HELP for row in rows if "mute_stem" in row.names)
    assert keys_text(row, keymap) == ["x", "s"]
    assert key_text("left_square_bracket") == "["


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"mute": "m"}, "there is no such command"),
        ({"mute_stem": ""}, "it names no key"),
        ({"mute_stem": "hyper+m"}, "there is no key hyper+m"),
        ({"mute_stem": "mm"}, "there is no key mm"),
        ({"mute_stem": "\x1b"}, "there is no key"),
        ({"mute_stem": "s"}, "s is the key of solo_stem (solo) too"),
        ({"mute_stem": "q"}, "q is the key of quit"),
        ({"down": "x", "mute_stem": "x"}, "x is the key of"),
        ({"down": "space"}, "space is the key of play_pause"),
    ],
)
def test_what_cannot_be_is_told_with_its_place(wanted: dict[str, str], says: str) -> None:
    sources = {f"keys.{name}": "line 7 of config.toml" for name in wanted}
    with pytest.raises(ConfigError) as told:
        keymap_of(wanted, sources)
    assert told.value.what.startswith("line 7 of config.toml: ")
    assert says in told.value.what
    assert told.value.next_step


def test_two_commands_can_change_places() -> None:
    assert keymap_of({"mute_stem": "s", "solo_stem": "m"}, {}) == {
        "mute_stem": "s", "solo_stem": "m",
    }  # fmt: skip


async def test_a_changed_key_works_is_shown_and_the_old_one_does_nothing(quiet: Studio) -> None:
    keymap = keymap_of({"help": "f2", "next_status": "x"}, {})
    app = TakedeckApp(quiet.connect, keymap=keymap)
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        stage = Stage(app, pilot)
        await stage.connected()
        assert "f2 Help" in stage.lines[-1]
        await stage.press("question_mark")
        assert stage.app.screen is app._main
        bar = app._main.query_one(FilterBar)
        await stage.press("right_square_bracket")
        assert bar.chosen is None
        await stage.press("x")
        assert bar.chosen is not None
        await stage.press("f2")
        await stage.shows("filter by status", "[ x")
        await stage.press("f2")
        assert stage.app.screen is app._main
        await app.close_session()
