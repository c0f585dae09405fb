"""The job's pane: every field of its page, its progress, and why it came to nothing."""

from __future__ import annotations

from takedeck.simulator.songs.catalogue import SONGS
from tests.tui.stage import Studio


async def test_a_succeeded_job_shows_every_field(quiet: Studio) -> None:
    plan = quiet.add("mgen_0a01", title="Small Waltz", engine="atelier", mode="focus")
    async with quiet.app() as stage:
        wanted = (plan.id, plan.track_id, "Small Waltz", "succeeded", "atelier", "focus", "1:07")
        await stage.until(lambda: all(text in stage.pane("#job") for text in wanted))
        assert "created" in stage.pane("#job")
        assert "now" in stage.pane("#job")


async def test_progress_moves(quiet: Studio) -> None:
    plan = quiet.add("mgen_0a02", run_seconds=200.0)
    async with quiet.app() as stage:
        await stage.press("g")
        await stage.until(lambda: plan.id in stage.pane("#job") and "0 %" in stage.pane("#job"))
        filled = stage.pane("#job").count("━")
        assert filled == 0
        for _ in range(2):
            quiet.clock.advance(60)
            percent = plan.progress_at(quiet.clock.now())
            await stage.press("r")
            await stage.until(lambda percent=percent: f" {percent} %" in stage.pane("#job"))
            assert stage.pane("#job").count("━") > filled
            filled = stage.pane("#job").count("━")
        assert "running   for" in stage.pane("#job")


async def test_a_long_error_can_be_read_to_its_end(quiet: Studio) -> None:
    lines = [f"line {n}: the engine said no, and said it at some length" for n in range(60)]
    quiet.add("mgen_0a03", outcome="failed", error_message="\n".join([*lines, "THE VERY END"]))
    async with quiet.app(size=(80, 24)) as stage:
        await stage.press("g")
        await stage.until(lambda: "line 0: the engine said no" in stage.pane("#job"))
        await stage.press("l", "end")
        await stage.until(lambda: "THE VERY END" in stage.pane("#job"))
        await stage.press("y")
        assert stage.app.clipboard == "\n".join([*lines, "THE VERY END"])


async def test_a_refusal_shows_its_reason_whole(quiet: Studio) -> None:
    reason = "prompt: “in the voice of somebody” names a living artist. Describe the sound instead."
    quiet.add("mgen_0a04", outcome="refused", refusal_reason=reason)
    async with quiet.app() as stage:
        words = reason.split()
        await stage.press("g")
        await stage.until(lambda: all(word in stage.pane("#job") for word in words))
        assert "refused" in stage.pane("#job")


async def test_a_job_that_cannot_be_heard_yet_says_so_when_opened(quiet: Studio) -> None:
    quiet.add("mgen_0a05", outcome="running", end_progress=10)
    async with quiet.app() as stage:
        await stage.press("g", "enter")
        await stage.shows("You can play it when it finishes. esc")
        await stage.press("escape")
        await stage.until(lambda: "finishes. esc" not in stage.said)


async def test_y_copies_the_id(quiet: Studio) -> None:
    async with quiet.app() as stage:
        await stage.press("y")
        await stage.until(lambda: stage.app.clipboard == quiet.ids("succeeded")[0])


async def test_the_list_shows_how_long_a_track_is(quiet: Studio) -> None:
    quiet.add("mgen_0a06", title="Short", song="bossa")
    assert SONGS["bossa"].duration < 60
    async with quiet.app() as stage:
        await stage.until(lambda: "0:58" in stage.rows[0])
