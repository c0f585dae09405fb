"""ctrl+c asks once, on every screen, and teaches no key that there is not."""

from __future__ import annotations

import pytest

from tests.tui.stage import Studio
from tests.tui.test_bursts import burst
from tests.tui.test_second import on_both

ASKED = "Press ctrl+c again to quit."


@pytest.mark.parametrize(
    "keys",
    [
        "", "slash",
        *(pytest.param(key, marks=pytest.mark.trial)
          for key in ("colon", "question_mark", "ctrl+o", "a")),
    ],
)  # fmt: skip
async def test_ctrl_c_asks_and_quits_at_the_second(quiet: Studio, keys: str) -> None:
    async with on_both(quiet) as stage:
        await burst(stage, keys)
        await stage.press("ctrl+c")
        await stage.shows(ASKED)
        assert "ctrl+q" not in stage.text
        assert stage.app.is_running
        await burst(stage, "ctrl+c")
        await stage.until(lambda: not stage.app.is_running)
        assert stage.app.session is None
        assert stage.app.return_code == 0


async def test_a_late_second_asks_again(quiet: Studio) -> None:
    async with quiet.app() as stage:
        await stage.press("ctrl+c")
        await stage.shows(ASKED)
        # As if the first had been pressed a while ago.
        stage.app._interrupted_at -= 10.0
        stage.app.clear_notifications()
        await stage.until(lambda: ASKED not in stage.said)
        await stage.press("ctrl+c")
        await stage.shows(ASKED)
        assert stage.app.is_running


async def test_ctrl_c_copies_what_is_selected(quiet: Studio) -> None:
    async with quiet.app() as stage:
        await stage.press("slash", *"night", "shift+home", "ctrl+c")
        assert stage.app.clipboard == "night"
        assert ASKED not in stage.said


async def test_ctrl_q_quits_as_q_does(quiet: Studio) -> None:
    async with quiet.app() as stage:
        await burst(stage, "question_mark ctrl+q")
        await stage.until(lambda: not stage.app.is_running)
        assert stage.app.session is None
        assert stage.app.return_code == 0
