"""Files that are no sound, or were, through the deck's own process."""

from __future__ import annotations

import asyncio
import random
import tempfile
from pathlib import Path
from typing import Final

from takedeck.deck.client import DeckClient
from takedeck.deck.state import DeckState, PartSpec
from tests.soak.mutants import sound, spoiled
from tests.soak.trial import Outcome, Trial

_AT_ONCE: Final = 6
_DEADLINE: Final = 30.0
_MOST: Final = 500 * 1024
"""KiB that the process may hold with six short files on it."""


class _Trying:
    """A deck's process that gets one handful of files after the other."""

    def __init__(self, deck: DeckClient, folder: Path) -> None:
        self._deck = deck
        self._folder = folder
        self._told = asyncio.Event()
        self.harm: list[str] = []
        self.sounded = self.refused = self.deaths = 0
        self.largest = 0
        self.deadly: list[str] = []
        self._turn = self._before = 0
        deck.subscribe(lambda _: self._told.set())

    async def all(self, many: list[tuple[str, bytes]]) -> None:
        """All of these; if that is the deck's death, each by itself."""
        if await self._some(many):
            return
        self.deaths += 1
        for one in many:
            if not await self._some([one]):
                self.deaths += 1
                self.deadly.append(f"{one[0]}: {self._deck.state.output_fault}")

    async def _some(self, many: list[tuple[str, bytes]]) -> bool:
        """Whether the deck lives."""
        specs = []
        for number, (_, data) in enumerate(many):
            path = self._folder / str(number)
            path.write_bytes(data)
            specs.append(PartSpec(str(number), path, "stem", len(data)))
        if not self._deck.alive:
            await self._deck.start("null")
        self._before = self._deck.state.serial
        self._turn += 1
        key = f"turn {self._turn}"
        self._deck.load(key, specs, play=True)
        self._deck.select("stems")
        for spec, (_, data) in zip(specs, many, strict=True):
            self._deck.set_available(spec.name, len(data), complete=True, key=key)
        try:
            async with asyncio.timeout(_DEADLINE):
                while not (self._over(key, len(many)) or self._dead()):
                    self._told.clear()
                    await self._told.wait()
        except TimeoutError:
            self.harm += self._unfinished(many)
        if self._dead():
            if not self._deck.state.output_fault:
                self.harm.append("the deck's process ended without a word")
            return False
        self._count(self._deck.state, many)
        self._weigh()
        return True

    def _over(self, key: str, count: int) -> bool:
        """Every part has come to its end, and what has any sound is heard."""
        state = self._deck.state
        if state.key != key or len(state.parts) != count:
            return False
        loud = any(part.decoded and not part.fault for part in state.parts)
        return all(part.complete for part in state.parts) and (state.position > 0 or not loud)

    def _dead(self) -> bool:
        return not self._deck.alive and self._deck.state.serial != self._before

    def _unfinished(self, many: list[tuple[str, bytes]]) -> list[str]:
        parts = {part.name: part for part in self._deck.state.parts}
        left = [
            f"{what}: no end"
            for number, (what, _) in enumerate(many)
            if (part := parts.get(str(number))) is None or not part.complete
        ]
        return left or ["what has sound is not heard: " + ", ".join(what for what, _ in many)]

    def _count(self, state: DeckState, many: list[tuple[str, bytes]]) -> None:
        for part in state.parts:
            self.sounded += not part.fault
            self.refused += bool(part.fault)
            if not part.fault and not part.decoded:
                self.harm.append(f"{many[int(part.name)][0]}: neither sound nor a message")

    def _weigh(self) -> None:
        status = Path(f"/proc/{self._deck.pid}/status").read_text()
        held = int(status.partition("VmRSS:")[2].split()[0])
        self.largest = max(self.largest, held)
        if held > _MOST:
            self.harm.append(f"the deck's process holds {held // 1024} MiB")


async def _all(count: int, seed: int, folder: Path) -> _Trying:
    dice, deck = random.Random(seed), DeckClient()
    files = await asyncio.to_thread(sound, folder)
    await deck.start("null")
    trying = _Trying(deck, folder)
    try:
        for first in range(0, count, _AT_ONCE):
            some = range(first, min(count, first + _AT_ONCE))
            await trying.all([spoiled(files, dice) for _ in some])
    finally:
        await deck.close()
    return trying


def _run(count: int, seed: int) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        trying = asyncio.run(_all(count, seed, Path(folder)))
    figures = {
        "that sound": f"{trying.sounded:,}",
        "with a message": f"{trying.refused:,}",
        "deaths of the process": str(trying.deaths),
        "memory": f"≤ {trying.largest // 1024} MiB",
    }
    return Outcome(count, tuple(trying.harm), figures)


TRIAL = Trial(
    promise="the app lives, every file ends in sound or a message",
    unit="spoiled sound files",
    whole=2_400,
    small=60,
    run=_run,
)
