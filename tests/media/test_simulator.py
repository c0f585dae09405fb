"""Mint, fetch and cache against the simulator: real songs, real signatures, real expiry."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from takedeck.media.cache import Cache, PartKey
from takedeck.media.fetch import Fetcher
from takedeck.media.mint import Mint
from takedeck.model import SUCCEEDED
from takedeck.providers import aitronos
from takedeck.simulator.clock import ManualClock
from takedeck.simulator.service import Simulator
from takedeck.text import Secret


@pytest.mark.trial
async def test_parts_outlive_their_urls_though_the_local_clock_is_wrong(tmp_path: Path) -> None:
    """The simulator lives in another year, and its URLs end between the mint and the fetch."""
    clock = ManualClock(datetime(2031, 5, 1, tzinfo=UTC))

    async def main() -> None:
        client = aitronos.connect(simulator.base_url, Secret(simulator.api_key), "org_demo")
        try:
            job = (await client.list_jobs(status=SUCCEEDED, limit=1)).jobs[0]
            track_id = job.track_id
            assert track_id is not None
            mint = Mint(lambda: client.get_track(track_id), client.server_now)
            track = await mint.refresh()
            left = mint.fresh_for()
            assert left is not None
            assert 0 < left <= 62
            clock.advance(3_600)
            cache, fetcher = Cache(tmp_path / "cache"), Fetcher()

            async def fetch(part: str) -> Path:
                key = PartKey("mine", track.id, part)
                with cache.begin(key) as growing:
                    await fetcher.download(part, mint, growing)
                    return cache.finish(growing)

            parts = [stem.name for stem in track.stems[:2]]
            paths = await asyncio.gather(*(fetch(part) for part in parts))
            assert mint.count == 2
            assert cache.usage()[1] == len(parts)
            assert len({path.read_bytes() for path in paths}) == len(parts)
            assert all(path.read_bytes()[0] == 0xFF for path in paths)
        finally:
            await client.close()

    with Simulator(cache=tmp_path / "simulator", clock=clock) as simulator:
        await main()
    storage = [one for one in simulator.requests if one.origin == "storage"]
    assert {one.status for one in storage} == {200, 403}
