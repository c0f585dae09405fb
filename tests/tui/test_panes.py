"""Panes, help, mouse and sizes."""

from __future__ import annotations

import re

import pytest

from takedeck.tui.screens.help import HelpScreen
from takedeck.tui.widgets.filters import FilterBar
from takedeck.tui.widgets.job_detail import JobDetail
from takedeck.tui.widgets.jobs import JobsPane
from takedeck.tui.widgets.lanes import Lanes
from takedeck.tui.widgets.track import TrackPane
from tests.tui.stage import Stage, Studio

WALTZ = "mgen_00a1"
BLOCKS = "▁▂▃▄▅▆▇█▀─━│·"


def at(stage: Stage, kind: type) -> bool:
    return isinstance(stage.app.screen.focused, kind)


async def click_share(stage: Stage, selector: str, signs: str, share: float) -> float:
    """Click so far along the longest run of those signs in a widget.

    Returns the share that was really clicked.
    """
    box = stage.app.screen.query_one(selector).region
    lines = enumerate(stage.pane(selector).split("\n"))
    runs = [(run, y) for y, line in lines for run in re.finditer(f"[{signs}]+", line)]
    run, y = max(runs, key=lambda found: len(found[0].group()))
    x = run.start() + round(share * (len(run.group()) - 1))
    await stage.click(box.x + x, box.y + y)
    return (x - run.start() + 0.5) / len(run.group())


async def test_keys_go_round_the_panes(quiet: Studio) -> None:
    async with quiet.app() as stage:
        await stage.until(lambda: at(stage, JobsPane))
        for key, kind in (
            ("tab", JobDetail), ("tab", Lanes), ("tab", JobsPane), ("shift+tab", Lanes),
            ("h", JobDetail), ("h", JobsPane), ("h", JobsPane), ("l", JobDetail), ("l", Lanes),
            ("l", Lanes), ("escape", JobsPane),
        ):  # fmt: skip
            await stage.press(key)
            await stage.until(lambda kind=kind: at(stage, kind))


@pytest.mark.parametrize(
    "size", [(20, 5), (59, 30), pytest.param((40, 12), marks=pytest.mark.trial)]
)
async def test_where_one_pane_fits_the_keys_show_the_next(
    quiet: Studio, size: tuple[int, int]
) -> None:
    plan = quiet.add(WALTZ, title="Small Waltz")
    async with quiet.app(size=size) as stage:
        await stage.shows("Small")
        await stage.press("l")
        await stage.shows("mgen_00a1")
        if size[1] > 5:
            await stage.shows("succeeded", plan.track_id)
        await stage.press("h", "enter")
        await stage.until(stage.playing)
        await stage.press("tab", "tab")
        await stage.shows("Small Waltz", "▶ 0:")
        await stage.press("space")
        await stage.shows("paused")
        await stage.press("escape")
        await stage.until(lambda: at(stage, JobsPane) and "paused" not in stage.text)


async def test_growing_and_shrinking(quiet: Studio) -> None:
    quiet.add(WALTZ, title="Small Waltz")
    async with quiet.app() as stage:
        await stage.open(WALTZ)
        await stage.press("0", "l", "l")
        for size in ((20, 5), (1, 1), (59, 15), (160, 50)):
            await stage.pilot.resize_terminal(*size)
            await stage.until(lambda size=size: tuple(stage.app.size) == size)
            await stage.press("j", "tab")
        assert "Small Waltz" in stage.pane("#track")
        await stage.until(stage.playing)


async def test_at_80_by_24_everything_is_in_reach(quiet: Studio) -> None:
    quiet.add(WALTZ, title="Small Waltz")
    async with quiet.app(size=(80, 24)) as stage:
        await stage.open(WALTZ)
        await stage.shows("Small Waltz", "▶ 0:", "link fresh", "drums", "pad", "All ")
        assert len(stage.rows) >= 5
        await stage.until(lambda: "Play" in stage.lines[-1])


async def test_help_shows_every_key_and_closes(quiet: Studio) -> None:
    async with quiet.app() as stage:
        for key in ("question_mark", "f1"):
            await stage.press(key)
            await stage.until(lambda: isinstance(stage.app.screen, HelpScreen))
            await stage.shows("play or pause", "master ↔ stems", "filter by status", "quit")
            await stage.press("escape")
            await stage.until(lambda: not isinstance(stage.app.screen, HelpScreen))
        await stage.press("question_mark", "q")
        await stage.until(lambda: not isinstance(stage.app.screen, HelpScreen))
        assert stage.app.is_running


