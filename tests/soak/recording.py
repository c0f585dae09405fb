"""A deck that writes what is heard to a WAV file, on a disk that becomes full under its process."""

from __future__ import annotations

import asyncio
import resource
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Final

from takedeck.deck.client import DeckClient
from takedeck.deck.state import DeckState, PartSpec
from tests.soak.cramped import sound

_DEADLINE: Final = 20.0
_HEADER: Final = 44
_MOST: Final = 300_000
"""Bytes; under two seconds of sound."""
_HEARD: Final = 0.3


class Recording:
    """One part on the deck, decoded while there was room for it."""

    def __init__(self, deck: DeckClient, room: int) -> None:
        self._deck = deck
        self._room = room
        self._news = asyncio.Event()
        self.harm: list[str] = []
        deck.subscribe(lambda _: self._news.set())

    async def until(self, what: str, enough: Callable[[DeckState], object]) -> bool:
        """Whether it comes to that in time."""
        try:
            async with asyncio.timeout(_DEADLINE):
                while not enough(self._deck.state):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            self.harm.append(f"not in time: {what}; {self._deck.state.output_fault}")
            return False
        return True

    async def load(self, path: Path, size: int) -> bool:
        """Put the part on the deck and have it decoded."""
        self._deck.load("it", [PartSpec("master", path, "master", size)], False)
        self._deck.set_available("master", size, complete=True, key="it")
        return await self.until("the part", lambda s: s.parts and s.parts[0].complete)

    def full(self) -> None:
        """From now on no file of the deck's process may become larger than there is room."""
        assert self._deck.pid is not None
        resource.prlimit(self._deck.pid, resource.RLIMIT_FSIZE, (self._room, self._room))

    async def told(self, name: str, why: str) -> None:
        """It is said which file it is and why, and the music plays on."""
        if await self.until("a message", lambda s: s.output_fault):
            fault = str(self._deck.state.output_fault)
            if name not in fault or why not in fault or "too large" not in fault:
                self.harm.append(f"nothing says why: {fault!r}")
        began = self._deck.state.position
        await self.until("the music plays on", lambda s: s.position > began + _HEARD)


async def _on_the_clock(recording: Recording, deck: DeckClient, folder: Path) -> None:
    """The file is begun, and the disk is full before its end."""
    deck.output(f"wav:{folder / 'heard.wav'}")
    await recording.until("the file", lambda s: "heard.wav" in s.output)
    recording.full()
    deck.play()
    await recording.told("heard.wav", "cut short")


async def _not_begun(recording: Recording, deck: DeckClient, folder: Path) -> None:
    """There is no room for so much as the header."""
    recording.full()
    deck.play()
    deck.output(f"wav:{folder / 'heard.wav'}")
    await recording.told("heard.wav", "cannot be written")


async def _at_once(recording: Recording, deck: DeckClient, folder: Path) -> None:
    """The whole part goes to the file as fast as it can."""
    recording.full()
    deck.output(f"wav-offline:{folder / 'heard.wav'}")
    deck.play()
    await recording.told("heard.wav", "cut short")


async def _record(room: int, folder: Path) -> list[str]:
    harm: list[str] = []
    data = sound()
    some, none = _HEADER + room % _MOST, room % _HEADER
    for scene, there in ((_on_the_clock, some), (_not_begun, none), (_at_once, some)):
        place = folder / scene.__name__
        place.mkdir()
        (place / "a.audio").write_bytes(data)
        deck = DeckClient()
        await deck.start("null")
        recording = Recording(deck, there)
        try:
            if await recording.load(place / "a.audio", len(data)):
                await scene(recording, deck, place)
        finally:
            await deck.close()
        harm += [f"{scene.__name__[1:]}: {what}" for what in recording.harm]
        harm += _unreadable(place / "heard.wav")
    return harm


def _unreadable(path: Path) -> list[str]:
    """A file that was begun holds what its header says."""
    if not path.exists() or path.stat().st_size < _HEADER:
        return []
    with wave.open(str(path)) as file:
        claimed = file.getnframes() * 4 + _HEADER
    if claimed > path.stat().st_size:
        return [f"the WAV file claims {claimed} bytes and has {path.stat().st_size}"]
    return []


def record(room: int, folder: Path) -> list[str]:
    """What was wrong with WAV files for which there is only `room` in bytes."""
    return asyncio.run(_record(room, folder))
