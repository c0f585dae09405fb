"""What part downloads keep on disk: whole while open, bounded, and nothing once closed."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from takedeck.media.cache import Cache
from takedeck.media.fetch import Fetcher
from takedeck.media.partial_file import PartialFile
from takedeck.model import MASTER, Track
from takedeck.providers.aitronos import connect as client
from takedeck.session.part_downloads import PartDownloads
from takedeck.simulator.jobs import Plan
from takedeck.simulator.service import Simulator
from takedeck.text import Secret
from tests.session.rig import DEADLINE


class Held(Cache):
    """A cache on a disk that is so slow that `finish` waits until the test lets it go on."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.reached = threading.Event()
        self.go_on = threading.Event()

    def finish(self, growing: PartialFile) -> Path:
        self.reached.set()
        assert self.go_on.wait(10)
        return super().finish(growing)


async def test_closing_waits_for_a_file_that_is_being_kept(
    simulator: Simulator, tmp_path: Path
) -> None:
    now = simulator.clock.now()
    plan = simulator.jobs.add(Plan(id="mgen_00a1", created_at=now, song="waltz"))
    cache = Held(tmp_path)

    async def main() -> list[BaseException | None]:
        provider = client(simulator.base_url, Secret(simulator.api_key), simulator.organization)
        tasks: list[asyncio.Task[None]] = []

        def spawn(work: object) -> asyncio.Task[None]:
            tasks.append(asyncio.create_task(work))  # type: ignore[arg-type]
            return tasks[-1]

        downloads = PartDownloads(
            plan.track_id, provider, Fetcher(), cache, lambda *_: None,
            owner="mine", changed=lambda: None, started_over=lambda: None, spawn=spawn,
        )  # fmt: skip
        track = await downloads.mint.refresh()
        downloads.specs(track, [MASTER])
        downloads.feed()
        assert await asyncio.to_thread(cache.reached.wait, 60)
        closing = asyncio.create_task(downloads.close())
        await asyncio.wait((closing,), timeout=0.1)
        assert not closing.done()
        cache.go_on.set()
        await closing
        await provider.close()
        return [None if task.cancelled() else task.exception() for task in tasks]

    assert await main() == [None]
    assert [path.suffix for path in tmp_path.iterdir()] == [".audio"]


async def test_what_has_arrived_is_kept_though_it_is_closed_at_once(
    simulator: Simulator, tmp_path: Path
) -> None:
    now = simulator.clock.now()
    plan = simulator.jobs.add(Plan(id="mgen_00a3", created_at=now, song="waltz"))
    provider = client(simulator.base_url, Secret(simulator.api_key), simulator.organization)
    closing: asyncio.Future[asyncio.Task[None]] = asyncio.get_running_loop().create_future()

    told: list[bool] = []

    def available(name: str, have: int, complete: bool, *_: object) -> None:
        told.append(complete)
        # The deck may have heard all of it with the last byte, and the command end right then.
        if have and have == downloads.progress[name].total and not closing.done():
            closing.set_result(asyncio.create_task(downloads.close()))

    downloads = PartDownloads(
        plan.track_id, provider, Fetcher(), Cache(tmp_path), available,
        owner="mine", changed=lambda: None, started_over=lambda: None, spawn=asyncio.create_task,
    )  # fmt: skip
    track = await downloads.mint.refresh()
    downloads.specs(track, [MASTER])
    downloads.feed()
    async with asyncio.timeout(DEADLINE):
        await (await closing)
    # Another deck's part may have this one's name by now.
    assert not any(told)
    await provider.close()
    assert [path.suffix for path in tmp_path.iterdir()] == [".audio"]


async def test_parts_that_are_too_much_together_are_left_out(
    simulator: Simulator, tmp_path: Path
) -> None:
    now = simulator.clock.now()
    plan = simulator.jobs.add(Plan(id="mgen_00a2", created_at=now, song="waltz"))

    async def main() -> tuple[dict[str, str], set[str]]:
        provider = client(simulator.base_url, Secret(simulator.api_key), simulator.organization)
        tasks: list[asyncio.Task[None]] = []

        def spawn(work: object) -> asyncio.Task[None]:
            tasks.append(asyncio.create_task(work))  # type: ignore[arg-type]
            return tasks[-1]

        downloads = PartDownloads(
            plan.track_id, provider, Fetcher(), Cache(tmp_path), lambda *_: None,
            owner="mine", changed=lambda: None, started_over=lambda: None, spawn=spawn,
            largest=1024**2,
        )  # fmt: skip
        track = await downloads.mint.refresh()
        downloads.specs(track, [MASTER, *(stem.name for stem in track.stems)])
        downloads.feed()
        await asyncio.gather(*tasks)
        whole = {name for name, part in downloads.progress.items() if part.complete}
        taken = sum(part.have for name, part in downloads.progress.items() if name in whole)
        assert taken <= 1024**2
        await downloads.close()
        await provider.close()
        return downloads.troubles, whole

    troubles, whole = await main()
    assert troubles
    assert all("larger than 1 MiB" in why for why in troubles.values())
    assert not whole & troubles.keys()


