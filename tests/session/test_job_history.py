"""Jobs, filter and search outlive the session; estimates are learned; nothing secret is kept."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from takedeck.config import Folders
from takedeck.errors import HistoryNote
from takedeck.library import history_file
from takedeck.library.history import History
from takedeck.library.store import Store
from takedeck.model import RUNNING, SUCCEEDED, Job
from takedeck.session.connect import connect
from takedeck.session.events import Polled, Trouble
from takedeck.session.job_history import JobHistory
from takedeck.session.session import Session
from takedeck.simulator.clock import ManualClock
from takedeck.simulator.service import Simulator
from tests.conftest import START, MakeJob
from tests.session.rig import Ear, joined, session_of, settings_of

ME = "aitronos org_a api.test"


async def test_jobs_are_there_offline(simulator: Simulator, make_job: MakeJob) -> None:
    plan = make_job(title="Late Night Study")
    async with joined(simulator) as (session, ear):
        await ear.until(lambda: plan.id in session._store)
        session.fetch_job(plan.id)
        await ear.until(lambda: (job := session._store.get(plan.id)) and job.track)
        session.remember("failed", "engine:studio")
    simulator.stop()
    later = await connect(settings_of(simulator), Folders.of_user())
    try:
        job = later._store.get(plan.id)
        assert job is not None
        assert job.track is not None
        assert job.track.title == "Late Night Study"
        assert job.track.master is None
        assert later.recall() == ("failed", "engine:studio")
    finally:
        await later.close()


async def test_accounts_are_kept_apart(simulator: Simulator, make_job: MakeJob) -> None:
    plan = make_job()
    async with joined(simulator) as (session, ear):
        await ear.until(lambda: plan.id in session._store)
    other = replace(settings_of(simulator), organization="org_other")
    later = await connect(other, Folders.of_user())
    try:
        assert len(later._store) == 0
    finally:
        await later.close()


async def test_damaged_file_is_set_aside_and_said(simulator: Simulator, make_job: MakeJob) -> None:
    plan = make_job()
    folder = Folders.of_user().data
    folder.mkdir(parents=True)
    (folder / "history.sqlite3").write_bytes(b"this is no database" * 100)
    async with joined(simulator) as (session, ear):
        assert "damaged" in str(ear.of(Trouble)[0].error)
        await ear.until(lambda: plan.id in session._store)


async def test_estimate_is_learned_from_jobs_seen_to_end(
    simulator: Simulator, make_job: MakeJob, clock: ManualClock
) -> None:
    plans = [
        make_job(ago=5.0 - n, engine="bench", queue_seconds=1.0, run_seconds=29.0) for n in range(3)
    ]
    async with joined(simulator) as (session, ear):
        await ear.until(lambda: all(plan.id in session._store for plan in plans))
        running = session._store.get(plans[0].id)
        assert running is not None
        assert session.estimate(running) is None
        for _ in range(3):
            clock.advance(14)
            session.refresh()
            await ear.more(Polled)
        await ear.until(
            lambda: all(
                (job := session._store.get(plan.id)) and job.status == SUCCEEDED for plan in plans
            )
        )
        estimate = session.estimate(running)
        assert estimate is not None
        assert estimate.count == 3
        assert 30 <= estimate.median <= 50


async def test_search_finds_by_words_and_fields(simulator: Simulator, make_job: MakeJob) -> None:
    ubermut = make_job(title="Übermut")
    failed = make_job("failed", error_message="No zither in capacity")
    async with joined(simulator) as (session, ear):
        await ear.until(lambda: failed.id in session._store)
        session.fetch_job(ubermut.id)
        await ear.until(lambda: (job := session._store.get(ubermut.id)) and job.track)
        view, mistake = session.view(None, "ubermut")
        assert ([view.id_at(0)], len(view), mistake) == ([ubermut.id], 1, None)
        view, mistake = session.view(None, "status:failed zither")
        assert (len(view), mistake) == (1, None)
        view, mistake = session.view(None, "colour:red zither")
        assert len(view) == 1
        assert mistake is not None
        assert "colour" in mistake


async def test_the_time_an_app_was_closed_is_not_learned(
    simulator: Simulator, make_job: MakeJob, clock: ManualClock
) -> None:
    plans = [make_job(engine="bench", queue_seconds=1.0, run_seconds=29.0) for _ in range(3)]

    def ended(session: Session) -> bool:
        jobs = [session._store.get(plan.id) for plan in plans]
        return all(job is not None and job.status == SUCCEEDED for job in jobs)

    async with joined(simulator) as (session, ear):
        await ear.until(lambda: all(plan.id in session._store for plan in plans))
        await ear.until(lambda: ear.of(Polled))
    clock.advance(1800)
    async with joined(simulator) as (session, ear):
        await ear.until(lambda: ended(session))
        job = session._store.get(plans[0].id)
        assert job is not None
        assert session.estimate(job) is None


async def test_jobs_that_cannot_be_read_are_told_once_and_all_others_are_there(
    simulator: Simulator,
) -> None:
    folder, owner = Folders.of_user().data, settings_of(simulator).owner
    history, _ = History.open(folder)
    jobs = [Job(f"mgen_{n}", SUCCEEDED, created_at=START - timedelta(days=n)) for n in range(1_500)]
    history.save(owner, jobs)
    history.close()
    with closing(sqlite3.connect(folder / "history.sqlite3")) as file, file:
        file.execute("UPDATE jobs SET facts = '[' WHERE number IN (3, 200, 201, 1200, 1500)")
    async with joined(simulator) as (session, ear):
        await ear.until(lambda: sum(job.id in session._store for job in jobs) == 1_495)
        await ear.until(lambda: ear.of(Trouble))
        session.refresh()
        await ear.more(Polled)
        (said,) = ear.of(Trouble)
        assert isinstance(said.error, HistoryNote)
        assert "5 jobs could not be read" in str(said.error)
    async with joined(simulator) as (session, ear):
        await ear.until(lambda: sum(job.id in session._store for job in jobs) == 1_495)
        await ear.more(Polled)
        assert not ear.of(Trouble)


async def test_an_end_that_nobody_saw_teaches_no_duration(
    simulator: Simulator, make_job: MakeJob, clock: ManualClock
) -> None:
    """The machine slept: the jobs ended at some time between two polls far apart."""
    plans = [make_job(engine="bench", queue_seconds=1.0, run_seconds=29.0) for _ in range(3)]
    async with joined(simulator) as (session, ear):
        await ear.until(lambda: all(plan.id in session._store for plan in plans))
        await ear.until(lambda: ear.of(Polled))
        clock.advance(1800)
        session.refresh()
        jobs = [plan.id for plan in plans]
        await ear.until(
            lambda: all(
                (job := session._store.get(job_id)) and job.status == SUCCEEDED for job_id in jobs
            )
        )
        job = session._store.get(jobs[0])
        assert job is not None
        assert session.estimate(job) is None
    # Neither now nor by what was written down of it.
    async with joined(simulator) as (session, _):
        assert session.estimate(job) is None


@contextmanager
def locked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another takedeck is writing the history of that folder, and does not come to an end."""
    monkeypatch.setattr(history_file, "BUSY", 0.05)
    path = folder / history_file.NAME
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@asynccontextmanager
async def keeping(folder: Path, store: Store, clock: ManualClock) -> AsyncIterator[JobHistory]:
    """A memory that has just failed to write down what was changed in the block, as it runs on."""
    memory, ear = await JobHistory.open(folder, ME, store, clock.now), Ear()
    running = asyncio.create_task(memory.run(ear))
    try:
        yield memory
        await ear.until(lambda: ear.of(Trouble))
        assert "Another takedeck" in str(ear.of(Trouble)[0].error)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_what_could_not_be_saved_is_saved_with_the_next(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = Job("mgen_1", RUNNING, engine="bench", created_at=START)
    later = Job("mgen_2", RUNNING, created_at=START - timedelta(seconds=1))
    store = Store()
    History.open(tmp_path)[0].close()
    with locked(tmp_path, monkeypatch):
        async with keeping(tmp_path, store, clock) as memory:
            memory.learn(store.apply([job]))
            memory.polled()
            clock.advance(10)
            memory.learn(store.apply([replace(job, status=SUCCEEDED, progress=100)]))
    memory.learn(store.apply([later]))
    await memory.close()
    with closing(History.open(tmp_path)[0]) as history:
        assert [(kept.id, kept.status) for kept in history.load(ME)] == [
            (job.id, SUCCEEDED),
            (later.id, RUNNING),
        ]
        assert list(history.durations(ME).values()) == [[10.0]]


async def test_a_filter_that_could_not_be_saved_is_saved_later(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    History.open(tmp_path)[0].close()
    with locked(tmp_path, monkeypatch):
        async with keeping(tmp_path, Store(), clock) as memory:
            memory.remember("failed", "rain")
    await memory.close()
    with closing(History.open(tmp_path)[0]) as history:
        assert history.recall(ME, "status") == "failed"
        assert history.recall(ME, "search") == "rain"


async def test_where_no_folder_can_be_written_the_jobs_are_shown_and_playing_says_why(
    simulator: Simulator, make_job: MakeJob, tmp_path: Path
) -> None:
    plan = make_job(id="mgen_00b1")
    blocked = tmp_path / "a file where a folder should be"
    blocked.write_text("")
    folders = Folders(*(blocked / name for name in ("config", "cache", "state", "data")))
    async with session_of(settings_of(simulator), folders) as (session, ear):
        await ear.until(lambda: plan.id in session._store)
        assert "nothing new is kept" in ear.troubles[0]
        session.player.open(plan.id)
        await ear.until(lambda: any("cache folder" in said for said in ear.troubles))


async def test_a_history_whose_opening_is_cancelled_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, closed = list[int](), list[int]()
    make, close = History.__init__, History.close

    def noted_begin(history: History, *args: object) -> None:
        begun.append(id(history))
        kept.append(history)
        make(history, *args)  # type: ignore[arg-type]

    def noted_close(history: History) -> None:
        closed.append(id(history))
        close(history)

    kept: list[History] = []
    monkeypatch.setattr(History, "__init__", noted_begin)
    monkeypatch.setattr(History, "close", noted_close)
    for turns in range(12):
        opening = asyncio.create_task(
            JobHistory.open(tmp_path / str(turns), "mine", Store(), lambda: START)
        )
        for _ in range(turns):
            await asyncio.to_thread(int)
        opening.cancel()
        (ended,) = await asyncio.gather(opening, return_exceptions=True)
        if isinstance(ended, JobHistory):
            await ended.close()
    assert begun
    assert set(begun) == set(closed)
