"""What the client of an API does about faults, limits, deadlines and callers that go away."""

from __future__ import annotations

import asyncio
import random
import socket
import threading

import httpx
import pytest

from takedeck import errors, http
from takedeck.providers.api_client import ApiClient
from takedeck.providers.clock import Clock
from tests.providers.rig import OK, Paused, ask, use
from tests.providers.server import Request, Server, head, reply, reset


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 596])
async def test_a_fault_that_may_pass_is_tried_three_times(status: int) -> None:
    paused = Paused()
    with Server([reply(status), reply(status), OK]) as server:
        assert (await ask(server.url, clock=paused.clock)).body == {"fine": True}
    assert paused.sleeps == [0.5, 1.0]
    with Server(reply(status)) as server, pytest.raises(errors.ServerFault) as caught:
        await ask(server.url)
    assert caught.value.status == status
    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409, 412, 422, 429])
async def test_a_refusal_is_not_tried_again(status: int) -> None:
    with Server(reply(status)) as server, pytest.raises(errors.ApiError) as caught:
        await ask(server.url)
    assert caught.value.status == status
    assert len(server.requests) == 1


async def test_a_reset_and_a_cut_answer_are_tried_again() -> None:
    turn = iter(range(3))

    def answer(_: Request, connection: socket.socket) -> bytes | None:
        match next(turn):
            case 0:
                reset(connection)
                return None
            case 1:
                connection.sendall(head(200, content_length="100") + b'{"a"')
                return None
        return OK

    with Server(answer) as server:
        assert (await ask(server.url)).body == {"fine": True}
    assert len(server.requests) == 3


async def test_a_server_that_is_not_there_is_a_network_error() -> None:
    with Server(OK) as server:
        url = server.url
    with pytest.raises(errors.NetworkError, match="could not be reached"):
        await ask(url)


async def test_a_long_pause_asked_for_by_a_faulty_server_is_left_to_the_caller() -> None:
    with (
        Server(reply(503, retry_after="30")) as server,
        pytest.raises(errors.ServerFault) as caught,
    ):
        await ask(server.url)
    assert caught.value.retry_after == 30
    assert len(server.requests) == 1


async def test_a_dripping_body_ends_at_the_deadline() -> None:
    def drip(_: Request, connection: socket.socket) -> None:
        connection.sendall(head(200, content_length="100000"))
        while not server.ending.wait(0.02):
            connection.sendall(b" ")

    with Server(drip) as server, pytest.raises(errors.Timeout, match="longer than"):
        await ask(server.url, deadline=0.3, clock=Clock())


async def test_after_a_deadline_connections_begin_anew() -> None:
    """One that was cut off may have leaked inside the pool; too many of those would block it."""

    def answer(request: Request, connection: socket.socket) -> bytes | None:
        if request.path == "/slow":
            connection.sendall(head(200, content_length="100000"))
            while not server.ending.wait(0.02):
                connection.sendall(b" ")
        return OK

    async def work(it: ApiClient) -> None:
        slow = asyncio.create_task(it.get("/slow"))
        assert (await it.get("/quick")).status == 200
        with pytest.raises(errors.Timeout):
            await slow
        assert server.accepted == 2
        assert (await it.get("/quick")).status == 200
        assert server.accepted == 3

    with Server(answer) as server:
        await use(server.url, work, deadline=0.5, clock=Clock())