async def test_the_foot_says_what_can_be_pressed_and_a_click_presses_it(quiet: Studio) -> None:
    async with quiet.app() as stage:
        foot, line = stage.lines[-1], stage.app.size.height - 1
        assert foot.strip() == (
            "⏎ Open  [ ] Status  / Search  space Play  0 Stems  "
            "1-9 Mute  S 1-9 Solo  ? Help  q Quit"
        )
        before = stage.app._main.query_one(FilterBar).chosen
        await stage.click(foot.index("]"), line)
        await stage.until(lambda: stage.app._main.query_one(FilterBar).chosen != before)
        await stage.click(foot.index("Status") + 2, line)
        await stage.until(lambda: stage.app._main.query_one(FilterBar).chosen == before)
        await stage.press("l")
        assert "Open" not in stage.lines[-1]
        await stage.click(stage.lines[-1].index("Help"), line)
        await stage.until(lambda: isinstance(stage.app.screen, HelpScreen))


async def test_where_the_foot_is_short_help_and_quit_are_left_out_last(quiet: Studio) -> None:
    async with quiet.app(size=(62, 24)) as stage:
        assert stage.lines[-1].strip() == ("⏎ Open  0 Stems  1-9 Mute  S 1-9 Solo  ? Help  q Quit")
        assert max(len(line) for line in stage.lines) == 62


async def test_what_happens_behind_the_help_screen_is_taken_in(quiet: Studio) -> None:
    async with quiet.app() as stage:
        await stage.press("question_mark")
        await stage.until(lambda: isinstance(stage.app.screen, HelpScreen))
        quiet.add("mgen_00c1", outcome="queued")
        stage.session.refresh()
        await stage.until(lambda: "mgen_00c1" in stage.rows[0])
        await stage.press("escape")
        await stage.until(lambda: "mgen_00c1" in stage.text)


@pytest.mark.parametrize("key", ["colon", "ctrl+p"])
async def test_the_palette_runs_a_command(quiet: Studio, key: str) -> None:
    quiet.add(WALTZ)
    async with quiet.app() as stage:
        await stage.open(WALTZ)
        await stage.press(key, *"stop")
        await stage.press("enter")
        await stage.until(lambda: stage.deck.transport == "stopped")


async def test_a_double_click_opens(quiet: Studio) -> None:
    quiet.add("mgen_00b2", title="Other Song")
    quiet.add(WALTZ, title="Small Waltz")
    async with quiet.app() as stage:
        box = stage.jobs.content_region
        await stage.click(box.x + 9, box.y + 1, times=2)
        await stage.until(lambda: stage.session.player.opened and stage.playing())
        shown = stage.jobs.cursor_job
        assert shown is not None
        assert stage.session.player.opened is not None
        assert stage.session.player.opened.job_id == shown.id == quiet.ids()[1]


async def test_a_click_in_the_transport_seeks(quiet: Studio) -> None:
    quiet.add(WALTZ)
    async with quiet.app() as stage:
        deck = await stage.open(WALTZ)
        await stage.press("space")
        await stage.until(lambda: stage.deck.transport == "paused")
        assert deck.duration is not None
        share = await click_share(stage, "#transport", "━●─", 0.5)
        await stage.until(lambda: abs(stage.deck.position - share * (deck.duration or 0)) < 0.1)


async def test_a_click_in_a_waveform_seeks(quiet: Studio) -> None:
    quiet.add(WALTZ)
    async with quiet.app() as stage:
        deck = await stage.open(WALTZ)
        await stage.shows("buffered 100 %")
        await stage.press("space")
        await stage.until(lambda: stage.deck.transport == "paused")
        share = await click_share(stage, "#lanes", BLOCKS, 0.25)
        await stage.until(lambda: abs(stage.deck.position - share * (deck.duration or 0)) < 1.0)


async def test_a_click_on_a_lane_puts_the_cursor_there(quiet: Studio) -> None:
    quiet.add(WALTZ)
    async with quiet.app() as stage:
        await stage.open(WALTZ)
        box = stage.app.screen.query_one("#lanes").region
        lines = stage.pane("#lanes").split("\n")
        line = next(y for y, text in enumerate(lines) if "chords" in text)
        await stage.click(box.x + 6, box.y + line)
        await stage.until(lambda: stage.lanes.stem == "chords")
        await stage.press("s")
        await stage.until(lambda: [p.name for p in stage.deck.parts if p.soloed] == ["chords"])


