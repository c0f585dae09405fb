"""The list: newest first, older pages by themselves, and a cursor that nothing moves."""

from __future__ import annotations

from collections.abc import Callable

from takedeck.simulator.scenario import SCENARIOS
from tests.tui.stage import Stage, Studio


def listed(stage: Stage) -> list[str]:
    view = stage.jobs._view
    assert view is not None
    return [view.id_at(row) for row in range(len(view))]


async def test_newest_first_and_titles_by_themselves(quiet: Studio) -> None:
    quiet.add("mgen_00a1", title="Small Waltz")
    async with quiet.app() as stage:
        await stage.until(lambda: len(listed(stage)) >= 50)
        assert listed(stage)[:50] == quiet.ids()[:50]
        first = await stage.until(lambda: "Small Waltz" in stage.rows[0] and stage.rows[0])
        assert "●" in first
        assert "1:07" in first
        assert first.rstrip().endswith("now")


async def test_each_status_has_its_sign_and_word(quiet: Studio) -> None:
    signs = {"queued": "○", "running": "◐", "failed": "✕", "cancelled": "◌", "refused": "⊘"}
    for number, status in enumerate(signs):
        quiet.add(f"mgen_00b{number}", outcome=status, end_progress=30)
    async with quiet.app() as stage:
        rows = {word: next(row for row in stage.rows if word in row) for word in signs}
        for word, sign in signs.items():
            assert sign in rows[word]
        assert "30 %" in rows["running"]


async def test_an_unknown_status_is_shown_as_itself(quiet: Studio) -> None:
    quiet.add("mgen_00c1", outcome="melting", end_progress=5)
    async with quiet.app() as stage:
        await stage.until(lambda: "mgen_00c1" in stage.rows[0])
        assert "? " in stage.rows[0]
        assert "melting" in stage.rows[0]
        await stage.press("g")
        await stage.until(lambda: "? melting" in stage.pane("#job"))


async def test_new_jobs_and_progress_come_by_themselves(start: Callable[..., Studio]) -> None:
    studio = start("quiet")
    made = studio.add("mgen_00d1", run_seconds=100.0)
    async with studio.app() as stage:
        await stage.until(lambda: "running   0 %" in stage.rows[0])
        studio.clock.advance(30)
        studio.add("mgen_00d2", outcome="queued")
        await stage.until(lambda: "mgen_00d2" in stage.rows[0])
        percent = f"{made.progress_at(studio.clock.now()):3d} %"
        await stage.until(lambda: percent in stage.rows[1])
        studio.clock.advance(100)
        await stage.until(lambda: "●" in stage.rows[1])


async def test_the_line_being_read_stays_while_new_jobs_come(quiet: Studio) -> None:
    async with quiet.app(size=(160, 20)) as stage:
        # No titles are waited for here: the ids of failed jobs are on screen from the start.
        await stage.press(*["j"] * 30)
        job = stage.jobs.cursor_job
        assert job is not None
        line = stage.jobs._row - stage.jobs.scroll_offset.y
        before = stage.jobs.scroll_offset.y
        for number in range(3):
            quiet.add(f"mgen_00e{number}")
        await stage.press("r")
        await stage.until(lambda: "3 new" in stage.text)
        assert stage.jobs.cursor_job is not None
        assert stage.jobs.cursor_job.id == job.id
        assert stage.jobs.scroll_offset.y == before + 3
        assert stage.jobs._row - stage.jobs.scroll_offset.y == line
        await stage.press("g")
        await stage.until(lambda: "3 new" not in stage.text)
        assert listed(stage)[stage.jobs._row] == quiet.ids()[0]


async def test_the_cursor_stays_on_its_job_at_the_top_too(quiet: Studio) -> None:
    async with quiet.app() as stage:
        job = stage.jobs.cursor_job
        assert job is not None
        quiet.add("mgen_00f1", outcome="queued")
        await stage.press("r")
        await stage.until(lambda: "mgen_00f1" in stage.rows[0])
        assert stage.jobs.cursor_job is not None
        assert stage.jobs.cursor_job.id == job.id
        await stage.until(lambda: job.id in stage.pane("#job"))


async def test_older_pages_come_as_one_scrolls(quiet: Studio) -> None:
    async with quiet.app(size=(80, 24)) as stage:
        everything = quiet.ids()
        assert len(everything) > 100
        await stage.until(lambda: len(listed(stage)) == 50)
        assert "50+" in stage.pane("#jobs")
        for known in range(50, len(everything), 40):
            await stage.until(lambda known=known: len(listed(stage)) >= known)
            await stage.press("G")
        await stage.until(lambda: listed(stage) == everything)
        await stage.until(lambda: f"of {len(everything)} " in stage.pane("#jobs"))
        await stage.press("G")
        await stage.until(lambda: everything[-1] in stage.pane("#job"))
        assert len(quiet.asked(limit=50)) >= 3


