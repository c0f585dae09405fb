"""A job of several tracks, and one that its API has forgotten, on the deck's real process."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from datetime import timedelta

from takedeck.model import EXPIRED, Stem
from takedeck.session.events import TrackChanged
from takedeck.session.mixer import ChannelStrip, LoopRegion, MixerState
from takedeck.session.resume import Place
from takedeck.session.session import Session
from takedeck.simulator.clock import ManualClock
from takedeck.simulator.service import Simulator
from takedeck.simulator.takes import KEPT, Take, job_id
from tests.session.hearing import deck_pid, heard, opened
from tests.session.rig import Ear, second_settings, session_of


def take(simulator: Simulator, **fields: object) -> Take:
    created = simulator.clock.now() - timedelta(hours=1)
    return simulator.takes.add(Take(job_id(20260801), created, **fields))  # type: ignore[arg-type]


def singles(simulator: Simulator, plan: Take) -> int:
    return sum("/jobs/" in it.path and plan.number in it.path for it in simulator.requests)


def is_open(session: Session, number: int) -> bool:
    """Whether that track of the opened job is the one that is shown."""
    now = session.player.opened
    return bool(now and now.track and now.track.id == now.versions[number].id)


async def at(session: Session, ear: Ear, number: int, seconds: float) -> None:
    """Wait until that track of the opened job stands at that second."""

    def there() -> bool:
        now, state = session.player.opened, session.player.deck_state
        return bool(
            now
            and is_open(session, number)
            and now.versions[number].id == state.key
            and abs(state.position - seconds) < 0.001
        )

    await ear.until(there)


async def test_versions_are_compared_at_the_same_second(simulator: Simulator) -> None:
    plan = take(simulator)
    async with session_of(second_settings(simulator)) as (session, ear):
        player = session.player
        await session.add([plan.jobid])
        await opened(session, ear, plan.jobid)
        assert player.opened is not None
        first, second = player.opened.versions
        assert player.opened.track is not None
        assert player.opened.track.id == first.id != second.id
        player.toggle()
        await heard(session, ear, lambda state: state.transport == "paused")
        player.seek_to(31.5)
        await heard(session, ear, lambda state: state.position == 31.5)
        asked = singles(simulator, plan)
        assert player.version(1)
        await at(session, ear, 1, 31.5)
        assert player.deck_state.transport == "paused"
        assert player.version(-1)
        await at(session, ear, 0, 31.5)
        player.toggle()
        await heard(session, ear, lambda state: state.transport == "playing")
        # As quick as keys can be: three on are one on, and the place is kept all the way.
        place = player.deck_state.position
        assert all(player.version(1) for _ in range(3))
        now = await heard(session, ear, lambda s: s.key == second.id and s.transport == "playing")
        assert 31.5 <= place <= now.position < place + 5
        assert singles(simulator, plan) == asked
        assert ear.troubles == []


async def test_a_version_chosen_before_the_last_one_is_loaded_keeps_the_place(
    simulator: Simulator,
) -> None:
    plan = take(simulator)
    async with session_of(second_settings(simulator)) as (session, ear):
        player = session.player
        await session.add([plan.jobid])
        await opened(session, ear, plan.jobid)
        player.toggle()
        await heard(session, ear, lambda state: state.transport == "paused")
        player.seek_to(31.5)
        await at(session, ear, 0, 31.5)
        # The deck answers nothing meanwhile: the first of the two has not been loaded yet.
        pid = deck_pid(session)
        os.kill(pid, signal.SIGSTOP)
        for number in (1, 0, 1):
            assert player.version(1)
            await ear.until(lambda number=number: is_open(session, number))
        # Two keys before anything was done lead there and back.
        assert all(player.version(1) for _ in range(2))
        await ear.more(TrackChanged, 2)
        await ear.until(lambda: is_open(session, 1))
        os.kill(pid, signal.SIGCONT)
        await at(session, ear, 1, 31.5)
        assert ear.troubles == []


async def test_another_version_keeps_the_loop_and_nothing_of_the_stems(
    simulator: Simulator,
) -> None:
    plan = take(simulator)
    async with session_of(second_settings(simulator)) as (session, ear):
        await session.add([plan.jobid])
        job = session._store.get(plan.jobid)
        assert job is not None
        assert job.track is not None
        track = replace(job.track.without_urls(), stems=(Stem("drums"),))
        loop = LoopRegion(1.0, 3.0, on=True)
        mix = MixerState({"drums": ChannelStrip(muted=True, gain=-6.0)}, loop, stems=True)
        session.player.resume(Place(job.id, track, 2.0, mix))
        assert session.player.version(1)
        await ear.until(lambda: is_open(session, 1))
        place = session.player.place()
        assert place is not None
        assert place.mix == MixerState(loop=loop, volume=0.8)


async def test_a_job_with_one_track_has_no_other_version(simulator: Simulator) -> None:
    plan = take(simulator, songs=("lofi",))
    async with session_of(second_settings(simulator)) as (session, ear):
        assert not session.player.version(1)
        await session.add([plan.jobid])
        await opened(session, ear, plan.jobid)
        assert not session.player.version(1)


async def test_what_was_heard_of_an_expired_job_still_plays(
    simulator: Simulator, clock: ManualClock
) -> None:
    plan = take(simulator)
    other = simulator.takes.add(Take(job_id(20260802), plan.created_at, songs=("waltz",)))
    async with session_of(second_settings(simulator)) as (session, ear):
        await session.add([plan.jobid])
        await opened(session, ear, plan.jobid)
        await heard(session, ear, lambda state: state.parts[0].complete)
        # The next start begins with this one.
        await session.add([other.jobid])
        await opened(session, ear, other.jobid)
    clock.advance(KEPT.total_seconds())
    # Another start: all that is left of it is in the history and in the cache.
    async with session_of(second_settings(simulator)) as (session, ear):
        await opened(session, ear, plan.jobid)
        now, job = session.player.opened, session._store.get(plan.jobid)
        assert now is not None
        assert job is not None
        assert now.kept
        assert len(now.versions) == 2
        assert job.status == EXPIRED
        assert ("prompt", plan.prompt) in job.facts
        assert ear.troubles == []
        # The other one was never heard: there is nothing of it, and that is said.
        assert session.player.version(1)
        await ear.until(lambda: ear.troubles)
        assert "7 days" in str(ear.troubles[0])
