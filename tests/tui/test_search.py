"""The search line: typed, understood or not, kept, and cleared."""

from __future__ import annotations

from takedeck.tui.widgets.search import SearchBar
from tests.tui.stage import Stage, Studio

FAILED, REFUSED = "mgen_00e1", "mgen_00e2"


def two(studio: Studio) -> None:
    studio.add(FAILED, outcome="failed", error_message="the zither is out of tune")
    studio.add(REFUSED, outcome="refused", refusal_reason="lyrics: zither is a trademark")


async def typed(stage: Stage, text: str) -> None:
    await stage.press("slash")
    await stage.press(*("space" if char == " " else char for char in text))


async def test_rows_narrow_as_one_types(quiet: Studio) -> None:
    two(quiet)
    async with quiet.app() as stage:
        await stage.connected()
        await stage.until(lambda: len(stage.rows) > 10)
        await typed(stage, "zither")
        await stage.until(lambda: len(stage.rows) == 2)
        await typed(stage, " status:failed")
        await stage.until(lambda: len(stage.rows) == 1 and FAILED[:9] in stage.rows[0])
        await stage.press("enter")
        assert stage.app.focused is stage.jobs
        await stage.press("y")
        assert stage.app.clipboard == FAILED


async def test_a_mistake_is_shown_in_place_and_the_rest_still_counts(quiet: Studio) -> None:
    two(quiet)
    async with quiet.app() as stage:
        await stage.connected()
        await typed(stage, "zither colour:red")
        await stage.shows("Unknown field “colour”")
        await stage.until(lambda: len(stage.rows) == 2)


async def test_esc_clears_and_shows_everything(quiet: Studio) -> None:
    two(quiet)
    async with quiet.app() as stage:
        await stage.connected()
        await typed(stage, "zither")
        await stage.until(lambda: len(stage.rows) == 2)
        await stage.press("escape")
        await stage.until(lambda: len(stage.rows) > 10)
        assert not stage.app._main.query_one(SearchBar).display
        assert stage.app.focused is stage.jobs


async def test_a_new_job_that_does_not_match_stays_out(quiet: Studio) -> None:
    two(quiet)
    async with quiet.app() as stage:
        await stage.connected()
        await typed(stage, "zither")
        await stage.until(lambda: len(stage.rows) == 2)
        await stage.press("enter")
        quiet.add("mgen_00e3", outcome="failed", error_message="no such word")
        quiet.add("mgen_00e4", outcome="failed", error_message="one more zither")
        await stage.press("r")
        await stage.until(lambda: len(stage.rows) == 3)
