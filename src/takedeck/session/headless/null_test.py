"""The null test of one track without a screen: for the command line."""

from __future__ import annotations

from takedeck.config import Folders, Settings
from takedeck.deck.client import DeckClient
from takedeck.deck.state import DeckState
from takedeck.errors import DeckError, MediaError
from takedeck.model import MASTER, Track
from takedeck.providers.base import Provider
from takedeck.session.headless.outcome import Outcome
from takedeck.session.headless.parts import unattended
from takedeck.session.part_downloads import PartDownloads


async def null_test(
    provider: Provider, settings: Settings, folders: Folders, track: Track
) -> float:
    """The power of master minus stems, relative to the master's, in dB; -200 if nothing is left.

    Raises `MediaError` if the track has no stems, or a part cannot be fetched or decoded,
    `DeckError` if the deck fails, and what the provider raises.
    """
    if not track.stems or track.master is None:
        raise MediaError(
            f"{track.id} has no stems to compare with its master.",
            next_step="Choose a track that has stems.",
        )
    ended = Outcome[float]()
    async with unattended(provider, settings, folders, track.id, ended) as (deck, downloads):
        await deck.start("null")
        deck.subscribe(lambda state: _on_state(deck, downloads, state, track, ended))
        fresh = await downloads.mint.refresh()
        names = [MASTER, *(stem.name for stem in fresh.stems)]
        deck.load(track.id, downloads.specs(fresh, names), False)
        downloads.feed()
        return await ended.future


def _on_state(
    deck: DeckClient,
    downloads: PartDownloads,
    state: DeckState,
    track: Track,
    ended: Outcome[float],
) -> None:
    downloads.follow(state)
    if state.transport == "empty" and state.output_fault:
        ended.fail(DeckError(state.output_fault, next_step="Try again."))
    if state.key != track.id or ended.future.done():
        return
    for part in state.parts:
        if part.fault:
            ended.fail(MediaError(f"{part.name}: {part.fault}"))
            return
    if state.null_db is not None:
        ended.well(state.null_db)
    elif all(part.complete for part in state.parts):
        deck.null_test()
