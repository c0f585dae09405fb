"""The client of an API over real sockets: what is sent, and what is taken for an answer."""

from __future__ import annotations

import gzip
import socket
from datetime import UTC, datetime

import pytest

from takedeck import errors
from takedeck.providers.api_client import ApiClient, Reply
from takedeck.providers.clock import Clock
from tests.providers.rig import KEY, OK, ask, use
from tests.providers.server import Request, Server, head, json_reply, reply


async def test_the_key_goes_along_and_the_answer_is_read() -> None:
    with Server(json_reply({"a": 1}, x_request_id="req_7")) as server:
        answer = await ask(server.url)
    assert answer == Reply(200, {"a": 1}, "req_7")
    assert server.requests[0].headers["x-api-key"] == KEY


async def test_a_base_path_stays_in_front() -> None:
    with Server(OK) as server:
        await ask(server.url + "/proxy/")
    assert server.requests[0].target == "/proxy/v1/jobs"


async def test_gzip_is_undone() -> None:
    body = gzip.compress(b'{"a": [1, 2]}')
    with Server(reply(200, body, content_encoding="gzip")) as server:
        assert (await ask(server.url)).body == {"a": [1, 2]}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "place", ["http://127.0.0.1:{}/", "http://localhost:{}/", "https://127.0.0.1:{}/",
              "http://user:pass@127.0.0.1:{}/", "//localhost:{}/"]
)  # fmt: skip
async def test_no_redirect_is_followed(status: int, place: str) -> None:
    with Server(OK) as other:
        with (
            Server(reply(status, location=place.format(other.port))) as server,
            pytest.raises(errors.BadAnswer, match="redirect"),
        ):
            await ask(server.url)
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
    ],
)
async def test_what_is_not_json_is_a_bad_answer(body: bytes, says: str) -> None:
    with Server(reply(200, body)) as server, pytest.raises(errors.BadAnswer, match=says):
        await ask(server.url)


async def test_a_number_too_large_for_a_float_never_becomes_infinity() -> None:
    with Server(reply(200, b'{"a": 1e999}')) as server:
        assert (await ask(server.url)).body == {"a": "1e999"}


async def test_a_number_of_very_many_digits_costs_no_more_than_itself() -> None:
    with Server(reply(200, b'{"a": -%b, "b": %b}' % (b"9" * 5_000, b"1" * 300))) as server:
        assert (await ask(server.url)).body == {"a": "-" + "9" * 39, "b": int("1" * 300)}


async def test_a_body_that_grows_for_ever_is_cut() -> None:
    def flood(_: Request, connection: socket.socket) -> None:
        connection.sendall(head(200))
        for _piece in range(64):
            connection.sendall(b" " * 1024 * 1024)

    with Server(flood) as server, pytest.raises(errors.BadAnswer, match="8 MiB"):
        await ask(server.url)


async def test_an_answer_in_one_byte_chunks_is_refused() -> None:
    body = b"1\r\n \r\n" * 8_000 + b"2\r\n{}\r\n0\r\n\r\n"
    answer = head(200, transfer_encoding="chunked") + body
    with Server(answer) as server, pytest.raises(errors.BadAnswer, match="pieces of less"):
        await ask(server.url)


async def test_a_small_body_that_unpacks_into_a_large_one_is_cut() -> None:
    bomb = gzip.compress(b" " * 64 * 1024 * 1024)
    assert len(bomb) < 100_000
    with (
        Server(reply(200, bomb, content_encoding="gzip")) as server,
        pytest.raises(errors.BadAnswer, match="unpacked"),
    ):
        await ask(server.url)


async def test_gzip_in_several_members_is_read_whole() -> None:
    packed = b"".join(gzip.compress(piece) for piece in (b'{"a": [1', b", 2", b"]}"))
    with Server(reply(200, packed + b"\0" * 512, content_encoding="gzip")) as server:
        assert (await ask(server.url)).body == {"a": [1, 2]}


@pytest.mark.parametrize(
    ("body", "packing", "says"),
    [
        (gzip.compress(b" " * 3_000_000) * 3, "gzip", "unpacked"),
        (gzip.compress(b"") * 400_000, "gzip", "damaged"),
        (gzip.compress(b"{}") + gzip.compress(b"")[:-9], "gzip", "damaged"),
        (gzip.compress(gzip.compress(b"{}")), "gzip", "not whole JSON"),
        (gzip.compress(gzip.compress(b"{}")), "gzip, gzip", "not asked for"),
        (b"{}", "br", "not asked for"),
    ],
    ids=["members", "many members", "half a member", "nested", "nested and said", "brotli"],
)
async def test_a_body_that_is_packed_oddly_is_refused(body: bytes, packing: str, says: str) -> None:
    with (
        Server(reply(200, body, content_encoding=packing)) as server,
        pytest.raises(errors.BadAnswer, match=says),
    ):
        await ask(server.url)


@pytest.mark.parametrize("value", [b"[],", b"{},", b"0,", b'{"a":1},'])
async def test_an_answer_of_far_too_many_values_is_refused(value: bytes) -> None:
    body = b"[" + value * (8_000_000 // len(value)) + b"0]"
    with Server(reply(200, body)) as server, pytest.raises(errors.BadAnswer, match="500,000"):
        await ask(server.url)


async def test_the_servers_clock_and_allowance_are_learned() -> None:
    answer = json_reply(
        {},
        date="Sun, 28 Jun 2026 10:30:00 GMT",
        x_ratelimit_limit="100",
        x_ratelimit_remaining="98",
    )
    local = datetime(2031, 1, 1, tzinfo=UTC)

    async def work(it: ApiClient) -> None:
        assert it.server_now() == local
        await it.get("/v1/jobs")
        assert it.server_now() == datetime(2026, 6, 28, 10, 30, tzinfo=UTC)
        assert (it.allowance.limit, it.allowance.remaining) == (100, 98)

    with Server(answer) as server:
        await use(server.url, work, clock=Clock(now=lambda: local))


async def test_exchanges_are_recorded() -> None:
    async def work(it: ApiClient) -> None:
        await it.get("/v1/jobs", {"limit": 3})
        first, second = it.record
        assert (first.status, first.attempt, first.fault) == (500, 1, "ServerFault")
        assert (second.status, second.attempt, second.fault) == (200, 2, None)
        assert second.path == "/v1/jobs?limit=3"
        assert second.size == len(b'{"fine": true}')

    with Server([reply(500), OK]) as server:
        await use(server.url, work)


async def test_a_proxy_of_the_environment_does_not_see_this_machines_traffic(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Server(OK) as proxy, Server(OK) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        await ask(server.url)
        assert proxy.accepted == 0


async def test_a_cookie_is_not_kept() -> None:
    async def work(it: ApiClient) -> None:
        await it.get("/v1/jobs")
        await it.get("/v1/jobs")

    with Server(json_reply({}, set_cookie="a=b; Path=/")) as server:
        await use(server.url, work)
    assert "cookie" not in server.requests[1].headers
