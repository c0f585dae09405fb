"""The transport over real sockets: tries, limits, redirects, deadlines, secrets."""

from __future__ import annotations

import asyncio
import gzip
import logging
import random
import socket
import threading
import traceback
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from takedeck import errors
from takedeck.providers.clock import Clock
from takedeck.providers.origin import Credential
from takedeck.providers.transport import Reply, Transport
from takedeck.text import Secret
from tests.providers.server import Request, Server, head, json_reply, reply, reset

KEY = "ak_PLANTED0123456789"
OK = json_reply({"fine": True})


class Paused:
    """A clock whose sleeps return at once and are written down; time moves by hand."""

    def __init__(self) -> None:
        self.sleeps: list[float] = []
        self.time = 1_000.0
        self.clock = Clock(monotonic=lambda: self.time, sleep=self._sleep, jitter=lambda: 1.0)

    async def _sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)


def ask(
    url: str, *, deadline: float = 10.0, clock: Clock | None = None, path: str = "/v1/jobs"
) -> Reply:
    return use(url, lambda it: it.get(path), deadline=deadline, clock=clock)


def use(
    url: str,
    work: Callable[[Transport], Awaitable[Any]],
    *,
    deadline: float = 10.0,
    clock: Clock | None = None,
) -> Any:
    async def main() -> Any:
        it = Transport(
            url,
            Credential("X-API-Key", Secret(KEY)),
            deadline=deadline,
            clock=clock or Paused().clock,
        )
        try:
            return await work(it)
        finally:
            await it.close()

    return asyncio.run(main())


def test_the_key_goes_along_and_the_answer_is_read() -> None:
    with Server(json_reply({"a": 1}, x_request_id="req_7")) as server:
        answer = ask(server.url)
    assert answer == Reply(200, {"a": 1}, "req_7")
    assert server.requests[0].headers["x-api-key"] == KEY


def test_a_base_path_stays_in_front() -> None:
    with Server(OK) as server:
        ask(server.url + "/proxy/")
    assert server.requests[0].target == "/proxy/v1/jobs"


def test_gzip_is_undone() -> None:
    body = gzip.compress(b'{"a": [1, 2]}')
    with Server(reply(200, body, content_encoding="gzip")) as server:
        assert ask(server.url).body == {"a": [1, 2]}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "place", ["http://127.0.0.1:{}/", "http://localhost:{}/", "https://127.0.0.1:{}/",
              "http://user:pass@127.0.0.1:{}/", "//localhost:{}/"]
)  # fmt: skip
def test_no_redirect_is_followed(status: int, place: str) -> None:
    with Server(OK) as other:
        with (
            Server(reply(status, location=place.format(other.port))) as server,
            pytest.raises(errors.BadAnswer, match="redirect"),
        ):
            ask(server.url)
        assert other.accepted == 0
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<!doctype html><title>Sign in", "web page"),
        (b'{"jobs": [', "not whole JSON"),
        (b"", "empty"),
        (b'{"a": NaN}', "not whole JSON"),
        (b'{"a": -Infinity}', "not whole JSON"),
        (b"[" * 100_000, "not whole JSON|nested"),
        (b"[" * 100 + b"]" * 100, "nested"),
        (b"\xff\xfe\xff", "not whole JSON"),
        (b"9" * 5_000, "not whole JSON"),
    ],
)
def test_what_is_not_json_is_a_bad_answer(body: bytes, says: str) -> None:
    with Server(reply(200, body)) as server, pytest.raises(errors.BadAnswer, match=says):
        ask(server.url)


def test_a_number_too_large_for_a_float_never_becomes_infinity() -> None:
    with Server(reply(200, b'{"a": 1e999}')) as server:
        assert ask(server.url).body == {"a": "1e999"}


def test_a_body_that_grows_for_ever_is_cut() -> None:
    def flood(_: Request, connection: socket.socket) -> None:
        connection.sendall(head(200))
        for _piece in range(64):
            connection.sendall(b" " * 1024 * 1024)

    with Server(flood) as server, pytest.raises(errors.BadAnswer, match="8 MiB"):
        ask(server.url)


def test_a_small_body_that_unpacks_into_a_large_one_is_cut() -> None:
    bomb = gzip.compress(b" " * 64 * 1024 * 1024)
    assert len(bomb) < 100_000
    with (
        Server(reply(200, bomb, content_encoding="gzip")) as server,
        pytest.raises(errors.BadAnswer, match="unpacked"),
    ):
        ask(server.url)


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 596])
def test_a_fault_that_may_pass_is_tried_three_times(status: int) -> None:
    paused = Paused()
    with Server([reply(status), reply(status), OK]) as server:
        assert ask(server.url, clock=paused.clock).body == {"fine": True}
    assert paused.sleeps == [0.5, 1.0]
    with Server(reply(status)) as server, pytest.raises(errors.ServerFault) as caught:
        ask(server.url)
    assert caught.value.status == status
    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409, 412, 422, 429])
