"""Watching jobs on a simulator over real sockets: polls, filters, pages, titles and trouble."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest

from takedeck.errors import InvalidKey, NetworkError, NotFound, PermissionDenied, RateLimited
from takedeck.library.budget import Budget
from takedeck.library.store import View
from takedeck.model import FAILED, QUEUED, RUNNING, SUCCEEDED
from takedeck.providers.aitronos import connect as client
from takedeck.session.events import JobsChanged, Polled
from takedeck.simulator import errors
from takedeck.simulator.clock import ManualClock
from takedeck.simulator.service import Simulator
from takedeck.text import Secret
from tests.cli.rig import altered
from tests.conftest import MakeJob
from tests.providers.server import Request, Server, json_reply
from tests.session.rig import AT_ONCE, DEADLINE, Ear, Watching, watching


def lists(simulator: Simulator) -> list[dict[str, list[str]]]:
    """The query of every list that was asked for."""
    return [parse_qs(it.query) for it in simulator.requests if it.path.endswith("/generations")]


def singles(simulator: Simulator) -> list[str]:
    """The id of every job that was asked for by itself."""
    return [it.path.rpartition("/")[2] for it in simulator.requests if "/generations/" in it.path]


async def polled(ear: Ear, count: int = 1) -> Polled:
    await ear.more(Polled, count)
    return ear.of(Polled)[-1]


async def test_the_first_poll_brings_the_first_page(simulator: Simulator) -> None:
    async with watching(simulator) as it:
        first = await polled(it.ear)
        assert first.trouble is None
        assert first.wait > 0
        there = simulator.jobs.at(simulator.clock.now())
        view = View(it.store)
        assert [view.id_at(row) for row in range(50)] == [plan.id for plan in there[:50]]
        assert set(it.ear.of(JobsChanged)[0].change.added) == {plan.id for plan in there[:50]}
        assert not it.watch.complete(None)
    assert lists(simulator) == [{"limit": ["50"], "offset": ["0"]}]


async def test_a_job_is_seen_from_queued_to_succeeded(
    simulator: Simulator, clock: ManualClock, make_job: MakeJob
) -> None:
    plan = make_job(queue_seconds=10, run_seconds=40)

    async def scene() -> None:
        async with watching(simulator, fastest=AT_ONCE) as it:

            def status() -> object:
                job = it.store.get(plan.id)
                return job and job.status

            progress: list[int | None] = []
            for seconds, expected in ((0, QUEUED), (11, RUNNING), (20, RUNNING), (20, SUCCEEDED)):
                clock.advance(seconds)
                it.watch.refresh()
                await polled(it.ear, 2)
                assert status() == expected
                job = it.store.get(plan.id)
                progress.append(job and job.progress)
            queued, early, late, end = (share or 0 for share in progress)
            assert queued == 0 < early < late < end == 100
            changes = [event.change for event in it.ear.of(JobsChanged)]
            assert sum(plan.id in change.settled for change in changes) == 1

    await scene()


async def test_a_new_job_appears_on_top(simulator: Simulator, make_job: MakeJob) -> None:
    async with watching(simulator) as it:
        await polled(it.ear)
        view = View(it.store)
        plan = make_job("queued")
        it.watch.refresh()
        await it.ear.until(lambda: plan.id in it.store)
        view.apply(it.ear.of(JobsChanged)[-1].change)
        assert view.id_at(0) == plan.id
    assert len(lists(simulator)) == 2


async def test_a_refresh_during_a_poll_asks_again(simulator: Simulator) -> None:
    asked, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def hold(_: object) -> None:
        loop.call_soon_threadsafe(asked.set)
        assert go_on.wait(DEADLINE)

    with altered(simulator, hold) as url:
        async with watching(simulator, base_url=url) as it:
            await asked.wait()
            assert not it.ear.of(Polled)
            it.watch.refresh()
            go_on.set()
            await it.ear.until(lambda: len(it.ear.of(Polled)) == 2)
    assert len(lists(simulator)) == 2


async def test_a_poll_waits_until_the_budget_has_a_request_again(simulator: Simulator) -> None:
    budget = Budget(lambda: 0.0, per_minute=60, burst=10)
    for _ in range(15):
        budget.spend()
    async with watching(simulator, fastest=AT_ONCE, budget=budget) as it:
        # Five owed, one more for the poll, and one for the next.
        assert (await polled(it.ear)).wait == 7.0


async def test_a_look_at_the_screen_asks_at_once(simulator: Simulator) -> None:
    async with watching(simulator) as it:
        await polled(it.ear)
        it.watch.set_away(True)
        await it.watch.fetch_job(next(iter(it.store)).id)
        assert len(lists(simulator)) == 1
        it.watch.set_away(False)
        await polled(it.ear)
    assert len(lists(simulator)) == 2


async def test_a_filter_is_asked_of_the_server_beside_the_first_page(simulator: Simulator) -> None:
    async with watching(simulator) as it:
        await polled(it.ear)
        it.watch.set_filter(FAILED)
        await polled(it.ear)
        now = simulator.clock.now()
        failed = [plan.id for plan in simulator.jobs.at(now) if plan.status_at(now) == "failed"]
        view = View(it.store, FAILED)
        assert [view.id_at(row) for row in range(len(view))] == failed
        assert it.watch.complete(FAILED)
        assert not it.watch.complete(None)
        it.watch.set_filter(None)
        it.watch.refresh()
        await polled(it.ear)
    asked = [query.get("status") for query in lists(simulator)]
    assert asked == [None, None, ["failed"], None]


async def test_older_pages_until_all_are_known(simulator: Simulator, make_job: MakeJob) -> None:
    async with watching(simulator) as it:
        await polled(it.ear)
        while not it.watch.complete(None):
            make_job("queued")
            before = len(it.store)
            await it.watch.load_older()
            assert len(it.store) > before
        it.watch.refresh()
        await polled(it.ear)
        there = [plan.id for plan in simulator.jobs.at(simulator.clock.now())]
        assert len(there) >= 120
        view = View(it.store)
        assert [view.id_at(row) for row in range(len(view))] == there
        asked = len(lists(simulator))
        await it.watch.load_older()
        assert len(lists(simulator)) == asked


async def test_older_pages_of_a_filter_are_its_own(simulator: Simulator) -> None:
    async with watching(simulator) as it:
        it.watch.set_filter(SUCCEEDED)
        await it.ear.until(lambda: it.watch.complete(SUCCEEDED) or it.ear.of(Polled))
        await it.watch.load_older()
    last = lists(simulator)[-1]
    assert last["status"] == ["succeeded"]
    assert last["offset"] != ["0"]


async def test_trouble_with_an_older_page_is_told(simulator: Simulator) -> None:
    async with watching(simulator) as it:
        await polled(it.ear)
        simulator.faults.append(errors.insufficient_permissions())
        await it.watch.load_older()
        assert "Not permitted" in it.ear.troubles[0]
        assert "trace id req_" in it.ear.troubles[0]
        await it.watch.load_older()
        assert len(it.store) > 50


async def test_an_active_job_far_down_is_asked_for_by_itself(
    simulator: Simulator, clock: ManualClock, make_job: MakeJob
) -> None:
    plan = make_job("failed", ago=1_700_000, run_seconds=1_700_060, error_message="out of capacity")
    gone = make_job("running", ago=1_700_001)
    async with watching(simulator) as it:
        await polled(it.ear)
        while plan.id not in it.store or gone.id not in it.store:
            await it.watch.load_older()
        clock.advance(61)
        simulator.jobs.remove(gone.id)
        for _ in range(3):
            it.watch.refresh()
            await polled(it.ear)
        job = it.store.get(plan.id)
        assert job is not None
        assert job.status == FAILED
        assert job.reason == "out of capacity"
    assert singles(simulator).count(plan.id) == 1
    assert singles(simulator).count(gone.id) == 1


async def test_a_key_that_is_not_accepted_is_told(simulator: Simulator) -> None:
    async with watching(simulator, key="ak_PLANTED0123456789") as it:
        told = await polled(it.ear)
        assert isinstance(told.trouble, InvalidKey)
        assert told.trouble.trace_id
        assert "PLANTED" not in f"{told!r} {told.trouble}"
        assert len(it.store) == 0


async def a_while(simulator: Simulator) -> int:
    """Let many polls' time pass, with requests of another; how many these were."""
    other = client(simulator.base_url, Secret(simulator.api_key), simulator.organization)
    for _ in range(30):
        with contextlib.suppress(PermissionDenied, InvalidKey):
            await other.list_jobs(limit=1)
    await other.close()
    return 30


