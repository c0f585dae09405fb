"""How the panes share the screen: borders that the mouse moves, a zoom, and both kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from takedeck.cli.appearance import keep_preferences, kept_preferences
from takedeck.errors import StateUnwritable
from takedeck.tui.app import TakedeckApp
from takedeck.tui.preferences import LARGEST, SMALLEST, Preferences, from_text
from takedeck.tui.widgets.panes import Panes
from tests.tui.stage import Stage, Studio, app_on


async def drag(stage: Stage, start: tuple[int, int], to: tuple[int, int]) -> None:
    """Press the button on one cell, move to the other, and let go there."""
    await stage.pilot.mouse_down(offset=start)
    await stage.pilot.hover(offset=to)
    await stage.pilot.mouse_up(offset=to)
    await stage.settled()


def panes(stage: Stage) -> Panes:
    return stage.app._main.query_one(Panes)


async def test_the_mouse_moves_the_border_between_list_and_track(quiet: Studio) -> None:
    kept: list[Preferences] = []
    async with app_on(quiet.connect, size=(160, 50), keep_preferences=kept.append) as stage:
        await stage.connected()
        edge = stage.jobs.region.right - 1
        await drag(stage, (edge, 20), (100, 20))
        await stage.until(lambda: abs(stage.jobs.region.right - 101) <= 1)
        assert kept[-1].list_width == 63
        await stage.click(stage.jobs.region.right - 1, 20, times=2)
        await stage.until(lambda: stage.jobs.region.right - 1 == edge)
        assert kept[-1].list_width is None


async def test_the_mouse_moves_the_border_between_job_and_track(quiet: Studio) -> None:
    kept: list[Preferences] = []
    async with app_on(quiet.connect, size=(160, 50), keep_preferences=kept.append) as stage:
        await stage.connected()
        # All of the job's text: the border below it does not move by itself any more.
        await stage.shows("audio", "enter plays it")
        await stage.settled()
        track = stage.app._main.query_one("#track")
        x = track.region.x + 8
        await drag(stage, (x, track.region.y), (x, 30))
        await stage.until(lambda: abs(track.region.y - 31) <= 1)
        assert kept[-1].job_height is not None
        await stage.click(x, track.region.y, times=2)
        await stage.until(lambda: track.region.y < 20)


async def test_at_80_by_24_it_moves_what_is_under_the_list(quiet: Studio) -> None:
    kept: list[Preferences] = []
    async with app_on(quiet.connect, size=(80, 24), keep_preferences=kept.append) as stage:
        await stage.connected()
        side = stage.app._main.query_one("#side")
        before = side.region.height
        await drag(stage, (40, side.region.y), (40, side.region.y - 3))
        await stage.until(lambda: side.region.height > before)
        # However far it is pulled, the list stays in sight.
        await drag(stage, (40, side.region.y), (40, 0))
        await stage.until(lambda: panes(stage).shares.side_height == LARGEST)
        assert stage.jobs.region.height >= 5
        await drag(stage, (40, side.region.y), (40, 23))
        await stage.until(lambda: panes(stage).shares.side_height == SMALLEST)
        assert side.region.height >= 3
        assert kept[-1].side_height == SMALLEST


async def test_a_click_inside_a_pane_moves_no_border(quiet: Studio) -> None:
    async with quiet.app(size=(160, 50)) as stage:
        before = stage.jobs.region
        await drag(stage, (20, 20), (120, 30))
        assert stage.jobs.region == before
        assert panes(stage).shares == Preferences()


async def test_sizes_and_zoom_are_there_again(quiet: Studio, tmp_path: Path) -> None:
    keep_preferences(tmp_path / "state", Preferences(list_width=30, zoomed=True))
    kept = kept_preferences(tmp_path / "state")
    assert kept == Preferences(list_width=30, zoomed=True)
    changed: list[Preferences] = []
    async with app_on(
        quiet.connect, size=(160, 50), preferences=kept, keep_preferences=changed.append
    ) as stage:
        await stage.connected()
        assert stage.jobs.region.width == 160
        await stage.press("z")
        await stage.until(lambda: stage.jobs.region.width == 48)
        assert changed == [Preferences(list_width=30)]


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "7", '{"list_width": "30"}', '{"list_width": 3}', '{"list_width": true}',
        '{"side_height": 1e400}', '{"zoomed": 1, "learned": "loop"}',
        '{"learned": [7, "../x", {}]}', "[" * 100_000,
    ],
)  # fmt: skip
def test_nonsense_that_was_kept_is_passed_over(text: str) -> None:
    assert from_text(text) == Preferences()


def test_what_is_kept_is_read_again() -> None:
    kept = Preferences(40, 50, 60, True, frozenset({"loop", "stems"}))
    assert from_text(kept.to_text()) == kept


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateUnwritable, match="the layout of the screen is not kept"):
        keep_preferences(tmp_path / "file" / "state", Preferences())
    assert kept_preferences(tmp_path / "file" / "state") == Preferences()


async def test_what_cannot_be_kept_is_said_and_holds_for_this_run(quiet: Studio) -> None:
    def full(_: Preferences) -> None:
        raise StateUnwritable("the layout of the screen is not kept: no room.")

    async with app_on(quiet.connect, size=(100, 30), keep_preferences=full) as stage:
        await stage.connected()
        await stage.press("z")
        await stage.shows("the layout of the screen is not kept")
        assert isinstance(stage.app, TakedeckApp)
        assert stage.jobs.region.width == 100
