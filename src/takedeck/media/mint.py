"""The signed URLs of one track: fetched again when they expire, once for all who wait."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from takedeck.errors import MediaError, UrlRefused
from takedeck.media.lifetimes import Lifetimes
from takedeck.model import MASTER, Track
from takedeck.text import SignedUrl, safe_line

MOST_MINTS: Final = 2
"""Fresh URLs for a part that may be refused in a row before it fails."""


class Mint:
    """The only place that keeps a track's signed URLs; it keeps the latest ones.

    `ask` fetches the track with fresh URLs (its errors are raised to all who wait), `now` returns
    the server's time (UTC). `track` may be one that was just fetched. `lifetimes` may be shared by
    several mints. `count` counts the successful fetches.
    """

    def __init__(
        self,
        ask: Callable[[], Awaitable[Track]],
        now: Callable[[], datetime],
        *,
        track: Track | None = None,
        lifetimes: Lifetimes | None = None,
    ) -> None:
        self._ask = ask
        self._now = now
        self._track = track
        self._lifetimes = lifetimes or Lifetimes()
        self._minting: asyncio.Task[Track] | None = None
        self._failed_mints: Counter[str] = Counter()
        self.count = 0

    @property
    def track(self) -> Track | None:
        """The track as last fetched, with its URLs; None before the first fetch."""
        return self._track

    def fresh_for(self) -> float | None:
        """Seconds until the first of the track's URLs expires, at least 0; None if unknown."""
        if self._track is None:
            return None
        urls = [stem.url for stem in self._track.stems if stem.url is not None]
        urls += [self._track.master] if self._track.master else []
        left = [self._lifetimes.left(url, self._now()) for url in urls]
        return min((max(0.0, seconds) for seconds in left if seconds is not None), default=None)

    async def url(self, part: str, *, refused: SignedUrl | None = None) -> SignedUrl:
        """A URL for `master` or the stem of that name; a fresh one if it is about to expire.

        `refused` is a URL that the storage has refused, so that it is not returned again. Raises
        `UrlRefused` if two fresh URLs in a row have not brought this part a byte, `MediaError` if
        the track has no such part, and what `ask` raises.
        """
        if refused is not None:
            self._lifetimes.learn(refused, self._now())
        current = None if self._track is None else _find(self._track, part)
        usable = current is not None and not self._lifetimes.ending(current, self._now())
        if current is not None and usable and current is not refused:
            return current
        if self._failed_mints[part] >= MOST_MINTS:
            raise UrlRefused(
                f"{safe_line(part, 40)}: its link was renewed {MOST_MINTS} times, in vain."
            )
        again = self._track is not None
        track = await self._mint()
        self._failed_mints[part] += again
        return _must_find(track, part)

    async def refresh(self) -> Track:
        """Fetch fresh URLs because the user asks; every part may then be tried again.

        Raises what `ask` raises.
        """
        self._failed_mints.clear()
        return await self._mint()

    def progressed(self, part: str | None = None) -> None:
        """Bytes of a part (None: of all parts) have arrived, so its URL was accepted."""
        if part is None:
            self._failed_mints.clear()
        else:
            self._failed_mints.pop(part, None)

    async def _mint(self) -> Track:
        # A task of its own: if one waiter is cancelled, the others must still get their URL.
        if self._minting is None:
            self._minting = asyncio.create_task(self._fetch_track())
            self._minting.add_done_callback(self._mint_done)
        task = self._minting
        await asyncio.wait((task,))
        return task.result()

    async def _fetch_track(self) -> Track:
        track = await self._ask()
        self._track = track
        self.count += 1
        return track

    def _mint_done(self, task: asyncio.Task[Track]) -> None:
        self._minting = None
        if not task.cancelled():
            task.exception()


def _find(track: Track, part: str) -> SignedUrl | None:
    if part == MASTER:
        return track.master
    return next((stem.url for stem in track.stems if stem.name == part), None)


def _must_find(track: Track, part: str) -> SignedUrl:
    if (url := _find(track, part)) is None:
        raise MediaError(
            f"The track has no audio for {safe_line(part, 40)}.",
            next_step=track.trouble or "It may still be in the making; press r to ask again.",
        )
    return url
