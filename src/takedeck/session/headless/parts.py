"""A deck and one track's downloads for a command without a screen; the first error ends it."""

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


class _ReportingFetcher(Fetcher):
    """A fetcher that reports the cause of a failed download: the deck sees only an empty file."""

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
    """A deck that is not started yet, and the track's downloads; both are closed with the block.

    A failed download fails `ended` with its own error.
    """
    with suppress(OSError):  # the cache tells why it cannot be made
        private_folder(folders.cache)
    deck = DeckClient(environ=child_environment(settings))
    downloads = PartDownloads(
        track_id,
        provider,
        _ReportingFetcher(ended.fail, settings.reach),
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
