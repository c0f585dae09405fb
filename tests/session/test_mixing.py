"""Quick keys add up, the loop has its two ends, and a null test waits for every part."""

from __future__ import annotations

import pytest

from takedeck.simulator.service import Simulator
from tests.conftest import MakeJob
from tests.session.hearing import audible, heard, opened, part
from tests.session.rig import joined


async def test_two_quick_keys_undo_each_other(simulator: Simulator, make_job: MakeJob) -> None:
    plan = make_job()
    async with joined(simulator) as (session, ear):
        await opened(session, ear, plan.id)
        player = session.player
        player.mute("drums")
        player.mute("drums")
        player.solo("bass")
        player.gain_by("lead", -1)
        player.gain_by("lead", -1)
        state = await heard(
            session,
            ear,
            lambda state: len(state.parts) == 5 and part(state, "lead").gain_db == -2,
        )
        assert not part(state, "drums").muted
        assert part(state, "bass").soloed


async def test_two_quick_seeks_add_up(simulator: Simulator, make_job: MakeJob) -> None:
    plan = make_job()
    async with joined(simulator) as (session, ear):
        await opened(session, ear, plan.id)
        session.player.toggle()
        at = (await heard(session, ear, lambda state: state.transport == "paused")).position
        session.player.seek_by(5)
        session.player.seek_by(5)
        state = await heard(session, ear, lambda state: state.position > at + 6)
        assert state.position == pytest.approx(at + 10, abs=0.05)


async def test_a_gain_stays_within_its_span_and_comes_back_from_its_end(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan = make_job()
    async with joined(simulator) as (session, ear):
        await opened(session, ear, plan.id)
        for change, gain in ((9, 6), (-1, 5), (-90, -60), (1, -59)):
            session.player.gain_by("lead", change)
            await heard(
                session,
                ear,
                lambda s, gain=gain: len(s.parts) == 5 and part(s, "lead").gain_db == gain,
            )


async def test_seeks_past_both_ends_come_back_from_there(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan = make_job()
    async with joined(simulator) as (session, ear):
        await opened(session, ear, plan.id)
        player = session.player
        player.toggle()
        await heard(session, ear, lambda s: s.transport == "paused" and s.parts[0].complete)
        end = player.deck_state.duration
        assert end is not None
        for change, place in ((9_999, end), (-5, end - 5), (-9_999, 0.0), (5, 5.0)):
            player.seek_by(change)
            state = await heard(
                session, ear, lambda s, place=place: abs(s.position - place) < 0.001
            )
            assert state.transport == "paused"


async def test_quick_seeks_past_the_end_come_back_from_there(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan = make_job()
    async with joined(simulator) as (session, ear):
        await opened(session, ear, plan.id)
        player = session.player
        player.toggle()
        await heard(session, ear, lambda s: s.transport == "paused" and s.parts[0].complete)
        end = player.deck_state.duration
        assert end is not None
        player.seek_by(9_999)
        player.seek_by(-5)
        await heard(session, ear, lambda s: abs(s.position - (end - 5)) < 0.001)


async def test_loop_goes_round_inside_its_region(simulator: Simulator, make_job: MakeJob) -> None:
    plan = make_job()
    async with joined(simulator) as (session, ear):
        await opened(session, ear, plan.id)
        player = session.player
        player.seek_to(10.0)
        player.loop_in()
        player.seek_to(10.4)
        player.loop_out()
        state = await heard(session, ear, lambda state: state.loop is not None)
        assert state.loop == pytest.approx((10.0, 10.4))
        await heard(session, ear, lambda state: 10.2 < state.position < 10.4)
        await heard(session, ear, lambda state: 10.0 <= state.position < 10.2)
        player.loop_switch()
        await heard(session, ear, lambda state: state.position > 10.6)


async def test_in_after_out_leaves_the_newer_mark(simulator: Simulator, make_job: MakeJob) -> None:
    plan = make_job()
    async with joined(simulator) as (session, ear):
        await opened(session, ear, plan.id)
        player = session.player
        player.seek_to(5.0)
        player.loop_out()
        player.seek_to(9.0)
        player.loop_in()
        assert (player.mixer.loop.start, player.mixer.loop.end) == (9.0, None)


async def test_null_test_waits_for_every_part(simulator: Simulator, make_job: MakeJob) -> None:
    plan = make_job()
    async with joined(simulator) as (session, ear):
        await opened(session, ear, plan.id)
        session.player.null_test()
        state = await heard(session, ear, lambda state: state.null_db is not None)
        assert state.null_db == -200.0
        assert audible(state) == {"master"}


async def test_null_test_with_a_part_missing_says_so(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan = make_job()
    async with joined(simulator) as (session, ear):
        await opened(session, ear, plan.id)
        simulator.jobs.change(plan.id, simulator.clock.now(), has_stems=False)
        session.player.null_test()
        await ear.until(lambda: any("null test needs" in text for text in ear.troubles))
        assert session.player.deck_state.null_db is None
