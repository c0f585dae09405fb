"""The player's parts: minted, fetched and kept, and found again after the deck has died."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from takedeck.config import Folders
from takedeck.session.events import Polled
from takedeck.simulator import errors
from takedeck.simulator.clock import ManualClock
from takedeck.simulator.service import Simulator
from tests.conftest import MakeJob
from tests.session.hearing import STEMS, audible, deck_pid, heard, opened, part, tracks
from tests.session.rig import joined


async def test_urls_are_minted_anew_when_asked_and_the_sound_goes_on(
    simulator: Simulator, make_job: MakeJob, clock: ManualClock
) -> None:
    plan = make_job()
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


async def test_stems_asked_for_after_the_urls_ended_are_fetched(
    simulator: Simulator, make_job: MakeJob, clock: ManualClock
) -> None:
    plan = make_job()
    async with joined(simulator) as (session, ear):
        await opened(session, ear, plan.id)
        clock.advance(3_600)
        session.refresh()
        await ear.more(Polled)
        session.player.switch_source()
        await heard(session, ear, lambda s: len(s.parts) == 5 and all(p.complete for p in s.parts))
        assert ear.troubles == []
    assert tracks(simulator) == 2


async def test_a_refused_mint_is_told_and_tried_again_by_hand(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan = make_job()
    async with joined(simulator) as (session, ear):
        await ear.until(lambda: plan.id in session._store)
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


async def test_a_killed_deck_goes_on_where_it_was(simulator: Simulator, make_job: MakeJob) -> None:
    plan = make_job()
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
            lambda s: s.position == 20 and s.source == "stems" and part(s, "lead").gain_db == -6,
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
    assert tracks(simulator) == 1


async def test_closing_leaves_no_process_and_no_unfinished_file(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan = make_job()
    pids: list[int] = []
    async with joined(simulator) as (session, ear):
        await opened(session, ear, plan.id)
        pids.append(deck_pid(session))
        session.player.switch_source()
    assert not Path(f"/proc/{pids[0]}").exists()
    folder = Folders.of_user().cache / "audio"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert not list(folder.glob("*.part"))


async def test_what_was_played_is_not_fetched_again(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan = make_job(has_stems=False)

    async def scene() -> None:
        async with joined(simulator) as (session, ear):
            await opened(session, ear, plan.id)
            # Not `buffered`: the last byte is there before the file is in the cache.
            await ear.until(
                lambda: (
                    (now := session.player.opened)
                    and "master" in now.downloads
                    and now.downloads["master"].complete
                )
            )

    await scene()
    await scene()
    fetched = [it for it in simulator.requests if it.origin == "storage" and it.method == "GET"]
    assert len(fetched) == 1


async def test_a_download_that_is_whole_before_the_deck_looks_is_heard(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan = make_job(has_stems=False)
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


async def test_what_was_heard_is_heard_again_offline_the_stems_too(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan = make_job()
    folder = Folders.of_user().audio(demo=False)
    async with joined(simulator) as (session, ear):
        await opened(session, ear, plan.id)
        session.player.switch_source()
        await ear.until(lambda: len(list(folder.glob("*.audio"))) == 1 + len(STEMS))
    simulator.stop()
    async with joined(simulator) as (session, ear):
        await opened(session, ear, plan.id)
        assert session.player.opened is not None
        assert session.player.opened.kept
        assert session.player.opened.part_names == ("master", *STEMS)
        session.player.mute("bass")
        await heard(session, ear, lambda s: audible(s) == {"drums", "chords", "lead"})
        state = await heard(session, ear, lambda s: all(p.complete for p in s.parts))
        assert not any(p.fault for p in state.parts)
        assert state.source == "stems"


async def test_a_job_s_own_page_does_not_take_the_stems_away(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan = make_job()
    async with joined(simulator) as (session, ear):
        await opened(session, ear, plan.id)
        session.fetch_job(plan.id)
        await ear.more(Polled, 2)
        job = session._store.get(plan.id)
        assert job is not None
        assert job.track is not None
        assert [stem.name for stem in job.track.stems] == [*STEMS]
        assert not any(stem.url for stem in job.track.stems)
