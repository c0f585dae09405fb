"""Two hundred tracks, one after the other, on one deck's process: nothing of them is left."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from takedeck.deck.client import DeckClient
from tests.deck.rig import RATE, noise, spec, write_wav
from tests.deck.test_client import until, with_deck

TRACKS = 200
MOST_KEPT = 10 * 2**20


@dataclass(frozen=True)
class Footprint:
    """What a process holds: `resident` in bytes, without what files back."""

    threads: int
    descriptors: int
    children: int
    resident: int

    @classmethod
    def of(cls, pid: int) -> Footprint:
        where = Path(f"/proc/{pid}")
        status = dict(
            line.split(":", 1)
            for line in (where / "status").read_text().splitlines()
            if ":" in line
        )
        kids = (where / "task" / str(pid) / "children").read_text().split()
        return cls(
            threads=int(status["Threads"]),
            descriptors=len(list((where / "fd").iterdir())),
            children=len(kids),
            resident=int(status["RssAnon"].split()[0]) * 1024,
        )


@pytest.mark.trial
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="no /proc on this system")
async def test_two_hundred_tracks_leave_nothing_behind(tmp_path: Path) -> None:
    parts = [
        spec(write_wav(tmp_path / f"{n}.wav", noise(RATE // 2, seed=n)), f"stem {n}")
        for n in range(4)
    ]

    async def opened(deck: DeckClient, number: int) -> None:
        key = f"track {number}"
        deck.load(key, parts, True)
        for part in parts:
            deck.set_available(part.name, part.path.stat().st_size, complete=True, key=key)
        await until(
            deck,
            lambda state: (
                state.key == key
                and len(state.parts) == len(parts)
                and all(part.complete for part in state.parts)
            ),
        )
        deck.unload()
        await until(deck, lambda state: state.key is None)

    async def settled(deck: DeckClient, pid: int, before: Footprint) -> Footprint:
        # Decoders let go of their files a moment after the track is off the deck.
        for number in range(TRACKS, TRACKS + 20):
            after = Footprint.of(pid)
            if after.descriptors <= before.descriptors and after.threads <= before.threads:
                break
            await opened(deck, number)
        return after

    async def scene(deck: DeckClient) -> None:
        pid = deck.pid
        assert pid is not None
        for number in range(10):
            await opened(deck, number)
        before = Footprint.of(pid)
        for number in range(10, TRACKS):
            await opened(deck, number)
        after = await settled(deck, pid, before)
        assert deck.pid == pid
        assert after.threads <= before.threads
        assert after.descriptors <= before.descriptors
        assert after.children == before.children == 0
        assert after.resident - before.resident < MOST_KEPT

    await with_deck(scene)
