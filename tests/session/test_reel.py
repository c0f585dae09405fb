"""A reel that is closed while a part is being kept, and one whose parts are too much together."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from takedeck.media.cache import Cache
from takedeck.media.fetch import Fetcher
from takedeck.media.growing import Growing
from takedeck.model import MASTER
from takedeck.providers.aitronos import connect as client
from takedeck.session.reel import Reel
from takedeck.simulator.jobs import Plan
from takedeck.simulator.service import Simulator
from takedeck.text import Secret


class Held(Cache):
    """A cache on a disk that is so slow that `finish` waits until the test lets it go on."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.reached = threading.Event()
        self.go_on = threading.Event()

    def finish(self, growing: Growing) -> Path:
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

        reel = Reel(
            plan.track_id, provider, Fetcher(), cache, lambda *_: None,
            owner="mine", changed=lambda: None, started_over=lambda: None, spawn=spawn,
        )  # fmt: skip
        track = await reel.mint.refresh()
        reel.specs(track, [MASTER])
        reel.feed()
        assert await asyncio.to_thread(cache.reached.wait, 60)
        closing = asyncio.create_task(reel.close())
        await asyncio.wait((closing,), timeout=0.1)
        assert not closing.done()
        cache.go_on.set()
        await closing
        await provider.close()
        return [None if task.cancelled() else task.exception() for task in tasks]

    assert await main() == [None]
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

        reel = Reel(
            plan.track_id, provider, Fetcher(), Cache(tmp_path), lambda *_: None,
            owner="mine", changed=lambda: None, started_over=lambda: None, spawn=spawn,
            largest=1024**2,
        )  # fmt: skip
        track = await reel.mint.refresh()
        reel.specs(track, [MASTER, *(stem.name for stem in track.stems)])
        reel.feed()
        await asyncio.gather(*tasks)
        whole = {name for name, part in reel.downloads.items() if part.complete}
        taken = sum(part.have for name, part in reel.downloads.items() if name in whole)
        assert taken <= 1024**2
        await reel.close()
        await provider.close()
        return reel.troubles, whole

    troubles, whole = await main()
    assert troubles
    assert all("larger than 1 MiB" in why for why in troubles.values())
    assert not whole & troubles.keys()
