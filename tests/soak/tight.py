"""A cache that is smaller than the tracks that are open, shared by two takedecks."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final

import platformdirs

from takedeck.media.cache import Cache
from takedeck.media.fetch import Fetcher
from takedeck.model import MASTER
from takedeck.providers.aitronos import connect
from takedeck.session.part_downloads import PartDownloads
from takedeck.simulator.clock import ManualClock
from takedeck.simulator.jobs import Plan
from takedeck.simulator.service import Simulator
from takedeck.text import Secret
from tests.soak.trial import Outcome, Trial
from tests.tui.stage import NOW

_SONGS: Final = ("waltz", "bossa")
_SMALLEST, _LARGEST = 1, 30_000_000


class _Two:
    """Two takedecks that open tracks, one after the other and side by side."""

    def __init__(self, simulator: Simulator, folder: Path, dice: random.Random) -> None:
        self._simulator, self._folder, self._dice = simulator, folder, dice
        self._hashes: dict[tuple[str, str], str] = {}
        self.harm: list[str] = []
        self.opened = self.largest = 0

    async def listen(self, plans: list[Plan], limit: int) -> None:
        """One of them: some tracks, each with some of its parts, asked for again later."""
        server = self._simulator
        provider = connect(server.base_url, Secret(server.api_key), server.organization)
        cache = Cache(self._folder, limit=limit)
        for plan in plans:
            tasks: list[asyncio.Task[None]] = []

            def spawn(
                work: Coroutine[Any, Any, None], tasks: list[asyncio.Task[None]] = tasks
            ) -> asyncio.Task[None]:
                tasks.append(asyncio.create_task(work))
                return tasks[-1]

            downloads = PartDownloads(
                plan.track_id, provider, Fetcher(), cache, lambda *_: None, owner="mine",
                changed=lambda: None, started_over=lambda: None, spawn=spawn,
            )  # fmt: skip
            track = await downloads.mint.refresh()
            names = [MASTER, *(stem.name for stem in track.stems)]
            for _ in range(3):
                self.opened += 1
                some = self._dice.sample(names, self._dice.randint(1, len(names)))
                specs = downloads.specs(track, some)
                downloads.feed()
                if self._dice.random() < 0.3:
                    break
                await asyncio.gather(*tasks, return_exceptions=True)
                self.harm += [f"{name}: {why}" for name, why in downloads.troubles.items()]
                for spec in specs:
                    self._check(plan, spec.name, spec.path)
                if self._dice.random() < 0.2:
                    cache.clear()
            await downloads.close()
        await provider.close()

    def _check(self, plan: Plan, name: str, path: Path) -> None:
        try:
            with open(path, "rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
                self.largest = max(self.largest, os.fstat(file.fileno()).st_size)
        except OSError as error:
            self.harm.append(f"an open part went: {error}")
            return
        if self._hashes.setdefault((plan.song, name), found) != found:
            self.harm.append(f"{name} of {plan.song} is not what it was")


def _round(simulator: Simulator, plans: list[Plan], dice: random.Random) -> tuple[_Two, list[str]]:
    limit = dice.choice((_SMALLEST, dice.randint(_SMALLEST, _LARGEST)))
    with tempfile.TemporaryDirectory() as folder:
        two = _Two(simulator, Path(folder), dice)

        async def both() -> None:
            chosen = [dice.sample(plans, len(plans)) for _ in range(2)]
            await asyncio.gather(*(two.listen(each, limit) for each in chosen))

        asyncio.run(both())
        size, _ = Cache(Path(folder)).usage()
        harm = list(two.harm)
        if size > max(limit, two.largest):
            harm.append(f"{size:,} bytes are kept of at most {limit:,}")
        if left := [name for name in os.listdir(folder) if not name.endswith(".audio")]:
            harm.append(f"{len(left)} files are left behind: {left[0]}")
    return two, [f"limit {limit:,}: {what}" for what in harm]


def _run(count: int, seed: int) -> Outcome:
    dice = random.Random(seed)
    songs = platformdirs.user_cache_path("takedeck-tests") / "songs"
    clock = ManualClock(NOW)
    harm: list[str] = []
    opened = 0
    with Simulator(cache=songs, clock=clock, scenario="empty", rate_limit=None) as simulator:
        plans = [
            simulator.jobs.add(Plan(id=f"mgen_{n:012x}", created_at=NOW, song=song))
            for n, song in enumerate(_SONGS)
        ]
        for _ in range(count):
            two, found = _round(simulator, plans, dice)
            opened += two.opened
            harm += found
    return Outcome(count, tuple(harm), {"times that parts were asked for": f"{opened:,}"})


TRIAL = Trial(
    promise="what is open stays whole, the cache stays bounded, nothing is left behind",
    unit="caches smaller than the tracks that two takedecks open",
    whole=60,
    small=3,
    run=_run,
)
