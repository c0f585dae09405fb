"""One download's own connections: bare of keys and cookies, and gone when it ends."""

from __future__ import annotations

import asyncio
import logging
import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import httpx

from takedeck import __version__
from takedeck.hosts import is_loopback
from takedeck.text import SignedUrl

_TIMEOUT: Final = httpx.Timeout(7.0, connect=5.0, pool=5.0)
"""Seconds; a connection that has gone silent is given up soon enough to be well again in ten."""

# httpx writes whole URLs, signatures and all, at INFO.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class Tls:
    """The TLS contexts that all lines share: reading the certificates takes tens of ms."""

    def __init__(self) -> None:
        self._none = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._full: ssl.SSLContext | None = None

    async def context(self, scheme: str) -> ssl.SSLContext:
        """A context that verifies, read in a thread; an empty one where none is needed."""
        if scheme == "http":
            return self._none
        if self._full is None:
            self._full = await asyncio.to_thread(httpx.create_ssl_context)
        return self._full


class Line:
    """The connections of one download.

    A request that is cut off can leak its connection in httpcore's pool; here the pool ends with
    the download, and takes whatever was left along.
    """

    def __init__(self, tls: Tls) -> None:
        self._tls = tls
        self._client: httpx.AsyncClient | None = None
        self._made_for: tuple[str, bool] | None = None

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
        # A proxy from the environment must not see what is meant for this machine.
        kind = (url.scheme, is_loopback(url.host))
        if self._client is None or kind != self._made_for:
            await self.renew()
            self._client = await self._made(*kind)
            self._made_for = kind
        return self._client

    async def _made(self, scheme: str, loopback: bool) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            verify=await self._tls.context(scheme),
            timeout=_TIMEOUT,
            follow_redirects=False,
            trust_env=not loopback,
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=())),
            headers={
                "accept": "audio/*, */*;q=0.1",
                "accept-encoding": "identity",
                "user-agent": f"takedeck/{__version__}",
            },
        )
