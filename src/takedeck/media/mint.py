"""Fresh URLs of one track: who has one, until when, one re-mint for all who wait."""

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


class Mint:
    """The one place that keeps a track's signed URLs, and only the latest of them.

    `ask` fetches the track anew (its errors pass through to all who wait), `now` is the server's
    time (UTC). `track` is what was just fetched, if anything was. `lifetimes` may be shared by
    several mints.
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
        self._fruitless: Counter[str] = Counter()
        self.count = 0

    @property
    def track(self) -> Track | None:
        """The track as fetched last, with its URLs; None before the first."""
        return self._track

    def fresh_for(self) -> float | None:
        """Seconds until the first of the track's URLs ends, not below 0; None where unknown."""
        if self._track is None:
            return None
        urls = [stem.url for stem in self._track.stems if stem.url is not None]
        urls += [self._track.master] if self._track.master else []
        left = [self._lifetimes.left(url, self._now()) for url in urls]
        return min((max(0.0, seconds) for seconds in left if seconds is not None), default=None)

    async def url(self, part: str, *, refused: SignedUrl | None = None) -> SignedUrl:
        """A URL for `master` or the stem of that name, minted anew when it is about to end.

        `refused` is the URL that the storage would not answer. Raises UrlRefused when two mints
        in a row have not brought this part a byte, MediaError when the track has no such part.
        """
        if refused is not None:
            self._lifetimes.learn(refused, self._now())
        current = None if self._track is None else _find(self._track, part)
        usable = current is not None and not self._lifetimes.ending(current, self._now())
        if current is not None and usable and current is not refused:
            return current
        if self._fruitless[part] >= MOST_MINTS:
            raise UrlRefused(
                f"{safe_line(part, 40)}: fresh URLs were minted {MOST_MINTS} times and refused."
            )
        again = self._track is not None
        track = await self._mint()
        self._fruitless[part] += again
        return _must_find(track, part)

    async def refresh(self) -> Track:
        """Mint anew because the user asks; every part may then try again."""
        self._fruitless.clear()
        return await self._mint()

    def progressed(self, part: str | None = None) -> None:
        """Bytes of a part (None: of every part) have arrived, so its URLs were good."""
        if part is None:
            self._fruitless.clear()
        else:
            self._fruitless.pop(part, None)

    async def _mint(self) -> Track:
        # The task is nobody's: one waiter that goes away must not take the others' URL along.
        if self._minting is None:
            self._minting = asyncio.create_task(self._ask_anew())
            self._minting.add_done_callback(self._minted)
        task = self._minting
        await asyncio.wait((task,))
        return task.result()

    async def _ask_anew(self) -> Track:
        track = await self._ask()
        self._track = track
        self.count += 1
        return track

    def _minted(self, task: asyncio.Task[Track]) -> None:
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
