"""Downloads parts: playable while they grow, resumed, and continued after their URL expires."""

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
"""Bytes of one part at most."""

_LOG: Final = logging.getLogger(__name__)
_URL_REFUSED: Final = (401, 403, 404, 410)
_RETRIED: Final = (408, 425, 429)
_LONGEST_PAUSE: Final = 3.0
_PROGRESS_BYTES: Final = 16_384
"""A request that brought this many bytes resets the backoff: the next follows at once."""
_SILENCE_SECONDS: Final = 12.0
"""Seconds without a byte of the body. Needed beside httpx's read timeout, which slowly dripping
headers or chunk sizes never trigger."""
_EVERYWHERE: Final = Reach(everywhere=True)


class Fetcher:
    """Downloads parts from the storage, without the API key and without following redirects.

    `largest` is in bytes. It gives up on less than `floor` bytes/s over `window` seconds, and drops
    a request after `silence` seconds without a byte of the body. `reach` is where it may connect
    to.
    """

    def __init__(
        self,
        *,
        largest: int = LARGEST,
        window: float = WINDOW,
        floor: float = FLOOR,
        silence: float = _SILENCE_SECONDS,
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
        """Download the part (`master` or a stem's name) into `target`, and verify it.

        After each write, `on_progress` is called with the bytes written and the total size (None
        while unknown). `on_restart` is called when the file was emptied to start over. `throttle`
        is awaited with the bytes so far before more are read: it may hold the download back.

        Retries until the part is complete. Raises `UrlRefused` if fresh URLs are refused too or
        must not be fetched, `DiskFull`, `MediaError` (too slow, too large, not audio, no such
        part), and what the mint's `ask` raises other than `NetworkError`, `ServerFault` and
        `RateLimited`. The caller finishes or abandons `target`. Cancelling closes the connections.
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
            await _download_all(client, this, mint, self._silence)
        finally:
            await client.renew()
        await asyncio.to_thread(this.check_digest)
        _LOG.debug("%s: whole, %d bytes", this.label, this.target.size)
        return this.fetched()


async def _download_all(client: DownloadClient, this: Transfer, mint: Mint, silence: float) -> None:
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
        if this.target.size - before >= _PROGRESS_BYTES:
            faults = 0
        elif url is None or not (this.whole or refused):
            if this.target.size <= before:
                this.pace.got(0)
            await _pause(faults)
            faults += 1


async def _request(
    client: DownloadClient, this: Transfer, mint: Mint, url: SignedUrl, silence: float
) -> bool:
    """Make one request and write its body; returns whether the storage refused the URL."""
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
        fault = errors.UrlRefused(f"{this.label}: its link is not one to follow.")
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
    if status in _URL_REFUSED:
        return True
    if status in (200, 206) and this.accept(response.status_code, response.headers):
        async for chunk in response.aiter_raw():
            patience.reschedule(None)  # time spent in the throttle does not count
            if await this.take(chunk):
                mint.progressed(this.part)
            patience.reschedule(asyncio.get_running_loop().time() + silence)
        this.ended("transfer-encoding" in response.headers)
    elif status == 416:
        this.nothing_there(response.headers)
    elif status not in (200, 206) and status < 500 and status not in _RETRIED:
        redirect = " a redirect, which is not followed," if 300 <= status < 400 else ""
        raise errors.UrlRefused(f"{this.label}: the storage answered{redirect} status {status}.")
    return False


async def _pause(faults: int) -> None:
    longest = min(_LONGEST_PAUSE, 0.25 * 2 ** min(faults, 8))
    await asyncio.sleep(random.uniform(0, longest))