def test_a_refusal_is_not_tried_again(status: int) -> None:
    with Server(reply(status)) as server, pytest.raises(errors.ApiError) as caught:
        ask(server.url)
    assert caught.value.status == status
    assert len(server.requests) == 1


def test_a_reset_and_a_cut_answer_are_tried_again() -> None:
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
        assert ask(server.url).body == {"fine": True}
    assert len(server.requests) == 3


def test_a_server_that_is_not_there_is_a_network_error() -> None:
    with Server(OK) as server:
        url = server.url
    with pytest.raises(errors.NetworkError, match="could not be reached"):
        ask(url)


def test_a_long_pause_asked_for_by_a_faulty_server_is_left_to_the_caller() -> None:
    with (
        Server(reply(503, retry_after="30")) as server,
        pytest.raises(errors.ServerFault) as caught,
    ):
        ask(server.url)
    assert caught.value.retry_after == 30
    assert len(server.requests) == 1


def test_a_dripping_body_ends_at_the_deadline() -> None:
    def drip(_: Request, connection: socket.socket) -> None:
        connection.sendall(head(200, content_length="100000"))
        while not server.ending.wait(0.02):
            connection.sendall(b" ")

    with Server(drip) as server, pytest.raises(errors.Timeout, match="longer than"):
        ask(server.url, deadline=0.3, clock=Clock())


def test_after_a_deadline_connections_begin_anew() -> None:
    """One that was cut off may have leaked inside the pool; too many of those would block it."""

    def answer(request: Request, connection: socket.socket) -> bytes | None:
        if request.path == "/slow":
            connection.sendall(head(200, content_length="100000"))
            while not server.ending.wait(0.02):
                connection.sendall(b" ")
        return OK

    async def work(it: Transport) -> None:
        slow = asyncio.create_task(it.get("/slow"))
        assert (await it.get("/quick")).status == 200
        with pytest.raises(errors.Timeout):
            await slow
        assert server.accepted == 2
        assert (await it.get("/quick")).status == 200
        assert server.accepted == 3

    with Server(answer) as server:
        use(server.url, work, deadline=0.5, clock=Clock())


def test_renewing_breaks_off_what_hangs_and_it_is_tried_again() -> None:
    asked = threading.Event()

    def answer(_: Request, connection: socket.socket) -> bytes | None:
        if asked.is_set():
            return OK
        asked.set()
        server.ending.wait(20)
        return None

    async def work(it: Transport) -> None:
        hanging = asyncio.create_task(it.get("/v1/jobs"))
        assert await asyncio.to_thread(asked.wait, 10)
        await it.renew()
        assert (await hanging).status == 200

    with Server(answer) as server:
        use(server.url, work)


def test_after_a_429_nothing_is_asked_until_the_wait_has_ended() -> None:
    paused = Paused()

    async def work(it: Transport) -> None:
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
        use(server.url, work, clock=paused.clock)
    assert len(server.requests) == 2


def test_a_429_without_a_wait_is_waited_for_longer_each_time() -> None:
    paused = Paused()
    waits = []

    async def work(it: Transport) -> None:
        for _ in range(8):
            with pytest.raises(errors.RateLimited) as caught:
                await it.get("/v1/jobs")
            waits.append(caught.value.retry_after)
            paused.time += 61

    with Server(reply(429)) as server:
        use(server.url, work, clock=paused.clock)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_the_servers_clock_and_allowance_are_learned() -> None:
    answer = json_reply(
        {},
        date="Sun, 28 Jun 2026 10:30:00 GMT",
        x_ratelimit_limit="100",
        x_ratelimit_remaining="98",
    )
    local = datetime(2031, 1, 1, tzinfo=UTC)

    async def work(it: Transport) -> None:
        assert it.server_now() == local
        await it.get("/v1/jobs")
        assert it.server_now() == datetime(2026, 6, 28, 10, 30, tzinfo=UTC)
        assert (it.allowance.limit, it.allowance.remaining) == (100, 98)

    with Server(answer) as server:
        use(server.url, work, clock=Clock(now=lambda: local))


def test_exchanges_are_recorded() -> None:
    async def work(it: Transport) -> None:
        await it.get("/v1/jobs", {"limit": 3})
        first, second = it.record
        assert (first.status, first.attempt, first.fault) == (500, 1, "ServerFault")
        assert (second.status, second.attempt, second.fault) == (200, 2, None)
        assert second.path == "/v1/jobs?limit=3"
        assert second.size == len(b'{"fine": true}')

    with Server([reply(500), OK]) as server:
        use(server.url, work)


