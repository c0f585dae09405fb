"""The player on a simulator's tracks and the deck's real process, silent."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from takedeck.config import Folders
from takedeck.deck.state import DeckState, PartState
from takedeck.session.events import Polled, Trouble
from takedeck.session.session import Session
from takedeck.simulator import errors
from takedeck.simulator.clock import ManualClock
from takedeck.simulator.service import Simulator
from tests.conftest import MakeJob
from tests.session.rig import Ear, joined, play_out

STEMS = ("drums", "bass", "chords", "lead")


def deck_pid(session: Session) -> int:
    pid = session.player._deck.pid
    assert pid is not None
    return pid


def tracks(simulator: Simulator) -> int:
    """How often a track's URLs were minted."""
    return sum("/tracks/" in it.path for it in simulator.requests)


async def opened(session: Session, ear: Ear, job_id: str) -> None:
    """Open a job and wait until it sounds."""
    session.player.open(job_id)
    await ear.until(
        lambda: (
            (now := session.player.opened)
            and now.job_id == job_id
            and now.track
            and session.player.deck_state.key == now.track.id
        )
    )
    await heard(session, ear, lambda state: state.transport == "playing" and state.position > 0.02)


async def heard(session: Session, ear: Ear, enough: Callable[[DeckState], Any]) -> DeckState:
    await ear.until(lambda: enough(session.player.deck_state))
    return session.player.deck_state


def part(state: DeckState, name: str) -> PartState:
    return next(part for part in state.parts if part.name == name)


def audible(state: DeckState) -> set[str]:
    return {part.name for part in state.parts if part.audible}


def test_open_play_pause_seek_stop(simulator: Simulator, make_job: MakeJob) -> None:
    plan = make_job(title="Late Night Study")

    async def scene() -> None:
        async with joined(simulator) as (session, ear):
            await opened(session, ear, plan.id)
            player = session.player
            now = player.opened
            assert now is not None
            assert now.track is not None
            assert now.track.title == "Late Night Study"
            assert now.part_names == ("master", *STEMS)
            assert player.deck_state.source == "master"
            assert player.deck_state.volume == session.settings.volume
            fresh = player.fresh_for()
            assert fresh is not None
            assert 0 < fresh <= 60
            player.toggle()
            paused = await heard(session, ear, lambda state: state.transport == "paused")
            player.seek_to(30)
            await heard(session, ear, lambda state: state.position == 30)
            player.seek_by(-5)
            await heard(session, ear, lambda state: state.position == 25)
            player.seek_by(-1e6)
            await heard(session, ear, lambda state: state.position == 0)
            whole = await heard(session, ear, lambda state: part(state, "master").complete)
            player.seek_by(1e6)
            await heard(session, ear, lambda state: state.position == whole.duration)
            middle = (whole.duration or 0) / 2
            player.seek_share(0.5)
            await heard(session, ear, lambda state: abs(state.position - middle) < 0.001)
            player.toggle()
            await heard(session, ear, lambda state: state.transport == "playing")
            player.stop()
            stopped = await heard(session, ear, lambda state: state.transport == "stopped")
            assert stopped.position == 0 < paused.position
            player.volume_by(-0.3)
            await heard(session, ear, lambda state: state.volume == 0.5)
            assert player.opened is not None
            assert player.opened.buffered == 1.0
            assert len(player.peaks("master")) == player.expected_peaks("master")
            assert ear.troubles == []

    play_out(scene)
    assert tracks(simulator) == 1


def test_stems_solo_mute_and_gain(simulator: Simulator, make_job: MakeJob) -> None:
    plan = make_job()

    async def scene() -> None:
        async with joined(simulator) as (session, ear):
            player = session.player
            await opened(session, ear, plan.id)
            player.switch_source()
            state = await heard(session, ear, lambda s: s.source == "stems" and len(s.parts) == 5)
            assert audible(state) == set(STEMS)
            player.mute("bass")
            await heard(session, ear, lambda s: audible(s) == {"drums", "chords", "lead"})
            player.solo("drums")
            await heard(session, ear, lambda s: audible(s) == {"drums"})
            player.solo("lead")
            await heard(session, ear, lambda s: audible(s) == {"drums", "lead"})
            player.solo("drums")
            player.solo("lead")
            await heard(session, ear, lambda s: audible(s) == {"drums", "chords", "lead"})
            player.mute("bass")
            player.gain_by("bass", -3)
            await heard(session, ear, lambda s: part(s, "bass").gain_db == -3)
            player.gain_by("bass", -1000)
            await heard(session, ear, lambda s: part(s, "bass").gain_db == -60)
            player.switch_source()
            await heard(session, ear, lambda s: audible(s) == {"master"})
            player.switch_source()
            await heard(session, ear, lambda s: audible(s) == set(STEMS))

    play_out(scene)
    assert tracks(simulator) == 1


