"""The connections to one origin, replaced when some may have leaked or gone dead."""

from __future__ import annotations

import logging
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import httpx

from takedeck import __version__
from takedeck.hosts import is_loopback

_TIMEOUT: Final = httpx.Timeout(7.0, connect=5.0, pool=5.0)
"""Seconds; a connection that has gone silent is given up soon enough to be well again in ten."""
_LIMITS: Final = httpx.Limits(max_connections=20, max_keepalive_connections=5)

# httpx writes whole URLs at INFO, httpcore what it does at DEBUG.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class Pool:
    """An httpx client that can be exchanged for a new one while requests are under way.

    It holds no key, keeps no cookie and follows no redirect.
    """

    def __init__(self, base: httpx.URL, backend: httpx.AsyncBaseTransport | None = None) -> None:
        self._base = base
        self._backend = backend
        self._tls = _tls(base)
        self._users: Counter[httpx.AsyncClient] = Counter()
        self._client = self._make()

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        """The client for one request; a retired one closes when its last request has ended."""
        client = self._client
        self._users[client] += 1
        try:
            yield client
        finally:
            self._users[client] -= 1
            await self._close_unused(client)

    async def retire(self) -> None:
        """Give new requests a new client, and let the old one's end as they may.

        A request that was cut off can have leaked its connection inside httpcore's pool, where
        twenty of them block every request to come.
        """
        old, self._client = self._client, self._make()
        await self._close_unused(old)

    async def renew(self) -> None:
        """Break off what is under way and begin with new connections."""
        self._client = self._make()
        for old in [client for client in self._users if client is not self._client]:
            await old.aclose()
            await self._close_unused(old)

    async def close(self) -> None:
        """Let go of every connection."""
        for client in {self._client, *self._users}:
            await client.aclose()

    async def _close_unused(self, client: httpx.AsyncClient) -> None:
        if client is not self._client and self._users[client] <= 0:
            del self._users[client]
            await client.aclose()

    def _make(self) -> httpx.AsyncClient:
        # A proxy from the environment must not see what is meant for this machine.
        return httpx.AsyncClient(
            base_url=self._base,
            verify=self._tls,
            timeout=_TIMEOUT,
            limits=_LIMITS,
            follow_redirects=False,
            trust_env=not is_loopback(self._base.host),
            transport=self._backend,
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=())),
            headers={
                "accept": "application/json",
                "accept-encoding": "gzip",
                "user-agent": f"takedeck/{__version__}",
            },
        )


def _tls(base: httpx.URL) -> ssl.SSLContext:
    # Reading the system's certificates takes tens of milliseconds that plain http can save.
    plain = base.scheme == "http"
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else httpx.create_ssl_context()
