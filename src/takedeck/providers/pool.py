"""The connections to one origin, replaced when some may have leaked or gone dead."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import httpx

from takedeck import http

_HEADERS: Final = {"accept": "application/json", "accept-encoding": "gzip"}


class Pool:
    """An httpx client that can be exchanged for a new one while requests are under way.

    It holds no key. Raises ConfigError where the environment's proxy or certificates are of no use.
    """

    def __init__(self, base: httpx.URL, backend: httpx.AsyncBaseTransport | None = None) -> None:
        self._base = base
        self._backend = backend
        self._tls = http.tls_for(base.scheme)
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
        return http.client(
            self._base, self._tls, _HEADERS, base=self._base, transport=self._backend
        )
