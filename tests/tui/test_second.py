"""The app on the second API: its keys, its tracks, its ids, and the way there and back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from textual.events import Paste
from textual.widgets import Input

from takedeck.errors import ConfigError
from takedeck.session.connect import connect
from takedeck.session.session import Session
from takedeck.session.views import DeckState, LoopRegion
from takedeck.simulator.takes import KEPT, Take, job_id
from takedeck.tui.app import TakedeckApp
from takedeck.tui.screens.add import AddScreen
from takedeck.tui.screens.profiles import ProfileScreen
from takedeck.tui.widgets.filters import FilterBar
from takedeck.tui.widgets.job_detail import JobDetail
from takedeck.tui.widgets.transport import TransportLine
from tests.tui.stage import Stage, Studio, app_on, folders, is_alive, settings_of


def take(studio: Studio, number: int = 1, **fields: object) -> Take:
    created = studio.clock.now() - timedelta(hours=number)
    fields = {"title": f"Take {number}", "songs": ("waltz", "bossa")} | fields
    return studio.simulator.takes.add(
        Take(job_id(7_000_000 + number), created, **fields)  # type: ignore[arg-type]
    )


async def second(studio: Studio) -> Session:
    token = studio.simulator.token
    settings = settings_of(studio.simulator).for_simulator(
        studio.simulator.base_url, token, None, "mureka"
    )
    return await connect(settings, folders(studio.base))


@asynccontextmanager
async def on_second(
    studio: Studio, *plans: Take, size: tuple[int, int] = (120, 36)
) -> AsyncIterator[Stage]:
    async with app_on(lambda: second(studio), size=size) as stage:
        await stage.connected()
        await stage.session.add([plan.jobid for plan in plans])
        await stage.settled()
        yield stage


@pytest.fixture
def empty(start: Callable[..., Studio]) -> Studio:
    """A simulator of which no job is known."""
    return start("empty")


async def test_all_tracks_and_facts_are_shown_and_v_goes_between_them(empty: Studio) -> None:
    async with on_second(empty, take(empty, prompt="Rain on tin")) as stage:
        await stage.press("g")
        await stage.until(lambda: "prompt Rain on tin" in stage.words("#job"))
        await stage.press("l", *["j"] * 11)
        await stage.until(lambda: "track 2" in stage.words("#job"))
        await stage.press("G", "g")
        await stage.press("h", "enter")
        await stage.until(stage.playing)
        assert "▸ 1 Take 1" in stage.words("#track")
        assert "2 Take 1" in stage.words("#track")
        await stage.press("v")
        await stage.until(lambda: "▸ 2 Take 1" in stage.words("#track"))
        await stage.until(stage.playing)
        await stage.press("V")
        await stage.until(lambda: "▸ 1 Take 1" in stage.words("#track"))


async def test_what_this_api_has_not_got_is_not_offered(empty: Studio) -> None:
    async with on_second(empty, take(empty)) as stage:
        await stage.until(lambda: "Version" in stage.lines[-1])
        assert "Solo" not in stage.lines[-1]
        assert "Stems" not in stage.lines[-1]
        bar = stage.app._main.query_one(FilterBar)
        assert [status.word for status in bar.choices if status] == [
            "running", "succeeded", "failed", "expired",
        ]  # fmt: skip
        await stage.press("enter")
        await stage.until(stage.playing)
        await stage.press("0", "1", "s", "N")
        assert len(stage.deck.parts) == 1
        assert stage.deck.source == "master"


async def test_the_first_api_has_no_versions(quiet: Studio) -> None:
    async with quiet.app() as stage:
        await stage.until(lambda: "Stems" in stage.lines[-1])
        assert "Version" not in stage.lines[-1]


async def test_an_empty_list_says_how_to_fill_it(empty: Studio) -> None:
    async with on_second(empty) as stage:
        await stage.shows("a adds one by its id")


async def test_ids_are_added_and_what_failed_stays_to_be_corrected(empty: Studio) -> None:
    plans = [take(empty, 1), take(empty, 2)]
    async with on_second(empty) as stage:
        await stage.press("a")
        await stage.until(lambda: isinstance(stage.app.screen, AddScreen))
        line = stage.app.screen.query_one(Input)
        line.post_message(Paste(f"{plans[0].jobid}\n{job_id(1)},\r\n{plans[1].jobid}\n"))
        await stage.until(lambda: line.value.count("bot:mureka") == 3)
        await stage.press("enter")
        await stage.shows("added 2; 1 could not be added", "7 days")
        assert line.value == job_id(1)
        await stage.press("escape")
        await stage.until(lambda: len(stage.rows) == 2)
        await stage.shows("Added 2 jobs.", "Take 1", "Take 2")


async def test_what_was_corrected_is_asked_for_again(empty: Studio) -> None:
    plan = take(empty)
    async with on_second(empty) as stage:
        await stage.press("a")
        await stage.until(lambda: isinstance(stage.app.screen, AddScreen))
        line = stage.app.screen.query_one(Input)
        line.value = job_id(1)
        await stage.press("enter")
        await stage.shows("1 could not be added")
        line.value = plan.jobid
        await stage.press("enter")
        await stage.until(lambda: not isinstance(stage.app.screen, AddScreen))
        await stage.shows("Added a job.", "Take 1")


async def test_nothing_is_added_by_an_empty_line(empty: Studio) -> None:
    async with on_second(empty) as stage:
        await stage.press("a", "enter", "escape")
        await stage.until(lambda: not isinstance(stage.app.screen, AddScreen))
        assert stage.rows == []


async def test_an_expired_job_is_shown_filtered_and_still_heard(empty: Studio) -> None:
    plans = take(empty), take(empty, 2)
    async with on_second(empty, *plans) as stage:
        await stage.press("g", "enter")
        await stage.until(lambda: stage.deck.parts and stage.deck.parts[0].complete)
        key = stage.deck.key
        await stage.press("j", "enter")
        await stage.until(lambda: stage.deck.key != key and stage.playing())
        empty.clock.advance(KEPT.total_seconds())
        await stage.press("k", "enter")
        await stage.until(lambda: "from the cache" in stage.words("#track"))
        await stage.until(stage.playing)
        await stage.press("left_square_bracket")
        await stage.until(lambda: len(stage.rows) == 1 and "Take 1" in stage.rows[0])


@asynccontextmanager
async def on_both(studio: Studio) -> AsyncIterator[Stage]:
    async def broken() -> Session:
        raise ConfigError("no key is there.", next_step="Set one.")

    profiles = {"demo": studio.connect, "demo-mureka": lambda: second(studio), "work": broken}
    app = TakedeckApp(studio.connect, profiles=profiles)
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        stage = Stage(app, pilot)
        await stage.connected()
        yield stage
        stage.check()
    assert app._exception is None


async def choose(stage: Stage, *keys: str) -> None:
    await stage.press("ctrl+o")
    await stage.until(lambda: isinstance(stage.app.screen, ProfileScreen))
    await stage.press(*keys, "enter")
    await stage.until(lambda: not isinstance(stage.app.screen, ProfileScreen))


async def test_profiles_are_switched_and_each_keeps_its_list_and_filter(quiet: Studio) -> None:
    plan = take(quiet)
    async with on_both(quiet) as stage:
        await stage.press("right_square_bracket")
        chosen = stage.app._main.query_one(FilterBar).chosen
        assert chosen is not None
        await choose(stage, "j")
        await stage.until(lambda: "demo-mureka" in stage.lines[0] and "live" in stage.lines[0])
        assert "mgen_" not in stage.text
        await stage.session.add([plan.jobid])
        await stage.until(lambda: any("Take 1" in row for row in stage.rows))
        assert stage.app._main.query_one(FilterBar).chosen is None
        assert len(stage.app.query_one("#lanes").lanes) == 0  # type: ignore[attr-defined]
        await stage.open(plan.jobid)
        await choose(stage, "k")
        await stage.until(lambda: "org_demo" in stage.lines[0] and "live" in stage.lines[0])
        assert "Take 1" not in stage.text
        await stage.shows("No track is open.")
        assert stage.app._main.query_one(FilterBar).chosen == chosen


async def test_the_profile_that_is_left_ends_with_its_deck(quiet: Studio) -> None:
    async with on_both(quiet) as stage:
        pid = await stage.until(lambda: stage.session.player._deck.pid)
        await choose(stage, "j")
        await stage.until(lambda: "demo-mureka" in stage.lines[0] and "live" in stage.lines[0])
        await stage.until(lambda: not is_alive(pid))


async def test_of_the_profile_that_is_left_neither_job_nor_cursor_stays(empty: Studio) -> None:
    plan = take(empty)
    for number in range(3):
        empty.add(f"mgen_00a{number}")
    async with on_both(empty) as stage:
        await stage.press("j", "j")
        await stage.until(lambda: "mgen_" in stage.words("#job"))
        assert stage.jobs.chosen is not None
        await choose(stage, "j")
        await stage.until(lambda: "demo-mureka" in stage.lines[0] and "live" in stage.lines[0])
        assert stage.app._main.query_one(JobDetail).job is None
        await stage.session.add([plan.jobid])
        await stage.until(lambda: stage.jobs.cursor_job)
        # Nobody has chosen it: the next start begins with whichever is newest then.
        assert stage.jobs.chosen is None


async def test_each_profile_has_its_own_cursor_and_keeps_it(quiet: Studio) -> None:
    plans = [take(quiet, 1), take(quiet, 2)]
    async with on_both(quiet) as stage:
        await stage.press("j", "j", "j")
        first = stage.jobs.cursor_job
        assert first is not None
        for _ in range(2):
            await choose(stage, "j")
            await stage.until(lambda: "demo-mureka" in stage.lines[0] and "live" in stage.lines[0])
            assert first.id not in stage.text
            await stage.session.add([plan.jobid for plan in plans])
            await stage.until(lambda: any("Take 2" in row for row in stage.rows))
            await stage.press("j", "j", "slash", "x", "escape", "G")
            await stage.until(lambda: "Take 2" in stage.words("#job"))
            cursor = stage.jobs.cursor_job
            assert cursor is not None
            assert cursor.id == plans[1].jobid
            await stage.press("]", "[")
            await choose(stage, "k")
            await stage.until(lambda: "org_demo" in stage.lines[0] and "live" in stage.lines[0])
            await stage.until(lambda: stage.jobs.cursor_job)
            assert "Take" not in stage.words("#job")
            cursor = stage.jobs.cursor_job
            assert cursor is not None
            assert cursor.id == first.id
            await stage.press("slash", "x", "escape", "j", "j")
            first = stage.jobs.cursor_job
            assert first is not None


async def test_help_leaves_out_what_this_api_has_not_got(empty: Studio) -> None:
    async with on_second(empty) as stage:
        await stage.press("question_mark")
        await stage.shows("the other track of the job", "search")
        assert "null test" not in stage.said


async def test_a_profile_that_cannot_be_used_leaves_all_as_it_is(quiet: Studio) -> None:
    async with on_both(quiet) as stage:
        await stage.open(quiet.ids("succeeded")[0])
        await choose(stage, "j", "j")
        await stage.shows("no key is there.", "Set one.")
        assert "org_demo" in stage.lines[0]
        assert stage.deck.busy


async def test_with_one_profile_there_is_nothing_to_choose(quiet: Studio) -> None:
    async with quiet.app() as stage:
        await stage.press("ctrl+o")
        await stage.shows("names no other profile")


async def test_v_with_no_track_open_says_how_to_open_one(empty: Studio) -> None:
    async with on_second(empty, take(empty)) as stage:
        await stage.press("v")
        await stage.shows("No track is open · enter opens one")


async def test_after_a_switch_the_list_has_the_keys(quiet: Studio) -> None:
    async with on_both(quiet) as stage:
        await stage.press("l", "l")
        await choose(stage, "j")
        await stage.until(lambda: "demo-mureka" in stage.lines[0] and "live" in stage.lines[0])
        await stage.until(lambda: stage.jobs.has_focus)
        assert stage.app._main.has_class("-at-jobs")


async def test_all_ids_that_failed_are_named_with_their_reasons_and_can_be_copied(
    empty: Studio,
) -> None:
    odd = [job_id(number) for number in range(1, 31)]
    async with on_second(empty, size=(80, 24)) as stage:
        await stage.press("a")
        await stage.until(lambda: isinstance(stage.app.screen, AddScreen))
        line = stage.app.screen.query_one(Input)
        line.value = " ".join([*odd, "no/id", "[b]bold"])
        await stage.press("enter")
        await stage.shows("32 could not be added", odd[0], "7 days")
        await stage.press(*["pagedown"] * 12)
        await stage.shows("no/id", "[b]bold", "not a job's id")
        await stage.press("tab", "g")
        await stage.shows(odd[0])
        await stage.press("y")
        await stage.shows("Copied the ids and their reasons.")
        copied = stage.app.clipboard.splitlines()
        assert [text.split()[0] for text in copied] == [*odd, "no/id", "[b]bold"]
        assert all("7 days" in text for text in copied[:30])


async def test_a_version_s_known_length_is_shown_at_once(empty: Studio) -> None:
    async with on_second(empty, take(empty)) as stage:
        await stage.press("g", "enter")
        await stage.until(stage.playing)
        seen: list[str] = []
        line = stage.app._main.query_one(TransportLine)
        play = line.play

        def noted(deck: DeckState, loop: LoopRegion) -> None:
            play(deck, loop)
            seen.append(line.render().plain)

        line.play = noted  # type: ignore[method-assign]
        for _ in range(4):
            await stage.press("v")
            await stage.until(stage.playing)
        assert seen
        assert not [text for text in seen if "-:--" in text]
