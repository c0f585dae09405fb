"""A failed part says the first reason, and an absurd length from a server breaks nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from takedeck.deck.client import DeckClient
from tests.deck.rig import RATE, mp3, noise, spec
from tests.deck.test_client import until, with_deck


async def test_the_reason_of_the_fetch_wins_over_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "part.mp3"
    path.touch()

    async def scene(deck: DeckClient) -> None:
        deck.load("key", [spec(path)], True)
        deck.set_available("part", 0, True, "The storage answered with a redirect.", "key")
        state = await until(deck, lambda state: bool(state.parts and state.parts[0].fault))
        assert state.parts[0].fault == "The storage answered with a redirect."

    await with_deck(scene)


async def test_an_absurd_length_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "part.mp3"
    path.write_bytes(mp3(noise(RATE)))

    async def scene(deck: DeckClient) -> None:
        deck.load("key", [replace(spec(path), seconds=1e307)], False)
        deck.set_available("part", path.stat().st_size, True, None, "key")
        state = await until(deck, lambda state: bool(state.parts and state.parts[0].complete))
        assert state.parts[0].fault is None
        assert state.parts[0].decoded >= RATE

    await with_deck(scene)