@pytest.mark.parametrize("fault", [errors.invalid_api_key, errors.insufficient_permissions])
async def test_a_key_that_was_refused_is_not_asked_with_until_told_to(
    simulator: Simulator, fault: Callable[[], errors.ApiError]
) -> None:
    simulator.faults.extend(fault() for _ in range(100))
    async with watching(simulator, fastest=AT_ONCE) as it:
        told = await polled(it.ear)
        assert told.wait is None
        it.watch.set_away(True)
        it.watch.set_away(False)
        it.watch.set_filter(FAILED)
        it.watch.want_titles(["mgen_00a1"])
        await it.watch.load_older()
        others = await a_while(simulator)
        assert len(it.ear.of(Polled)) == 1
        assert len(simulator.requests) == 1 + others
        it.watch.refresh()
        await polled(it.ear)
        simulator.faults.clear()
        it.watch.refresh()
        assert (await polled(it.ear)).trouble is None
        await polled(it.ear)


async def test_a_key_that_is_refused_half_way_ends_titles_and_pages_too(
    simulator: Simulator,
) -> None:
    async with watching(simulator, fastest=AT_ONCE) as it:
        await polled(it.ear)
        simulator.faults.extend(errors.invalid_api_key() for _ in range(100))
        it.watch.want_titles(succeeded(simulator, 9))
        await it.ear.until(lambda: it.ear.of(Polled)[-1].trouble)
        before = len(simulator.requests)
        await it.watch.load_older()
        others = await a_while(simulator)
        assert len(simulator.requests) == before + others


