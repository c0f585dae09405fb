"""takedeck as it is measured: its rooms joined as a session joins them, without a screen."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from takedeck.deck.client import DeckClient
from takedeck.deck.state import DeckState
from takedeck.media.cache import Cache
from takedeck.media.fetch import Fetcher
from takedeck.model import MASTER
from takedeck.providers.aitronos import connect
from takedeck.session.part_downloads import PartDownloads
from takedeck.text import Secret
from tests.benchmarks.deck.material import STEMS
from tests.benchmarks.deck.served import KEY, ORGANIZATION, Origin

ALL_STEMS = tuple(f"stem{number}" for number in range(1, STEMS + 1))


class Studio:
    """A deck's process, a client of the API and a cache; `open` does what opening a job does."""

    def __init__(self, origin: Origin, home: Path) -> None:
        self.deck = DeckClient()
        self._provider = connect(origin.url, Secret(KEY), ORGANIZATION)
        self._fetcher = Fetcher()
        self._cache = Cache(home / "audio")
        self._downloads: PartDownloads | None = None
        self.deck.subscribe(self._look)

    async def open(self, track_id: str, names: Sequence[str] = (MASTER,)) -> None:
        """Mint the track, load these parts and play them while they are fetched."""
        old, self._downloads = self._downloads, None
        self.deck.unload()
        if old is not None:
            await old.close()
        self._downloads = downloads = PartDownloads(
            track_id, self._provider, self._fetcher, self._cache, self.deck.set_available,
            owner="mine", changed=_nothing, started_over=_nothing, spawn=asyncio.create_task,
        )  # fmt: skip
        track = await downloads.mint.refresh()
        self.deck.load(track.id, downloads.specs(track, names), True)
        if tuple(names) != (MASTER,):
            self.deck.select("stems")
        downloads.feed()

    async def whole(self) -> None:
        """Wait until all eight stems are there and decoded."""
        there = asyncio.Event()

        def look(state: DeckState) -> None:
            if len(state.parts) == STEMS and all(part.complete for part in state.parts):
                there.set()

        unsubscribe = self.deck.subscribe(look)
        look(self.deck.state)
        await there.wait()
        unsubscribe()

    def _look(self, state: DeckState) -> None:
        if self._downloads is not None:
            self._downloads.follow(state)

    async def shut(self) -> None:
        """Take the track off the deck and stop fetching it."""
        self.deck.unload()
        if self._downloads is not None:
            await self._downloads.close()
            self._downloads = None

    async def close(self) -> None:
        """End everything."""
        await self.shut()
        await self.deck.close()
        await self._provider.close()


@asynccontextmanager
async def studio(origin: Origin, sound: Mapping[str, str], home: Path) -> AsyncIterator[Studio]:
    """A studio at full volume whose deck's process runs, on the sound server of `sound`."""
    before = dict(os.environ)
    os.environ.update(sound)
    made = Studio(origin, home)
    try:
        await made.deck.start("device")
        yield made
    finally:
        os.environ.clear()
        os.environ.update(before)
        await made.close()


def environment(origin: Origin, sound: Mapping[str, str], home: Path) -> dict[str, str]:
    """The environment of a takedeck of its own, at full volume, with nothing cached."""
    home.mkdir(exist_ok=True)
    config = home / "config.toml"
    config.write_text("volume = 1.0\n", encoding="utf-8")
    folders = {f"XDG_{name}_HOME": str(home) for name in ("CACHE", "CONFIG", "STATE", "DATA")}
    return {
        **os.environ, **sound, **origin.env, **folders, "HOME": str(home),
        "TAKEDECK_CONFIG": str(config), "TAKEDECK_OUTPUT": "device",
    }  # fmt: skip


def play(job: str, stems: int) -> list[str]:
    """`takedeck play` from its start: the master, or so many stems."""
    chosen = [word for number in range(stems) for word in ("--stem", f"stem{number + 1}")]
    return [sys.executable, "-m", "takedeck", "play", job, *chosen]


def _nothing() -> None:
    """Nothing is shown, so nothing is told."""
