"""One download's own connections: bare of keys and cookies, and gone when it ends."""

from __future__ import annotations

import asyncio
import ssl
from typing import Final

import httpx

from takedeck import http
from takedeck.hosts import Reach
from takedeck.text import SignedUrl

_HEADERS: Final = {"accept": "audio/*, */*;q=0.1", "accept-encoding": "identity"}


class Tls:
    """The TLS contexts that all lines share: reading the certificates takes tens of ms."""

    def __init__(self) -> None:
        self._known: dict[str, ssl.SSLContext] = {}

    async def context(self, scheme: str) -> ssl.SSLContext:
        """The context of that scheme, made in a thread. Raises ConfigError."""
        if scheme not in self._known:
            self._known[scheme] = await asyncio.to_thread(http.tls_for, scheme)
        return self._known[scheme]


class Line:
    """The connections of one download.

    A request that is cut off can leak its connection in httpcore's pool; here the pool ends with
    the download, and takes whatever was left along.
    """

    def __init__(self, tls: Tls, reach: Reach) -> None:
        self._tls = tls
        self._reach = reach
        self._client: httpx.AsyncClient | None = None
        self._made_for: tuple[str, bytes] | None = None

    async def send(self, url: SignedUrl, headers: dict[str, str]) -> httpx.Response:
        """Ask for the URL; the response is a stream that the caller closes."""
        target = httpx.URL(url.reveal())
        client = await self._client_for(target)
        request = client.build_request("GET", target, headers=headers)
        return await client.send(request, stream=True)

    async def renew(self) -> None:
        """Drop the connections; the next request makes new ones."""
        client, self._client = self._client, None
        if client is not None:
            closing = asyncio.create_task(client.aclose())
            await asyncio.wait((closing,))

    async def _client_for(self, url: httpx.URL) -> httpx.AsyncClient:
        if self._client is None or self._made_for != (url.scheme, url.netloc):
            await self.renew()
            tls = await self._tls.context(url.scheme)
            self._client = http.client(url, tls, _HEADERS, reach=self._reach)
            self._made_for = (url.scheme, url.netloc)
        return self._client