async def test_a_click_finds_its_lane_where_they_do_not_all_fit(quiet: Studio) -> None:
    quiet.add(WALTZ)
    async with quiet.app(size=(120, 16)) as stage:
        await stage.open(WALTZ)
        await stage.press("l", "l", *["j"] * 5)
        await stage.until(lambda: stage.lanes.stem == "pad" and "pad" in stage.pane("#lanes"))
        assert stage.lanes.scroll_offset.y > 0
        box = stage.app.screen.query_one("#lanes").region
        lines = stage.pane("#lanes").split("\n")
        line = next(y for y, text in enumerate(lines) if "lead" in text)
        await stage.click(box.x + 6, box.y + line)
        await stage.until(lambda: stage.lanes.cursor != 5)
        assert stage.lanes.stem == "lead"


async def test_the_help_scrolls_with_the_keys_of_the_list(quiet: Studio) -> None:
    async with quiet.app(size=(80, 15)) as stage:
        await stage.press("question_mark")
        await stage.shows("Jobs", "j k")
        page = stage.app.screen.query_one("#help")
        high = page.scrollable_content_region.height
        for keys, where in (
            ("j", 1), ("k", 0), ("k", 0), ("j j j", 3), ("G", page.max_scroll_y), ("g", 0),
            ("pagedown", high - 1), ("pageup", 0), ("down", 1), ("home", 0),
            ("end", page.max_scroll_y),
        ):  # fmt: skip
            await stage.press(*keys.split())
            assert page.scroll_y == where, keys
        await stage.shows("quit")


@pytest.mark.parametrize("pane", ["l", "l l"])
async def test_enter_in_a_pane_with_nothing_else_opens_what_is_under_the_cursor(
    quiet: Studio, pane: str
) -> None:
    quiet.add(WALTZ, title="Small Waltz")
    async with quiet.app() as stage:
        await stage.move_to(WALTZ)
        await stage.press(*pane.split(), "enter")
        await stage.until(stage.playing)
        assert "Small Waltz" in stage.pane("#track")
        await stage.press("l", "l", "h", "l", "enter")
        assert stage.session.player.opened is not None
        assert stage.session.player.opened.job_id == WALTZ


@pytest.mark.parametrize(
    "size", [(20, 5), (80, 24), pytest.param((59, 30), marks=pytest.mark.trial)]
)
async def test_escape_leads_home_from_a_search_that_was_begun_in_another_pane(
    quiet: Studio, size: tuple[int, int]
) -> None:
    async with quiet.app(size=size) as stage:
        await stage.press("l", "l", "slash", "x", "y", "escape")
        await stage.until(lambda: stage.jobs.has_focus)
        await stage.press("l", "l", "slash", "escape", "escape", "escape")
        await stage.until(lambda: stage.jobs.has_focus and stage.jobs.display)


async def test_what_looks_like_a_button_can_be_clicked(quiet: Studio) -> None:
    quiet.add(WALTZ)
    async with quiet.app() as stage:
        await stage.open(WALTZ)
        box = stage.app.screen.query_one("#lanes").region
        lines = stage.pane("#lanes").split("\n")
        row = next(y for y, text in enumerate(lines) if "bass" in text)
        for sign, seen in (("M", "muted"), ("S", "soloed")):
            await stage.click(box.x + lines[row].rindex(sign), box.y + row)
            await stage.until(
                lambda seen=seen: [p.name for p in stage.deck.parts if getattr(p, seen)] == ["bass"]
            )
        line = stage.app.screen.query_one("#transport").region
        await stage.click(line.x, line.y)
        await stage.until(lambda: stage.deck.transport == "paused")
        await stage.click(line.right - 7, line.y)
        await stage.until(lambda: stage.deck.volume == 0.85)


async def test_z_gives_a_pane_the_whole_screen_and_back(quiet: Studio) -> None:
    quiet.add(WALTZ)
    for size in ((120, 36), (80, 24)):
        async with quiet.app(size=size) as stage:
            await stage.open(WALTZ)
            await stage.press("l", "l", "z")
            track = stage.app.screen.query_one(TrackPane)
            await stage.until(lambda track=track, size=size: track.region.width == size[0])
            assert track.region.height > size[1] - 5
            await stage.press("h", "h")
            await stage.until(lambda size=size: stage.jobs.region.width == size[0])
            await stage.press("z")
            side = stage.app.screen.query_one("#side")
            await stage.until(lambda side=side: side.region.height > 5)
            assert stage.jobs.region.height < size[1] or stage.jobs.region.width < size[0]
