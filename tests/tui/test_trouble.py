"""What goes wrong is told in a banner, and the app goes on."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest
from textual.events import AppBlur, AppFocus

from takedeck.errors import NotFound, ServerFault
from takedeck.simulator import errors
from takedeck.simulator.errors import ApiError
from takedeck.simulator.service import Simulator
from takedeck.tui.widgets import banner
from takedeck.tui.widgets.banner import Banner
from takedeck.tui.widgets.track import TrackPane
from tests.tui.stage import Stage, Studio, app_on

WALTZ = "mgen_00a1"


def break_down(studio: Studio, fault: Callable[[], ApiError] = errors.internal_error) -> None:
    """Have every question answered with that fault, until `mend`."""
    studio.simulator.faults.extend(fault() for _ in range(1000))


def mend(studio: Studio) -> None:
    studio.simulator.faults.clear()


async def test_an_api_error_is_a_banner_and_passes(quiet: Studio) -> None:
    async with quiet.app() as stage:
        break_down(quiet)
        await stage.press("r")
        await stage.shows(
            "The API has a fault", "Something went wrong on our side", "trace id req_"
        )
        await stage.until(lambda: "again in" in stage.lines[0])
        await stage.press("j", "k")
        assert len(stage.rows) > 10
        mend(quiet)
        await stage.until(lambda: "The API has a fault" not in stage.text)
        await stage.until(lambda: "live" in stage.lines[0])


async def polled(stage: Stage) -> None:
    """Ask for the jobs, and wait until the answer has been taken in."""
    before = stage.app._main._polled
    await stage.press("r")
    await stage.until(lambda: stage.app._main._polled is not before)
    await stage.settled()


async def test_the_next_good_answer_takes_the_banner_away(
    quiet: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However soon that is: nobody has had the time to read it.
    monkeypatch.setattr(banner, "_READ_IN", 3600.0)
    async with quiet.app() as stage:
        break_down(quiet)
        await stage.press("r")
        await stage.until(lambda: "again in" in stage.lines[0])
        assert stage.app._main.query_one(Banner).error is not None
        mend(quiet)
        await stage.press("r")
        # The banner is let go at once, and is off the screen with the next frame.
        await stage.until(
            lambda: "live" in stage.lines[0] and "The API has a fault" not in stage.text
        )
        assert stage.app._main.query_one(Banner).error is None


async def test_what_failed_beside_the_polls_is_left_to_be_read(
    quiet: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(banner, "_READ_IN", 3600.0)
    async with quiet.app() as stage:
        stage.app._main.show_error(ServerFault("It was an older page.", status=500))
        await polled(stage)
        assert "It was an older page." in stage.said
        monkeypatch.setattr(banner, "_READ_IN", -1.0)
        await polled(stage)
        assert "It was an older page." not in stage.said
        # What does not pass by itself stays until it is sent away.
        stage.app._main.show_error(NotFound("It was no page.", status=404))
        await polled(stage)
        assert "It was no page." in stage.said


async def test_esc_sends_the_banner_away_and_y_copies_it(quiet: Studio) -> None:
    async with quiet.app() as stage:
        break_down(quiet)
        await stage.press("r")
        await stage.shows("trace id")
        mend(quiet)
        await stage.press("y")
        assert "The API has a fault" in stage.app.clipboard
        assert "(trace id req_" in stage.app.clipboard
        await stage.press("escape")
        await stage.until(lambda: "trace id" not in stage.text)


async def test_an_error_at_the_start_leaves_no_empty_promise(quiet: Studio) -> None:
    break_down(quiet)
    async with app_on(quiet.connect) as stage:
        await stage.shows("trace id req_", "no jobs are saved yet")
        mend(quiet)
        await stage.press("r")
        await stage.until(lambda: stage.jobs.cursor_job)


async def test_a_server_that_goes_and_comes_back(quiet: Studio) -> None:
    first = quiet.simulator
    ports = [int(url.rpartition(":")[2]) for url in (first.base_url, first.storage_url)]
    async with quiet.app() as stage:
        first.stop()
        await stage.press("r")
        await stage.shows("No connection", "could not be reached")
        with Simulator(
            cache=quiet.base / "again", clock=quiet.clock, scenario="quiet", rate_limit=None,
            port=ports[0], storage_port=ports[1],
        ):  # fmt: skip
            await stage.press("r")
            await stage.until(lambda: "live" in stage.lines[0])
            await stage.until(lambda: "No connection" not in stage.text)


async def test_too_many_requests_are_waited_out(quiet: Studio) -> None:
    async with quiet.app() as stage:
        break_down(quiet, lambda: errors.rate_limited(2))
        await stage.press("r")
        await stage.shows("Too many requests")
        await stage.until(lambda: "again in" in stage.lines[0])
        mend(quiet)
        await stage.until(lambda: "live" in stage.lines[0] and "Too many" not in stage.text)


async def test_a_refused_key_waits_for_r(quiet: Studio) -> None:
    async with quiet.app() as stage:
        break_down(quiet, errors.invalid_api_key)
        await stage.press("r")
        await stage.shows("The API rejected this key", "press r to ask again")
        assert "again in" not in stage.lines[0]
        mend(quiet)
        asked = len(quiet.asked())
        await stage.press("right_square_bracket", "left_square_bracket", "j", "escape")
        stage.app._main.post_message(AppBlur())
        stage.app._main.post_message(AppFocus())
        await stage.settled()
        assert len(quiet.asked()) == asked
        await stage.press("r")
        await stage.until(lambda: "live" in stage.lines[0])
        assert "press r" not in stage.text


async def test_a_track_that_is_gone_is_told_where_it_was_opened(quiet: Studio) -> None:
    quiet.add(WALTZ, title="Small Waltz")
    async with quiet.app() as stage:
        await stage.until(lambda: "Small Waltz" in stage.rows[0])
        quiet.simulator.jobs.remove(WALTZ)
        await stage.press("enter")
        await stage.shows("Not found", "trace id req_")
        await stage.press("escape")
        assert "Not found" in stage.pane("#track")
        other = quiet.add("mgen_00a2", title="Other Song")
        await stage.press("r")
        await stage.open(other.id)
        await stage.until(lambda: "Other Song" in stage.pane("#track"))


async def test_a_part_that_cannot_be_had_says_why_and_r_tries_again(quiet: Studio) -> None:
    quiet.add(WALTZ)
    async with quiet.app() as stage:
        await stage.open(WALTZ)
        quiet.change(WALTZ, has_stems=False)
        await stage.press("0")
        await stage.until(lambda: "✕ The track has no audio" in stage.pane("#lanes"))
        quiet.change(WALTZ, has_stems=True)
        await stage.press("r")
        await stage.until(lambda: "✕" not in stage.pane("#lanes"))
        await stage.until(lambda: stage.deck.source == "stems" and stage.playing())


async def test_a_deck_that_dies_is_told_and_started_again(quiet: Studio) -> None:
    quiet.add(WALTZ)
    async with quiet.app() as stage:
        await stage.open(WALTZ)
        pid = stage.session.player._deck.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await stage.until(lambda: "deck's process ended" in stage.words("#track"))
        await stage.press("space")
        await stage.until(stage.playing)
        assert stage.session.player._deck.pid != pid
        await stage.shows("vol 80 %")


async def test_what_cannot_be_opened_leaves_track_mix_and_waveforms(quiet: Studio) -> None:
    quiet.add(WALTZ, title="Small Waltz")
    quiet.add("mgen_00a2", title="[/] Other [b]Song")
    async with quiet.app() as stage:
        await stage.open(WALTZ)
        await stage.press("2")
        await stage.until(lambda: stage.deck.source == "stems" and stage.playing())
        await stage.move_to("mgen_00a2")
        await stage.until(lambda: "Other" in stage.pane("#job"))
        assert "Other [b]Song" in stage.pane("#job")
        break_down(quiet)
        await stage.press("enter")
        await stage.shows("The API has a fault")
        await stage.until(lambda: "opening" not in stage.text)
        assert "Small Waltz" in stage.pane("#track")
        assert "Other [b]Song" in stage.pane("#job")
        assert stage.playing()
        assert [part.name for part in stage.deck.parts if part.muted] == [stage.lanes.lanes[2].name]


async def test_the_name_of_a_job_that_is_being_opened_is_shown_as_it_is(quiet: Studio) -> None:
    async with quiet.app() as stage:
        stage.app._main.query_one(TrackPane).say_opening("[/] Other [b]Song")
        await stage.shows("opening [/] Other [b]Song…")