@asynccontextmanager
async def open_reel(
    simulator: Simulator, cache: Cache, track_id: str
) -> AsyncIterator[tuple[PartDownloads, Track, Callable[[], Awaitable[object]]]]:
    """A track's part downloads, the track, and a way to wait until all is fetched."""
    provider = client(simulator.base_url, Secret(simulator.api_key), simulator.organization)
    tasks: list[asyncio.Task[None]] = []

    def spawn(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        tasks.append(asyncio.create_task(work))
        return tasks[-1]

    downloads = PartDownloads(
        track_id, provider, Fetcher(), cache, lambda *_: None,
        owner="mine", changed=lambda: None, started_over=lambda: None, spawn=spawn,
    )  # fmt: skip
    try:
        yield downloads, await downloads.mint.refresh(), lambda: asyncio.gather(*tasks)
    finally:
        await downloads.close()
        await provider.close()


@pytest.mark.parametrize("kept", [False, True])
def test_an_open_track_that_is_larger_than_the_cache_stays_until_it_is_closed(
    simulator: Simulator, tmp_path: Path, kept: bool
) -> None:
    now = simulator.clock.now()
    plan = simulator.jobs.add(Plan(id="mgen_00a3", created_at=now, song="waltz"))
    cache = Cache(tmp_path, limit=10**9 if kept else 1)

    async def play() -> None:
        async with open_reel(simulator, cache, plan.track_id) as (downloads, track, whole):
            names = [MASTER, *(stem.name for stem in track.stems)]
            for name in names:
                downloads.specs(track, [name])
                downloads.feed()
                await whole()
            assert not downloads.troubles
            asked = len(simulator.requests)
            Cache(tmp_path).clear()
            for spec in downloads.specs(track, names):
                assert os.stat(spec.path).st_size == spec.size
            downloads.feed()
            await whole()
            assert len(simulator.requests) == asked
            assert cache.usage()[1] == 0

    if kept:
        cache_all(simulator, cache, plan.track_id)
    asyncio.run(play())

    assert not list(tmp_path.iterdir())


def cache_all(simulator: Simulator, cache: Cache, track_id: str) -> None:
    async def fetch() -> None:
        async with open_reel(simulator, cache, track_id) as (downloads, track, whole):
            downloads.specs(track, [MASTER, *(stem.name for stem in track.stems)])
            downloads.feed()
            await whole()

    asyncio.run(fetch())
    assert cache.usage()[1] > 1


def test_an_open_part_that_went_all_the_same_is_fetched_anew(
    simulator: Simulator, tmp_path: Path
) -> None:
    now = simulator.clock.now()
    plan = simulator.jobs.add(Plan(id="mgen_00a4", created_at=now, song="waltz"))
    cache = Cache(tmp_path)

    async def main() -> None:
        async with open_reel(simulator, cache, plan.track_id) as (downloads, track, whole):
            downloads.specs(track, [MASTER])
            downloads.feed()
            await whole()
            for path in os.scandir(tmp_path):
                os.unlink(path)
            (spec,) = downloads.specs(track, [MASTER])
            downloads.feed()
            await whole()
            assert downloads.progress[MASTER].complete
            assert os.stat(spec.path).st_size == downloads.progress[MASTER].have

    asyncio.run(main())


def test_a_reel_whose_closing_was_cut_off_leaves_nothing_behind(
    simulator: Simulator, tmp_path: Path
) -> None:
    now = simulator.clock.now()
    plan = simulator.jobs.add(Plan(id="mgen_00a5", created_at=now, song="waltz"))
    cache = Cache(tmp_path)

    async def main() -> None:
        async with open_reel(simulator, cache, plan.track_id) as (downloads, track, _):
            downloads.specs(track, [MASTER])
            assert os.listdir(tmp_path)
            # A session that ends cancels what it has just begun.
            closing = asyncio.create_task(downloads.close())
            closing.cancel()
            await asyncio.wait((closing,))
            downloads.close = _nothing  # type: ignore[method-assign]

    async def _nothing() -> None:
        pass

    asyncio.run(main())
    gc.collect()
    assert not list(tmp_path.iterdir())
