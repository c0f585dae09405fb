"""Watching an API that lists only what runs now, and forgets its jobs after some days."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from takedeck.errors import NotFound
from takedeck.library.budget import Budget
from takedeck.model import EXPIRED, RUNNING, SUCCEEDED
from takedeck.session.events import JobsChanged, Polled
from takedeck.simulator.clock import ManualClock
from takedeck.simulator.service import Simulator
from takedeck.simulator.takes import KEPT, Take, job_id
from tests.session.rig import watching


def take(simulator: Simulator, **fields: float) -> Take:
    created = simulator.clock.now() - timedelta(seconds=5)
    return simulator.takes.add(Take(job_id(20260701), created, **fields))  # type: ignore[arg-type]


async def test_a_job_that_leaves_the_list_is_asked_for_and_stays(
    simulator: Simulator, clock: ManualClock
) -> None:
    plan = take(simulator, run_seconds=45.0)
    async with watching(simulator, mureka=True) as it:
        await it.ear.more(Polled, 1)
        seen = it.store.get(plan.jobid)
        assert seen is not None
        assert (seen.status, seen.created_at) == (RUNNING, plan.created_at)
        clock.advance(45)
        it.watch.refresh()
        await it.ear.more(Polled, 1)
        done = it.store.get(plan.jobid)
        assert done is not None
        assert done.status == SUCCEEDED
        assert len(done.tracks) == 2
        assert any(plan.jobid in e.change.settled for e in it.ear.of(JobsChanged))


async def test_what_the_summary_leaves_out_is_asked_for_and_counted(simulator: Simulator) -> None:
    take(simulator)
    budget = Budget(lambda: 0.0, burst=10)
    async with watching(simulator, budget=budget, mureka=True) as it:
        await it.ear.more(Polled, 1)
        running = len(it.store.active())
        assert running
        assert budget.can_spare(10 - 2 - running)
        assert not budget.can_spare(10 - 1 - running)


async def test_a_job_past_its_days_stays_as_expired_with_what_was_known(
    simulator: Simulator, clock: ManualClock
) -> None:
    plan = take(simulator, run_seconds=0.0)
    async with watching(simulator, mureka=True) as it:
        known = await it.watch.fetch_job(plan.jobid)
        clock.advance(KEPT.total_seconds())
        with pytest.raises(NotFound):
            await it.watch.fetch_job(plan.jobid)
        kept = it.store.get(plan.jobid)
        assert kept is not None
        assert kept.status == EXPIRED
        assert [t.title for t in kept.tracks] == [t.title for t in known.tracks]


async def test_a_filter_is_answered_from_what_is_known(simulator: Simulator) -> None:
    async with watching(simulator, mureka=True) as it:
        await it.ear.more(Polled, 1)
        it.watch.set_filter(SUCCEEDED)
        assert it.watch.complete(SUCCEEDED)
        it.watch.refresh()
        await it.ear.more(Polled, 1)
    asked = [it for it in simulator.requests if it.path.endswith("/jobs")]
    assert len(asked) == 2


async def test_it_is_asked_no_faster_than_its_pace_whoever_asks(simulator: Simulator) -> None:
    async with watching(simulator, mureka=True, apart=0.4) as it:
        times: list[float] = []
        for _ in range(5):
            await it.ear.more(Polled, 1)
            times.append(asyncio.get_running_loop().time())
            it.watch.refresh()
        # It is kept from begin to begin, and only ends are seen here. The second poll began
        # after the first had ended: from there to the last there are three paces, however
        # long each took to be answered.
        assert times[-1] - times[0] >= 3 * 0.4