def test_a_proxy_of_the_environment_does_not_see_this_machines_traffic(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Server(OK) as proxy, Server(OK) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        ask(server.url)
        assert proxy.accepted == 0


def test_a_cookie_is_not_kept() -> None:
    async def work(it: Transport) -> None:
        await it.get("/v1/jobs")
        await it.get("/v1/jobs")

    with Server(json_reply({}, set_cookie="a=b; Path=/")) as server:
        use(server.url, work)
    assert "cookie" not in server.requests[1].headers


def test_cancelling_at_any_tick_costs_no_connection() -> None:
    """Then more requests than the pool has connections still pass, all at once."""
    ticks = random.Random(5)

    async def work(it: Transport) -> None:
        for _ in range(200):
            task = asyncio.create_task(it.get("/v1/jobs"))
            for _tick in range(ticks.randrange(12)):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        answers = await asyncio.gather(*(it.get("/v1/jobs") for _ in range(40)))
        assert all(answer.status == 200 for answer in answers)

    with Server(OK) as server:
        use(server.url, work, clock=Clock(), deadline=30)


def test_a_request_whose_caller_went_away_ends_by_itself() -> None:
    asked, go_on = threading.Event(), threading.Event()

    def wait(_: Request, connection: socket.socket) -> bytes:
        asked.set()
        go_on.wait(10)
        return OK

    async def work(it: Transport) -> None:
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
        use(server.url, work)


def test_closing_ends_what_is_under_way() -> None:
    async def work(it: Transport) -> None:
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
        use(server.url, work)


@pytest.mark.parametrize("path", ["v1", "//evil/", "https://evil/", "/a/../b", "/a b", "/a?b", ""])
def test_only_relative_quoted_paths_are_asked(path: str) -> None:
    with Server(OK) as server:
        with pytest.raises(ValueError, match="path"):
            ask(server.url, path=path)
        assert not server.requests


@pytest.mark.parametrize(
    "url",
    ["http://api.example.com", "ftp://127.0.0.1", "", "https://", "https://a:b@example.com",
     "https://example.com?x=1", "http://127.0.0.1.example.com", "http://[::", "http://127.1",
     "https://127.0.0.1:99999", "api.example.com", "https://exa mple.com:port"],
)  # fmt: skip
def test_a_base_url_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(errors.ConfigError):
        Transport(url, Credential("X-API-Key", Secret(KEY)))


@pytest.mark.parametrize("key", ["", "  ", "two words", "line\nbreak", "nul\0", "ключ", "\x7f"])
def test_a_key_that_cannot_be_one_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(errors.ConfigError) as caught:
        Credential("X-API-Key", Secret(key))
    assert not key.strip() or key.strip() not in str(caught.value)


def test_white_space_around_a_key_goes() -> None:
    assert Credential("Authorization", Secret(" k \n"), "Bearer").value() == "Bearer k"


def everything(error: BaseException) -> str:
    """All that a traceback, a report or a log could show of an error and what stands behind it."""
    shown = "".join(traceback.format_exception(error))
    seen: list[BaseException] = []
    rest: list[BaseException | None] = [error]
    while rest:
        if (this := rest.pop()) is None or this in seen:
            continue
        seen.append(this)
        shown += repr(this) + str(this) + repr(vars(this))
        request = getattr(this, "_request", None)
        shown += repr(getattr(request, "headers", ""))
        rest += [this.__cause__, this.__context__]
    return shown


@pytest.mark.parametrize(
    "answer",
    [
        json_reply({"error": {"code": "INVALID_API_KEY", "message": f"{KEY} is bad"}}, 401),
        json_reply({"error": f"bad {KEY}"}, 403),
        json_reply({"detail": [{"loc": ["header", KEY], "msg": KEY}]}, 422),
        reply(500, KEY.encode()),
        reply(200, KEY.encode()),
        reply(302, location=f"https://example.com/{KEY}"),
        reply(429, KEY.encode(), retry_after=KEY, date=KEY, x_ratelimit_limit=KEY),
        b"not http " + KEY.encode() + b"\r\n\r\n",
        b"",
    ],
    ids=range(9),
)
def test_the_key_shows_nowhere(answer: bytes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def work(it: Transport) -> str:
        with pytest.raises(errors.TakedeckError) as caught:
            await it.get("/v1/jobs")
        return everything(caught.value) + repr(list(it.record)) + repr(it) + repr(it._credential)

    with Server(lambda *_: answer or None) as server:
        shown = use(server.url, work)
    assert KEY in server.requests[0].headers["x-api-key"]
    assert KEY not in shown
    assert KEY not in caplog.text
    assert not [
        one for one in caplog.records if one.name.partition(".")[0] in ("httpx", "httpcore")
    ]
