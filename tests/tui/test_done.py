"""A job that was seen under way and has ended is told: in the app, and by the terminal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from takedeck.model import FAILED, SUCCEEDED, Job, Track
from takedeck.session.connect import connect
from takedeck.session.session import Session
from takedeck.tui import bell
from tests.tui.stage import Studio, app_on, folders, settings_of

JOB = "mgen_00f1"


async def test_toast_and_bell_for_a_job_seen_unfinished(
    quiet: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet.add(JOB, outcome="running")
    async with quiet.app() as stage:
        rung: list[str] = []
        monkeypatch.setattr(stage.app, "bell", lambda: rung.append("bell"))
        await stage.connected()
        await stage.until(lambda: any(JOB in row for row in stage.rows))
        # With a filter on, too, under which the job is not shown.
        await stage.press("left_square_bracket")
        quiet.change(JOB, outcome="failed", error_message="the zither broke", run_seconds=0.0)
        quiet.clock.advance(120)
        await stage.press("r")
        await stage.shows("the zither broke")
        assert rung == ["bell"]


async def test_a_toast_names_the_track_and_its_key_plays_it(quiet: Studio) -> None:
    quiet.add(JOB, outcome="running", title="Late Night")
    async with quiet.app() as stage:
        await stage.until(lambda: any(JOB in row for row in stage.rows))
        await stage.press("j", "j")
        quiet.change(JOB, outcome="succeeded")
        await stage.press("r")
        await stage.shows("Late Night succeeded · p plays it")
        assert stage.jobs.cursor_job is not None
        assert stage.jobs.cursor_job.id != JOB
        await stage.press("p")
        await stage.until(stage.playing)
        opened = stage.session.player.opened
        assert opened is not None
        assert opened.job_id == stage.jobs.cursor_job.id == JOB


async def test_p_plays_the_newest_result_where_none_was_seen_to_end(quiet: Studio) -> None:
    quiet.add("mgen_00f0", outcome="failed", error_message="the zither broke")
    quiet.add("mgen_00ef", title="Yesterday")
    async with quiet.app() as stage:
        jobs = (stage.session.job(job_id) for _, job_id in stage.session._store.in_order())
        newest = next(job for job in jobs if job is not None and job.status == SUCCEEDED)
        await stage.press("G", "p")
        await stage.until(stage.playing)
        assert stage.session.player.opened is not None
        assert stage.session.player.opened.job_id == newest.id


async def test_p_without_any_result_says_so(start: Callable[..., Studio]) -> None:
    async with start("empty").app() as stage:
        await stage.press("p")
        await stage.shows("No job has succeeded yet.")


async def test_jobs_that_were_over_when_first_seen_are_not_told(quiet: Studio) -> None:
    quiet.add(JOB, outcome="failed", error_message="the zither broke")
    async with quiet.app() as stage:
        await stage.connected()
        await stage.until(lambda: any("zither" in row for row in stage.rows))
        assert not stage.app._notifications


async def test_what_gets_done_is_played_unless_something_plays(quiet: Studio) -> None:
    jobs = [f"mgen_00f{number}" for number in (2, 3)]
    quiet.add(JOB, title="First Song")
    for job in jobs:
        quiet.add(job, outcome="running", end_progress=50)

    async def connecting() -> Session:
        settings = replace(settings_of(quiet.simulator), play_done=True)
        return await connect(settings, folders(quiet.base))

    async with app_on(connecting) as stage:
        await stage.connected()
        player = stage.session.player
        await stage.open(JOB)
        quiet.change(jobs[0], outcome="succeeded")
        await stage.press("r")
        await stage.until(lambda: len(stage.app._notifications) == 1)
        await stage.settled()
        assert player.opening is None
        assert player.opened is not None
        assert player.opened.job_id == JOB
        await stage.press("space")
        await stage.until(lambda: stage.deck.transport == "paused")
        quiet.change(jobs[1], outcome="succeeded")
        await stage.press("r")
        await stage.until(lambda: player.opened and player.opened.job_id == jobs[1])
        await stage.until(stage.playing)


class Terminal:
    """What was written to it, in place of an app's driver."""

    def __init__(self) -> None:
        self.written = ""
        self.rung = 0
        self._driver = self

    def write(self, data: str) -> None:
        self.written += data

    def flush(self) -> None:
        self.written += ""

    def bell(self) -> None:
        self.rung += 1


@pytest.mark.parametrize(
    ("kind", "program", "osc", "bells"),
    [
        ("auto", "WezTerm", True, 0),
        ("auto", "xterm", False, 1),
        ("osc9", "", True, 0),
        ("bell", "WezTerm", False, 1),
        ("off", "WezTerm", False, 0),
    ],
)
def test_each_kind_of_notification(kind: str, program: str, osc: bool, bells: int) -> None:
    terminal = Terminal()
    bell.ring(terminal, kind, "done\x07\x1b]0;owned\x07", {"TERM_PROGRAM": program})  # type: ignore[arg-type]
    assert terminal.rung == bells
    assert terminal.written == ("\x1b]9;done]0;owned\x07" if osc else "")


def test_words_name_the_track_or_the_reason() -> None:
    done = Job("mgen_1", SUCCEEDED, tracks=(Track("mtrack_1", title="Late Night"),))
    assert bell.words([done]) == "Late Night succeeded"
    failed = Job("mgen_1", FAILED, error_message="out of capacity")
    assert bell.words([failed]) == "mgen_1 failed: out of capacity"
    assert bell.words([done, failed, done, done]) == (
        "3 succeeded: Late Night, Late Night, … · 1 failed: mgen_1"
    )
