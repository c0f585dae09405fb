"""An API's client lets go of the clients it has replaced."""

from __future__ import annotations

import asyncio
import gc
import threading

import httpx
import pytest

from takedeck.errors import Timeout
from takedeck.providers.api_client import ApiClient
from tests.providers.rig import OK, use
from tests.providers.server import Request, Server


def _clients() -> int:
    gc.collect()
    return sum(type(each) is httpx.AsyncClient for each in gc.get_objects())


async def test_renewing_again_and_again_keeps_one_client() -> None:
    async def work(it: ApiClient) -> None:
        before = _clients()
        for _ in range(5):
            assert (await it.get("/v1/jobs")).status == 200
            await it.renew()
        assert _clients() == before

    with Server(OK) as server:
        await use(server.url, work)
    assert server.accepted == 5


async def test_renewing_under_way_keeps_one_client_in_the_end() -> None:
    asked, renewed = threading.Semaphore(0), threading.Event()

    def answer(_: Request, __: object) -> bytes:
        asked.release()
        renewed.wait(20)
        return OK

    async def work(it: ApiClient) -> None:
        before = _clients()
        hanging = [asyncio.create_task(it.get("/v1/jobs")) for _ in range(3)]
        for _ in hanging:
            assert await asyncio.to_thread(asked.acquire, timeout=10)
        await it.renew()
        renewed.set()
        assert {reply.status for reply in await asyncio.gather(*hanging)} == {200}
        assert _clients() == before

    with Server(answer) as server:
        await use(server.url, work)


async def test_a_client_given_up_at_a_deadline_keeps_no_connection_open() -> None:
    together = threading.Barrier(2)

    def answer(request: Request, _: object) -> bytes | None:
        if request.path == "/slow":
            server.ending.wait(20)
            return None
        together.wait(10)
        return OK

    async def work(it: ApiClient) -> None:
        await asyncio.gather(it.get("/v1/jobs"), it.get("/v1/jobs"))
        with pytest.raises(Timeout):
            await it.get("/slow")
        assert await asyncio.to_thread(server.open_at_most, 1, 5)

    with Server(answer) as server:
        await use(server.url, work, deadline=0.5)
