"""Next, previous and autoplay walk the list; the loop region is on the transport line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from takedeck.tui.widgets.transport import TransportLine
from tests.tui.stage import Stage, Studio

NEWER, FAILED, OLDER = "mgen_00c3", "mgen_00c2", "mgen_00c1"


def opened(stage: Stage) -> str | None:
    now = stage.session.player.opened
    return now.job_id if now else None


def three(studio: Studio) -> None:
    before = [studio.clock.now() - timedelta(seconds=ago) for ago in (30, 20, 10)]
    studio.add(OLDER, created_at=before[0])
    studio.add(FAILED, created_at=before[1], outcome="failed", error_message="out of capacity")
    studio.add(NEWER, created_at=before[2])


async def test_next_and_previous_pass_over_what_has_no_track(quiet: Studio) -> None:
    three(quiet)
    async with quiet.app() as stage:
        await stage.open(NEWER)
        await stage.press("greater_than_sign")
        await stage.until(lambda: opened(stage) == OLDER and stage.playing())
        assert stage.jobs.cursor_job is not None
        assert stage.jobs.cursor_job.id == OLDER
        await stage.press("less_than_sign")
        await stage.until(lambda: opened(stage) == NEWER and stage.playing())


async def test_autoplay_goes_on_only_where_it_is_set(quiet: Studio) -> None:
    three(quiet)
    async with quiet.app() as stage:
        await stage.open(NEWER)
        end = await stage.until(lambda: stage.deck.duration)
        stage.session.player.seek_to(end - 0.3)
        await stage.until(lambda: stage.deck.transport == "ended")
        assert opened(stage) == NEWER
        stage.session.settings = replace(stage.session.settings, autoplay=True)
        await stage.press("space")
        await stage.until(stage.playing)
        stage.session.player.seek_to(end - 0.3)
        await stage.until(lambda: opened(stage) == OLDER and stage.playing())


async def test_autoplay_says_once_that_the_list_is_over(start: Callable[..., Studio]) -> None:
    studio = start("empty")
    studio.add(NEWER)
    async with studio.app() as stage:
        await stage.open(NEWER)
        end = await stage.until(lambda: stage.deck.duration)
        stage.session.settings = replace(stage.session.settings, autoplay=True)
        stage.session.player.seek_to(end - 0.3)

        def told() -> list[str]:
            said = [each.message for each in stage.app._notifications]
            return [text for text in said if "No further track" in text]

        await stage.until(told)
        for _ in range(2):
            stage.app._main._tick()
        await stage.settled()
        assert len(told()) == 1


async def test_loop_keys_mark_the_transport_line(quiet: Studio) -> None:
    three(quiet)
    async with quiet.app() as stage:
        await stage.open(NEWER)
        await stage.press("space", "home", "right", "I", "right", "right", "O")
        await stage.until(lambda: stage.deck.loop is not None)
        line = stage.app._main.query_one(TransportLine)
        assert replace(line.loop) == replace(stage.session.player.mixer.loop)
        text = stage.pane("#transport")
        assert text.index("[") < text.index("]")
        await stage.press("L")
        assert not stage.session.player.mixer.loop.on
