"""Downloads that can be played while they grow, resume, and survive the end of their URL."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from typing import Final

import httpx

from takedeck import errors
from takedeck.hosts import Reach
from takedeck.http import DownloadClient, TlsContexts
from takedeck.media.mint import Mint
from takedeck.media.pace import FLOOR, WINDOW, Pace
from takedeck.media.partial_file import PartialFile
from takedeck.media.transfer import Fetched, OnProgress, Throttle, Transfer
from takedeck.text import SignedUrl

LARGEST: Final = 1024**3
_LOG: Final = logging.getLogger(__name__)
_REFUSED: Final = (401, 403, 404, 410)
_MAY_PASS: Final = (408, 425, 429)
_LONGEST_PAUSE: Final = 3.0
_WORTH_IT: Final = 16_384
"""Bytes that a request must bring for the next one to follow it at once."""
_SILENCE: Final = 12.0
"""Seconds without a byte of the body. A head, or a chunk's size, can drip for ever unseen."""
_EVERYWHERE: Final = Reach(everywhere=True)


class Fetcher:
    """Fetches parts from the storage. It knows no key and follows no redirect.

    `largest` is in bytes; `window` (s) and `floor` (bytes/s) are the pace below which it gives
    up; a request is dropped after `silence` seconds without a byte of the body. `reach` is where
    it may connect to.
    """

    def __init__(
        self,
        *,
        largest: int = LARGEST,
        window: float = WINDOW,
        floor: float = FLOOR,
        silence: float = _SILENCE,
        reach: Reach = _EVERYWHERE,
    ) -> None:
        self._largest = largest
        self._window = window
        self._floor = floor
        self._silence = silence
        self._tls = TlsContexts()
        self._reach = reach

    async def download(
        self,
        part: str,
        mint: Mint,
        target: PartialFile,
        *,
        on_progress: OnProgress | None = None,
        on_restart: Callable[[], None] | None = None,
        throttle: Throttle | None = None,
    ) -> Fetched:
        """Fill `target` with the part, from its beginning to its checked end.

        `on_progress` gets the bytes that can be read and the size of the whole (None while
        unknown) after each write; `on_restart` is called when what was written no longer holds.
        `throttle` gets the bytes so far before more are read, and may take its time.

        Raises UrlRefused, DiskFull, MediaError, and what the mint's `ask` raises that waiting
        will not mend. The caller finishes or abandons `target`. Cancelling it closes its
        connections.
        """
        this = Transfer(
            part=part,
            target=target,
            largest=self._largest,
            pace=Pace(window=self._window, floor=self._floor),
            on_progress=on_progress,
            on_restart=on_restart,
            throttle=throttle,
        )
        client = DownloadClient(self._tls, self._reach)
        try:
            await _until_whole(client, this, mint, self._silence)
        finally:
            await client.renew()
        await asyncio.to_thread(this.check_digest)
        _LOG.debug("%s: whole, %d bytes", this.label, this.target.size)
        return this.fetched()


async def _until_whole(client: DownloadClient, this: Transfer, mint: Mint, silence: float) -> None:
    refused: SignedUrl | None = None
    faults = 0
    while not this.whole:
        url: SignedUrl | None
        before = this.target.size
        try:
            url = await mint.url(this.part, refused=refused)
        except (errors.NetworkError, errors.ServerFault):
            url = None
        except errors.RateLimited as limit:
            await this.idle(limit.retry_after or 1.0)
            continue
        if url is not None:
            refused = url if await _request(client, this, mint, url, silence) else None
        if this.target.size - before >= _WORTH_IT:
            faults = 0
        elif url is None or not (this.whole or refused):
            if this.target.size <= before:
                this.pace.got(0)
            await _pause(faults)
            faults += 1


async def _request(
    client: DownloadClient, this: Transfer, mint: Mint, url: SignedUrl, silence: float
) -> bool:
    """One request, and what it brings, into the transfer. Whether the URL was refused."""
    fault: errors.MediaError | None = None
    try:
        async with asyncio.timeout(silence) as patience:
            response = await client.send(url, this.wanted())
            _LOG.debug("%s: the storage answered %d", this.label, response.status_code)
            try:
                return await _answer(this, mint, response, patience, silence)
            finally:
                await response.aclose()
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError):
        fault = errors.UrlRefused(f"{this.label}: its URL is not one to follow.")
    except (TimeoutError, httpx.PoolTimeout, httpx.LocalProtocolError) as error:
        _LOG.debug("%s: %s after %d bytes", this.label, type(error).__name__, this.target.size)
        await client.renew()
    except (httpx.HTTPError, httpx.StreamError) as error:
        _LOG.debug("%s: %s after %d bytes", this.label, type(error).__name__, this.target.size)
    if fault is not None:
        raise fault
    return False


async def _answer(
    this: Transfer, mint: Mint, response: httpx.Response, patience: asyncio.Timeout, silence: float
) -> bool:
    status = response.status_code
    if status in _REFUSED:
        return True
    if status in (200, 206) and this.accept(response.status_code, response.headers):
        async for chunk in response.aiter_raw():
            patience.reschedule(None)  # the throttle's time is not the storage's
            if await this.take(chunk):
                mint.progressed(this.part)
            patience.reschedule(asyncio.get_running_loop().time() + silence)
        this.ended("transfer-encoding" in response.headers)
    elif status == 416:
        this.nothing_there(response.headers)
    elif status not in (200, 206) and status < 500 and status not in _MAY_PASS:
        redirect = " a redirect, which is not followed," if 300 <= status < 400 else ""
        raise errors.UrlRefused(f"{this.label}: the storage answered{redirect} status {status}.")
    return False


async def _pause(faults: int) -> None:
    longest = min(_LONGEST_PAUSE, 0.25 * 2 ** min(faults, 8))
    await asyncio.sleep(random.uniform(0, longest))
