"""Downloads over real sockets: they survive faults, expiry and their caller."""

from __future__ import annotations

import asyncio
import random
import socket
from functools import partial
from pathlib import Path

import pytest

from takedeck import errors
from takedeck.media import fetch
from takedeck.media.fetch import Fetcher
from takedeck.media.mint import Mint
from takedeck.media.pace import WINDOW, Pace
from takedeck.media.transfer import Fetched
from takedeck.model import Track
from tests.media.rig import DATA, download, growing
from tests.media.storage import STEMS, Storage
from tests.providers.server import Request, Server, reply


async def test_a_part_arrives_whole(tmp_path: Path) -> None:
    with Storage({"master": DATA}) as storage:
        fetched, data = await download(storage, tmp_path)
    assert data == DATA
    assert fetched == Fetched(len(DATA), "audio/mpeg", '"master-1"')
    request = storage.server.requests[0]
    assert request.headers["accept-encoding"] == "identity"
    assert not {"x-api-key", "authorization", "cookie", "range"} & request.headers.keys()


async def test_what_was_reported_can_be_read_by_others(tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []

    def check(available: int, total: int | None) -> None:
        assert (tmp_path / "a.part").stat().st_size >= available
        seen.append((available, total))

    with Storage({"master": DATA}) as storage:
        await download(storage, tmp_path, on_progress=check)
    assert seen == sorted(seen)
    assert seen[-1] == (len(DATA), len(DATA))


async def test_a_dropped_line_is_taken_up_at_the_byte(tmp_path: Path) -> None:
    restarts: list[int] = []
    with Storage({"master": DATA}) as storage:
        storage.breaks.extend([200_000, 100_000, 0])
        _, data = await download(storage, tmp_path, on_restart=lambda: restarts.append(1))
    assert data == DATA
    assert not restarts
    assert storage.ranges[0] is None
    assert all(wanted is not None for wanted in storage.ranges[1:])
    assert storage.minted == 1


@pytest.mark.parametrize("share", [0, 25, 50, 99])
@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_an_ended_url_is_minted_anew_once(tmp_path: Path, share: int, status: int) -> None:
    with Storage({"master": DATA}) as storage:

        def answer(request: Request, connection: socket.socket) -> bytes | None:
            if request.target.rpartition("sig=")[2] not in storage.tokens:
                return reply(status)
            if storage.minted == 1:
                storage.breaks.append(len(DATA) * share // 100)
                data = storage.serve(request, connection)
                storage.expire()
                return data
            return storage.serve(request, connection)

        storage.before = answer
        _, data = await download(storage, tmp_path)
    assert data == DATA
    assert storage.minted == 2


async def test_many_parts_that_expire_together_share_one_mint(tmp_path: Path) -> None:
    files = {"master": DATA, **{part: DATA[::-1] + part.encode() for part in STEMS}}

    async def main(storage: Storage) -> None:
        mint = storage.mint()
        await mint.refresh()
        storage.expire()

        async def one(part: str) -> None:
            with growing(tmp_path, part) as target:
                await Fetcher().download(part, mint, target)
                assert target.path.read_bytes() == files[part]

        await asyncio.gather(*(one(part) for part in files))

    with Storage(files) as storage:
        await main(storage)
    assert storage.minted == 2


async def test_a_part_that_is_always_refused_ends_after_two_mints(tmp_path: Path) -> None:
    with Storage({"master": DATA}) as storage:
        storage.before = lambda *_: reply(403)
        with pytest.raises(errors.UrlRefused, match="renewed 2 times"):
            await download(storage, tmp_path)
    assert storage.minted == 3
    assert len(storage.server.requests) == 3
    assert not list(tmp_path.iterdir())


async def test_waiting_for_the_listener_is_not_held_against_the_storage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(fetch, "Pace", partial(Pace, monotonic=lambda: now))

    async def slow(_: int) -> None:
        nonlocal now
        now += 100 * WINDOW

    with Storage({"master": DATA}) as storage:
        _, data = await download(storage, tmp_path, throttle=slow)
    assert data == DATA
    assert now > 0


async def test_a_storage_that_is_overloaded_is_asked_again(tmp_path: Path) -> None:
    with Storage({"master": DATA}) as storage:
        statuses = iter([503, 429, 500])
        storage.before = lambda request, connection: (
            reply(status)
            if (status := next(statuses, None))
            else storage.serve(request, connection)
        )
        _, data = await download(storage, tmp_path)
    assert data == DATA
    assert storage.minted == 1


async def test_an_api_that_fails_for_a_moment_does_not_end_the_download(tmp_path: Path) -> None:
    faults = iter(
        [errors.NetworkError("gone"), errors.RateLimited("", status=429, retry_after=0.01)]
    )

    async def main(storage: Storage) -> bytes:
        async def ask() -> Track:
            if storage.minted and (fault := next(faults, None)):
                raise fault
            return await storage.ask()

        mint = Mint(ask, storage.mint()._now)
        await mint.refresh()
        storage.expire()
        with growing(tmp_path) as target:
            await Fetcher().download("master", mint, target)
            return target.path.read_bytes()

    with Storage({"master": DATA}) as storage:
        assert await main(storage) == DATA


async def test_cancelling_at_any_tick_leaves_no_connection_and_no_file(tmp_path: Path) -> None:
    ticks = random.Random(3)

    async def main(storage: Storage) -> None:
        mint, fetcher = storage.mint(), Fetcher()
        for number in range(60):
            with growing(tmp_path, str(number)) as target:
                task = asyncio.create_task(fetcher.download("master", mint, target))
                for _ in range(ticks.randrange(40)):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with Storage({"master": DATA * 20}) as storage:
        await main(storage)
        assert storage.server.all_closed(10)
    assert not list(tmp_path.iterdir())


async def test_a_proxy_of_the_environment_does_not_see_this_machines_audio(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(reply(200, b"x")) as proxy, Storage({"master": DATA}) as storage:
        for name in ("http_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        await download(storage, tmp_path)
        assert proxy.accepted == 0