async def test_the_wheel_brings_older_pages_too(quiet: Studio) -> None:
    async with quiet.app(size=(80, 24)) as stage:
        await stage.until(lambda: len(listed(stage)) == 50)
        stage.jobs.scroll_end(animate=False)
        await stage.until(lambda: len(listed(stage)) > 50)
        assert stage.jobs.cursor_job is not None
        assert stage.jobs.cursor_job.id == quiet.ids()[0]


async def test_an_empty_list_says_so(start: Callable[..., Studio]) -> None:
    assert "empty" in SCENARIOS
    async with start("empty").app() as stage:
        await stage.shows("no jobs yet")
        await stage.press("enter", "space", "j", "G", "y")
        await stage.press("right_square_bracket")
        await stage.shows("no queued jobs")


async def test_brackets_ask_the_server_for_a_status(quiet: Studio) -> None:
    quiet.add("mgen_00a2", outcome="running", end_progress=40)
    async with quiet.app() as stage:
        await stage.press("right_square_bracket", "right_square_bracket")
        await stage.until(lambda: quiet.asked(status="running"))
        await stage.until(lambda: listed(stage) == ["mgen_00a2"])
        await stage.press("left_square_bracket")
        await stage.until(lambda: quiet.asked(status="queued"))
        await stage.shows("no queued jobs")
        await stage.press("left_square_bracket")
        await stage.until(lambda: len(listed(stage)) >= 50)
        assert stage.jobs.cursor_job is not None


async def test_a_click_filters_and_finds_what_no_page_had(quiet: Studio) -> None:
    failed = quiet.ids("failed")
    assert set(failed) - set(quiet.ids()[:50])
    async with quiet.app() as stage:
        line = next(n for n, text in enumerate(stage.lines) if "Failed" in text)
        await stage.click(stage.lines[line].index("Failed") + 1, line)
        await stage.until(lambda: listed(stage) == failed)
        await stage.shows(f"Failed {len(failed)} ")
        assert all("failed" in row for row in stage.rows)
        await stage.press("escape")
        await stage.until(lambda: len(listed(stage)) >= 50)


async def test_the_cursor_keeps_its_job_through_a_filter(quiet: Studio) -> None:
    async with quiet.app() as stage:
        target = quiet.ids("failed")[1]
        await stage.move_to(target)
        for _ in range(4):
            await stage.press("right_square_bracket")
        await stage.until(lambda: set(listed(stage)) == set(quiet.ids("failed")))
        assert stage.jobs.cursor_job is not None
        assert stage.jobs.cursor_job.id == target
        await stage.press("escape")
        await stage.until(lambda: len(listed(stage)) >= 50)
        assert stage.jobs.cursor_job.id == target


async def test_rows_take_the_colours_of_another_theme(quiet: Studio) -> None:
    quiet.add("mgen_00a1", outcome="failed", error_message="out of capacity")
    async with quiet.app() as stage:

        def colours() -> list[object]:
            drawn = stage.jobs.render_line(0)
            return [each.style.color for each in drawn if each.style and each.text.strip()]

        before = colours()
        stage.app.theme = "nord"
        await stage.settled()
        assert colours()[0] != before[0]


async def test_a_row_drawn_before_the_new_theme_has_settled_keeps_no_old_colour(
    quiet: Studio,
) -> None:
    async with quiet.app() as stage:
        await stage.until(lambda: stage.jobs.cursor_job)
        stage.app.theme = "textual-light"
        # Textual works its own styles out later; a row may be drawn meanwhile.
        stage.jobs.render_line(0)
        await stage.settled()
        dim = stage.jobs._style("dim").color
        assert dim is not None
        assert dim.name == stage.app.get_css_variables()["dim"].lower()


async def test_a_click_puts_the_cursor_on_the_row(quiet: Studio) -> None:
    async with quiet.app() as stage:
        box = stage.jobs.content_region
        await stage.click(box.x + 8, box.y + 5)
        wanted = quiet.ids()[5]
        await stage.until(lambda: stage.jobs.cursor_job and stage.jobs.cursor_job.id == wanted)
        await stage.until(lambda: wanted in stage.pane("#job"))
        assert stage.session.player.opened is None