def test_a_track_without_stems_stays_on_its_master(simulator: Simulator, make_job: MakeJob) -> None:
    plan = make_job(has_stems=False)

    async def scene() -> None:
        async with joined(simulator) as (session, ear):
            await opened(session, ear, plan.id)
            for command in (session.player.mute, session.player.solo):
                command("drums")
            session.player.switch_source()
            session.player.toggle()
            state = await heard(session, ear, lambda s: s.transport == "paused")
            assert state.source == "master"
            assert len(state.parts) == 1

    play_out(scene)


def test_what_cannot_be_heard_says_why_and_leaves_the_sound_alone(
    simulator: Simulator, make_job: MakeJob
) -> None:
    good = make_job()
    bad = [
        (make_job("queued").id, "this job is queued; it can be heard once"),
        (make_job("running", queue_seconds=-1).id, "this job is running"),
        (make_job("failed", error_message="boom").id, "this job is failed: there is nothing"),
        (make_job("refused").id, "this job is refused"),
        ("mgen_000000stranger", "Not found"),
    ]

    async def scene() -> None:
        async with joined(simulator) as (session, ear):
            await opened(session, ear, good.id)
            for number, (job_id, words) in enumerate(bad, start=1):
                session.player.open(job_id)
                await ear.until(lambda number=number: len(ear.of(Trouble)) == number)
                assert words in ear.troubles[-1]
                assert session.player.opened is not None
                assert session.player.opened.job_id == good.id
                assert session.player.deck_state.transport == "playing"

    play_out(scene)


def test_a_job_that_has_finished_since_is_looked_at_again(
    simulator: Simulator, make_job: MakeJob, clock: ManualClock
) -> None:
    plan = make_job(run_seconds=30)

    async def scene() -> None:
        async with joined(simulator) as (session, ear):
            await ear.until(lambda: plan.id in session.store)
            clock.advance(31)
            await opened(session, ear, plan.id)

    play_out(scene)


def test_urls_are_minted_anew_when_asked_and_the_sound_goes_on(
    simulator: Simulator, make_job: MakeJob, clock: ManualClock
) -> None:
    plan = make_job()

    async def scene() -> None:
        async with joined(simulator) as (session, ear):
            await opened(session, ear, plan.id)
            player = session.player
            first = player.opened
            await heard(session, ear, lambda s: part(s, "master").complete)
            clock.advance(45)
            player.mint_anew()
            await ear.until(lambda: player.opened is not first and tracks(simulator) == 2)
            await ear.until(lambda: player.opened and not player.opened.minting)
            assert first is not None
            assert player.opened is not None
            assert player.opened.track is not None
            assert first.track is not None
            assert player.opened.track.master != first.track.master
            assert player.deck_state.transport == "playing"
            assert session.player.fresh_for()

    play_out(scene)


def test_stems_asked_for_after_the_urls_ended_are_fetched(
    simulator: Simulator, make_job: MakeJob, clock: ManualClock
) -> None:
    plan = make_job()

    async def scene() -> None:
        async with joined(simulator) as (session, ear):
            await opened(session, ear, plan.id)
            clock.advance(3_600)
            session.refresh()
            await ear.more(Polled)
            session.player.switch_source()
            await heard(
                session, ear, lambda s: len(s.parts) == 5 and all(p.complete for p in s.parts)
            )
            assert ear.troubles == []

    play_out(scene)
    assert tracks(simulator) == 2


