"""After a time apart no job is missing, none is forgotten, and one that is broken stops nothing."""

from __future__ import annotations

import shutil

from takedeck.config import Folders
from takedeck.library.budget import Budget
from takedeck.session.events import Polled, Trouble
from takedeck.simulator.clock import ManualClock
from takedeck.simulator.service import Simulator
from tests.conftest import MakeJob
from tests.session.hearing import opened
from tests.session.rig import AT_ONCE, joined, watching


def plenty() -> Budget:
    """A budget that is never used up."""
    return Budget(lambda: 0.0, burst=9999)


async def test_many_new_jobs_leave_no_hole(
    simulator: Simulator, make_job: MakeJob, clock: ManualClock
) -> None:
    async with watching(simulator, fastest=AT_ONCE, budget=plenty()) as it:
        await it.ear.until(lambda: it.ear.of(Polled))
        known = len(it.store)
        plans = [make_job("failed", ago=-1.0 - n) for n in range(170)]
        clock.advance(300)
        it.watch.refresh()
        await it.ear.until(lambda: all(plan.id in it.store for plan in plans))
        assert len(it.store) >= known + 170


async def test_every_old_job_that_is_active_gets_its_turn(
    simulator: Simulator, make_job: MakeJob
) -> None:
    old = [make_job("running", ago=9000.0 + n) for n in range(10)]
    for n in range(60):
        make_job("failed", ago=float(n))
    async with watching(simulator, fastest=AT_ONCE, budget=plenty()) as it:
        for plan in old:
            await it.watch.fetch_job(plan.id)
        simulator.requests.clear()
        await it.ear.until(
            lambda: all(
                any(plan.id in request.path for request in simulator.requests) for plan in old
            )
        )


async def test_one_job_that_cannot_be_had_is_not_the_whole(
    simulator: Simulator, make_job: MakeJob
) -> None:
    old = make_job("running", ago=9000.0)
    for n in range(60):
        make_job("failed", ago=float(n))
    async with watching(simulator, fastest=AT_ONCE) as it:
        await it.watch.fetch_job(old.id)
        await it.ear.more(Polled)
        simulator.jobs.remove(old.id)
        await it.ear.more(Polled, 3)
        assert all(event.trouble is None for event in it.ear.of(Polled))
        assert old.id not in {job.id for job in it.watch.active()}


async def test_a_cache_that_cannot_be_written_is_told_and_ends_nothing(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan = make_job()
    async with joined(simulator) as (session, ear):
        await ear.until(lambda: plan.id in session._store)
        folder = Folders.of_user().audio(demo=False)
        shutil.rmtree(folder)
        folder.write_text("in the way")
        session.player.open(plan.id)
        await ear.until(lambda: len(ear.of(Trouble)) == 1)
        session.player.toggle()
        await ear.until(lambda: len(ear.of(Trouble)) == 2)
        folder.unlink()
        folder.mkdir()
        await opened(session, ear, plan.id)