async def test_a_pool_without_a_free_connection_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Those that hold its connections keep them to their end, and then it is closed."""
    monkeypatch.setattr(http, "LIMITS", httpx.Limits(max_connections=2))
    monkeypatch.setattr(http, "TIMEOUT", httpx.Timeout(10.0, pool=0.05))
    held, go_on = threading.Semaphore(0), threading.Event()

    def answer(request: Request, connection: socket.socket) -> bytes:
        if request.path == "/held":
            held.release()
            go_on.wait(10)
        return OK

    async def work(it: ApiClient) -> None:
        holding = [asyncio.create_task(it.get("/held")) for _ in range(2)]
        for _ in holding:
            assert await asyncio.to_thread(held.acquire, timeout=10)
        assert (await it.get("/quick")).status == 200
        first, second = it.record
        assert (first.path, first.attempt, first.fault) == ("/quick", 1, "NetworkError")
        assert (second.path, second.attempt, second.status) == ("/quick", 2, 200)
        assert server.accepted == 3
        go_on.set()
        assert [answer.status for answer in await asyncio.gather(*holding)] == [200, 200]
        assert await asyncio.to_thread(server.open_at_most, 1, 10)
        assert (await it.get("/quick")).status == 200
        assert server.accepted == 3

    with Server(answer) as server:
        await use(server.url, work)


async def test_renewing_breaks_off_what_hangs_and_it_is_tried_again() -> None:
    asked = threading.Event()

    def answer(_: Request, connection: socket.socket) -> bytes | None:
        if asked.is_set():
            return OK
        asked.set()
        server.ending.wait(20)
        return None

    async def work(it: ApiClient) -> None:
        hanging = asyncio.create_task(it.get("/v1/jobs"))
        assert await asyncio.to_thread(asked.wait, 10)
        await it.renew()
        assert (await hanging).status == 200

    with Server(answer) as server:
        await use(server.url, work)


async def test_after_a_429_nothing_is_asked_until_the_wait_has_ended() -> None:
    paused = Paused()

    async def work(it: ApiClient) -> None:
        with pytest.raises(errors.RateLimited) as caught:
            await it.get("/v1/jobs")
        assert caught.value.retry_after == 7
        paused.time += 5
        with pytest.raises(errors.RateLimited) as caught:
            await it.get("/v1/jobs")
        assert caught.value.retry_after == pytest.approx(2)
        assert len(server.requests) == 1
        paused.time += 2.5
        await it.get("/v1/jobs")

    with Server([reply(429, retry_after="7"), OK]) as server:
        await use(server.url, work, clock=paused.clock)
    assert len(server.requests) == 2


async def test_a_429_without_a_wait_is_waited_for_longer_each_time() -> None:
    paused = Paused()
    waits = []

    async def work(it: ApiClient) -> None:
        for _ in range(8):
            with pytest.raises(errors.RateLimited) as caught:
                await it.get("/v1/jobs")
            waits.append(caught.value.retry_after)
            paused.time += 61

    with Server(reply(429)) as server:
        await use(server.url, work, clock=paused.clock)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


async def test_an_answer_forgives_the_429s_before_it() -> None:
    paused = Paused()
    waits = []

    async def work(it: ApiClient) -> None:
        for _ in range(2):
            for _ in range(2):
                with pytest.raises(errors.RateLimited) as caught:
                    await it.get("/v1/jobs")
                waits.append(caught.value.retry_after)
                paused.time += 61
            await it.get("/v1/jobs")

    with Server([reply(429), reply(429), OK] * 2) as server:
        await use(server.url, work, clock=paused.clock)
    assert waits == [1, 2, 1, 2]


async def test_cancelling_at_any_tick_costs_no_connection() -> None:
    """Then more requests than the pool has connections still pass, all at once."""
    ticks = random.Random(5)

    async def work(it: ApiClient) -> None:
        for _ in range(200):
            task = asyncio.create_task(it.get("/v1/jobs"))
            for _tick in range(ticks.randrange(12)):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        answers = await asyncio.gather(*(it.get("/v1/jobs") for _ in range(40)))
        assert all(answer.status == 200 for answer in answers)

    with Server(OK) as server:
        await use(server.url, work, clock=Clock(), deadline=30)


async def test_a_request_whose_caller_went_away_ends_by_itself() -> None:
    asked, go_on = threading.Event(), threading.Event()

    def wait(_: Request, connection: socket.socket) -> bytes:
        asked.set()
        go_on.wait(10)
        return OK

    async def work(it: ApiClient) -> None:
        caller = asyncio.create_task(it.get("/v1/jobs"))
        assert await asyncio.to_thread(asked.wait, 10)
        (request,) = asyncio.all_tasks() - {caller, asyncio.current_task()}
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)
        assert caller.cancelled()
        go_on.set()
        await request
        (exchange,) = it.record
        assert (exchange.status, exchange.fault) == (200, None)

    with Server(wait) as server:
        await use(server.url, work)


async def test_closing_ends_what_is_under_way() -> None:
    async def work(it: ApiClient) -> None:
        task = asyncio.create_task(it.get("/v1/jobs"))
        assert await asyncio.to_thread(asked.wait, 10)
        await it.close()
        with pytest.raises((asyncio.CancelledError, errors.NetworkError)):
            await task
        with pytest.raises(errors.NetworkError, match="closed"):
            await it.get("/v1/jobs")

    asked = threading.Event()

    def wait(_: Request, connection: socket.socket) -> None:
        asked.set()
        server.ending.wait(20)

    with Server(wait) as server:
        await use(server.url, work)