def test_a_refused_mint_is_told_and_tried_again_by_hand(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan = make_job()

    async def scene() -> None:
        async with joined(simulator) as (session, ear):
            await ear.until(lambda: plan.id in session.store)
            simulator.faults += [errors.insufficient_permissions()] * 9
            session.player.open(plan.id)
            await ear.until(lambda: any("Not permitted" in trouble for trouble in ear.troubles))
            now = session.player.opened
            assert now is not None
            assert now.trouble is not None
            assert now.track is None
            simulator.faults.clear()
            session.player.mint_anew()
            await ear.until(lambda: session.player.opened and session.player.opened.track)
            assert session.player.opened is not None
            assert session.player.opened.trouble is None
            await heard(session, ear, lambda s: s.parts and part(s, "master").decoded)

    play_out(scene)


def test_a_killed_deck_goes_on_where_it_was(simulator: Simulator, make_job: MakeJob) -> None:
    plan = make_job()

    async def scene() -> None:
        async with joined(simulator) as (session, ear):
            player = session.player
            await opened(session, ear, plan.id)
            player.mute("bass")
            player.gain_by("lead", -6)
            player.toggle()
            player.seek_to(20)
            await heard(
                session,
                ear,
                lambda s: (
                    s.position == 20 and s.source == "stems" and part(s, "lead").gain_db == -6
                ),
            )
            first = deck_pid(session)
            os.kill(first, signal.SIGKILL)
            fallen = await heard(session, ear, lambda s: s.transport == "empty")
            assert "SIGKILL" in str(fallen.output_fault)
            player.toggle()
            state = await heard(
                session, ear, lambda s: s.transport == "playing" and part(s, "lead").gain_db == -6
            )
            assert state.position >= 20
            assert state.source == "stems"
            assert part(state, "bass").muted
            assert deck_pid(session) != first
            player.mute("bass")
            await heard(session, ear, lambda s: audible(s) == set(STEMS))

    play_out(scene)
    assert tracks(simulator) == 1


def test_another_track_starts_at_its_beginning(simulator: Simulator, make_job: MakeJob) -> None:
    one, two = make_job(), make_job(title=None)

    async def scene() -> None:
        async with joined(simulator) as (session, ear):
            await opened(session, ear, one.id)
            session.player.seek_to(30)
            session.player.mute("drums")
            await heard(session, ear, lambda s: s.position > 30 and s.source == "stems")
            await opened(session, ear, two.id)
            state = session.player.deck_state
            assert state.key == two.track_id
            assert state.position < 30
            assert state.source == "master"

    play_out(scene)


def test_opening_many_at_once_leaves_the_last(simulator: Simulator, make_job: MakeJob) -> None:
    plans = [make_job(has_stems=False) for _ in range(6)]

    async def scene() -> None:
        async with joined(simulator) as (session, ear):
            for plan in plans:
                session.player.open(plan.id)
            await opened(session, ear, plans[-1].id)
            assert session.player.deck_state.key == plans[-1].track_id
            assert ear.troubles == []

    play_out(scene)


def test_closing_leaves_no_process_and_no_unfinished_file(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan = make_job()
    pids: list[int] = []

    async def scene() -> None:
        async with joined(simulator) as (session, ear):
            await opened(session, ear, plan.id)
            pids.append(deck_pid(session))
            session.player.switch_source()

    play_out(scene)
    assert not Path(f"/proc/{pids[0]}").exists()
    folder = Folders.of_user().cache / "audio"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert not list(folder.glob("*.part"))


def test_what_was_played_is_not_fetched_again(simulator: Simulator, make_job: MakeJob) -> None:
    plan = make_job(has_stems=False)

    async def scene() -> None:
        async with joined(simulator) as (session, ear):
            await opened(session, ear, plan.id)
            await ear.until(lambda: session.player.opened and session.player.opened.buffered == 1.0)

    play_out(scene)
    play_out(scene)
    fetched = [it for it in simulator.requests if it.origin == "storage" and it.method == "GET"]
    assert len(fetched) == 1


def test_a_download_that_is_whole_before_the_deck_looks_is_heard(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan = make_job(has_stems=False)

    async def scene() -> None:
        async with joined(simulator) as (session, ear):
            pid = deck_pid(session)
            os.kill(pid, signal.SIGSTOP)
            session.player.open(plan.id)
            await ear.until(
                lambda: (
                    (now := session.player.opened)
                    and now.downloads
                    and now.downloads["master"].complete
                )
            )
            os.kill(pid, signal.SIGCONT)
            state = await heard(session, ear, lambda s: s.parts and part(s, "master").complete)
            assert part(state, "master").fault is None
            await heard(session, ear, lambda s: s.transport == "playing")

    play_out(scene)


def test_what_sounded_falls_silent_when_another_job_is_opened(
    simulator: Simulator, make_job: MakeJob
) -> None:
    one, two = make_job(has_stems=False), make_job(has_stems=False)

    async def scene() -> None:
        async with joined(simulator) as (session, ear):
            await opened(session, ear, one.id)
            await ear.until(lambda: two.id in session.store)
            simulator.faults += [errors.insufficient_permissions()] * 9
            session.player.open(two.id)
            await heard(session, ear, lambda s: s.transport == "empty")

    play_out(scene)