async def test_what_is_answered_again_is_watched_again(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan = make_job()
    simulator.faults.append(errors.invalid_api_key())
    async with watching(simulator, fastest=AT_ONCE) as it:
        assert (await polled(it.ear)).trouble
        await it.watch.fetch_job(plan.id)
        assert (await polled(it.ear)).trouble is None


async def test_an_answer_from_before_the_refusal_does_not_undo_it(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan = make_job()
    refused, asked, release = threading.Event(), threading.Event(), threading.Event()
    lists = list[str]()

    def answer(request: Request, _: object) -> bytes:
        if plan.id in request.path:
            asked.set()
            release.wait(DEADLINE)
        else:
            lists.append(request.target)
            if refused.is_set():
                return json_reply({}, 401)
        key = {"X-API-Key": request.headers["x-api-key"]}
        found = httpx.get(simulator.base_url + request.target, headers=key, trust_env=False)
        return json_reply(found.json(), found.status_code)

    with Server(answer) as server:
        async with watching(simulator, base_url=server.url) as it:
            assert (await polled(it.ear)).trouble is None
            fetch = asyncio.create_task(it.watch.fetch_job(plan.id))
            assert await asyncio.to_thread(asked.wait, DEADLINE)
            refused.set()
            it.watch.refresh()
            assert (await polled(it.ear)).wait is None
            before = len(lists)
            release.set()
            await fetch
            await a_while(simulator)
            assert len(lists) == before
            assert it.watch.refused


async def test_one_job_that_is_somebody_elses_stops_nothing(
    simulator: Simulator, make_job: MakeJob
) -> None:
    old = make_job("running", ago=9000.0)
    for n in range(60):
        make_job("failed", ago=float(n))
    foreign, refused = threading.Event(), list[str]()

    def answer(request: Request, _: object) -> bytes:
        if foreign.is_set() and old.id in request.path:
            refused.append(request.path)
            return json_reply({}, 403)
        key = {"X-API-Key": request.headers["x-api-key"]}
        found = httpx.get(simulator.base_url + request.target, headers=key, trust_env=False)
        return json_reply(found.json(), found.status_code)

    with Server(answer) as front:
        async with watching(simulator, fastest=AT_ONCE, base_url=front.url) as it:
            await it.watch.fetch_job(old.id)
            foreign.set()
            await it.ear.until(lambda: len(refused) > 2)
            await it.ear.more(Polled)
            assert all(event.trouble is None for event in it.ear.of(Polled))


async def test_a_server_that_is_away_is_told_and_found_again(
    simulator: Simulator, song_cache: Path, clock: ManualClock
) -> None:
    port = int(simulator.base_url.rpartition(":")[2])
    async with watching(simulator, fastest=AT_ONCE) as it:
        await polled(it.ear)
        known = len(it.store)
        await asyncio.to_thread(simulator.stop)
        await it.ear.until(lambda: it.ear.of(Polled)[-1].trouble)
        assert isinstance(it.ear.of(Polled)[-1].trouble, NetworkError)
        assert len(it.store) == known
        again = Simulator(cache=song_cache, clock=clock, port=port, rate_limit=None)
        with again:
            await it.ear.until(lambda: it.ear.of(Polled)[-1].trouble is None)


async def test_too_many_requests_is_told_waited_for_and_over(simulator: Simulator) -> None:
    async with watching(simulator, fastest=AT_ONCE) as it:
        await polled(it.ear)
        simulator.faults.append(errors.rate_limited(1))
        await it.ear.until(lambda: it.ear.of(Polled)[-1].trouble)
        limited = it.ear.of(Polled)[-1]
        assert isinstance(limited.trouble, RateLimited)
        assert limited.wait >= 1
        asked = len(lists(simulator))
        await it.ear.until(lambda: it.ear.of(Polled)[-1].trouble is None)
        assert len(lists(simulator)) == asked + 1


async def test_the_server_s_own_count_of_requests_is_passed_on(
    song_cache: Path, clock: ManualClock
) -> None:
    with Simulator(cache=song_cache, clock=clock, rate_limit=80) as counted:
        async with watching(counted) as it:
            told = await polled(it.ear)
            assert told.limit == 80
            assert told.left == 80


def succeeded(simulator: Simulator, count: int) -> list[str]:
    """The newest jobs that have a track."""
    now = simulator.clock.now()
    there = simulator.jobs.at(now)[:50]
    return [plan.id for plan in there if plan.status_at(now) == "succeeded"][:count]


async def test_titles_are_asked_for_once_and_only_of_what_can_be_spared(
    simulator: Simulator,
) -> None:
    budget = Budget(lambda: 0.0, burst=25)
    async with watching(simulator, budget=budget) as it:
        await polled(it.ear)
        wanted = succeeded(simulator, 9)
        it.watch.want_titles(wanted)
        it.watch.refresh()
        # 25 less two polls, with 20 kept back, leaves three.
        await it.ear.until(lambda: len(singles(simulator)) >= 3 and named(it, wanted) == 3)
        it.watch.want_titles(wanted)
        for _ in range(2):
            it.watch.refresh()
            await polled(it.ear)
        assert sorted(singles(simulator)) == sorted(wanted[:3])
        assert named(it, wanted) == 3


async def test_what_is_tried_again_is_counted_too(simulator: Simulator) -> None:
    budget = Budget(lambda: 0.0, burst=10)
    simulator.faults += [errors.internal_error()] * 2
    async with watching(simulator, budget=budget) as it:
        await polled(it.ear)
        assert len(lists(simulator)) == 3
        assert [budget.can_spare(reserve) for reserve in (6, 7)] == [True, False]


async def test_a_title_that_could_not_be_had_is_asked_for_again(simulator: Simulator) -> None:
    async with watching(simulator) as it:
        await polled(it.ear)
        wanted = succeeded(simulator, 1)
        simulator.faults += [errors.insufficient_permissions()]
        it.watch.want_titles(wanted)
        with pytest.raises(PermissionDenied):
            await it.watch.fetch_job(wanted[0])
        it.watch.want_titles(wanted)
        it.watch.refresh()
        await it.ear.until(lambda: named(it, wanted) == 1)


async def test_a_job_looked_at_brings_its_track(simulator: Simulator, make_job: MakeJob) -> None:
    plan = make_job(title="Late Night Study")
    async with watching(simulator) as it:
        job = await it.watch.fetch_job(plan.id)
        assert job.track is not None
        assert job.track.title == "Late Night Study"
        assert it.store.get(plan.id) == job
        with pytest.raises(NotFound):
            await it.watch.fetch_job("mgen_000000stranger")


def named(it: Watching, wanted: list[str]) -> int:
    """How many of these jobs have brought their track."""
    return sum(bool((job := it.store.get(name)) and job.tracks) for name in wanted)
