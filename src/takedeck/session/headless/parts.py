"""A deck and the parts of one track for a command without a screen; the first fault ends it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from takedeck.config import Folders, Settings, child_environment, private_folder
from takedeck.deck.client import DeckClient
from takedeck.errors import MediaError, TakedeckError
from takedeck.hosts import Reach
from takedeck.media.cache import Cache
from takedeck.media.fetch import Fetcher
from takedeck.media.mint import Mint
from takedeck.media.partial_file import PartialFile
from takedeck.media.transfer import Fetched
from takedeck.providers.base import Provider
from takedeck.session.headless.outcome import Outcome
from takedeck.session.part_downloads import PartDownloads


class _Telling(Fetcher):
    """Hands on why a part cannot be fetched: the deck sees no more of it than an empty file."""

    def __init__(self, fail: Callable[[TakedeckError], None], reach: Reach) -> None:
        super().__init__(reach=reach)
        self._fail = fail

    async def download(
        self, part: str, mint: Mint, target: PartialFile, **listeners: Any
    ) -> Fetched:
        try:
            return await super().download(part, mint, target, **listeners)
        except TakedeckError as error:
            self._fail(error)
            raise


@asynccontextmanager
async def unattended(
    provider: Provider,
    settings: Settings,
    folders: Folders,
    track_id: str,
    ended: Outcome[Any],
    job_id: str | None = None,
) -> AsyncIterator[tuple[DeckClient, PartDownloads]]:
    """A deck, not yet started, and the track's downloads, both closed at the end of the block.

    What goes wrong with a fetch fails `ended`, as the error that it is.
    """
    with suppress(OSError):  # the cache tells why it cannot be made
        private_folder(folders.cache)
    deck = DeckClient(environ=child_environment(settings))
    downloads = PartDownloads(
        track_id,
        provider,
        _Telling(ended.fail, settings.reach),
        Cache(folders.audio(demo=settings.demo)),
        deck.set_available,
        owner=settings.owner,
        changed=lambda: None,
        started_over=lambda: ended.fail(MediaError("the file changed at the storage.")),
        spawn=ended.spawn,
        job_id=job_id,
    )
    try:
        yield deck, downloads
    finally:
        await downloads.close()
        await deck.close()
