"""Makes all HTTP clients: timeouts, proxies, certificates; no redirects, no cookies.

A cancelled request can leak its connection in httpcore's pool, and twenty leaked ones block all
further requests. So callers hold a client that can be replaced by a new one.
"""

from __future__ import annotations

import asyncio
import importlib.util
import ipaddress
import logging
import os
import re
import socket
import ssl
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any, Final

import httpcore
import httpx

from takedeck import __version__
from takedeck.errors import ConfigError, UrlRefused
from takedeck.hosts import Reach, is_loopback
from takedeck.text import SignedUrl

TIMEOUT: Final = httpx.Timeout(7.0, connect=5.0, pool=5.0)
"""Seconds; short enough to recover from a silent connection within ten seconds."""
LIMITS: Final = httpx.Limits(max_connections=20, max_keepalive_connections=5)

_JSON: Final = {"accept": "application/json", "accept-encoding": "gzip"}
_AUDIO: Final = {"accept": "audio/*, */*;q=0.1", "accept-encoding": "identity"}

TINY: Final = 64
"""Bytes, see `in_tiny_pieces`."""

_MOST_TINY: Final = 4096

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Resolves a host and port to IP addresses."""

_PROXIES: Final = ("http", "https", "socks5", "socks5h")
_PORTS: Final = {"http": 80, "https": 443}
_HASH_NAME: Final = re.compile(r"[0-9a-f]{8}\.\d+")
_NO_PROXY_ENTRY: Final = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?"
    r"(?:\[(?P<six>[0-9a-f:.]+)(?:%[\w.-]+)?\]|(?P<name>[^\s\[\]:/@\x00-\x20\x7f]+))"
    r"(?::(?P<port>\d+|\*))?/?",
    re.IGNORECASE,
)

# httpx logs whole URLs, with their signatures, at INFO, and httpcore logs at DEBUG.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


def port_fits(url: httpx.URL) -> bool:
    """Whether the URL's port is a valid one or absent.

    httpx accepts any number, and the socket then raises OverflowError.
    """
    return url.port is None or 0 < url.port < 65_536


def in_tiny_pieces(pieces: int, size: int) -> bool:
    """Whether a body of `size` bytes came in thousands of pieces under 64 bytes on average.

    Each piece costs as much as a large one: a body of one-byte chunks would block the event loop.
    """
    return pieces > _MOST_TINY and size < TINY * pieces


def client(
    url: httpx.URL,
    tls: ssl.SSLContext,
    headers: Mapping[str, str],
    *,
    base: httpx.URL | None = None,
    reach: Reach | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncClient:
    """A client for the URL's host, using the proxy that the environment names for it.

    It has no key, keeps no cookies and follows no redirects. With a `reach`, requests to hosts
    outside it raise `UrlRefused` without connecting. `transport` is for tests.
    Raises `ConfigError` if the environment names an unusable proxy.
    """
    return httpx.AsyncClient(
        base_url=base or "",
        transport=transport or _transport(url, tls, reach),
        timeout=TIMEOUT,
        follow_redirects=False,
        # The environment is read by this module, which can report what is wrong with it.
        trust_env=False,
        cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=())),
        headers={**headers, "user-agent": f"takedeck/{__version__}"},
    )


class RenewableClient:
    """The client for one API, which can be replaced while requests are under way.

    It has no key. Raises `ConfigError` if the environment's proxy or certificates are unusable.
    `transport` is for tests.
    """

    def __init__(self, base: httpx.URL, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._base = base
        self._transport = transport
        self._tls = tls_for(base.scheme)
        self._users: Counter[httpx.AsyncClient] = Counter()
        self._client = self._make()

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        """The current client, for one request; a retired one is closed after its last request."""
        client = self._client
        self._users[client] += 1
        try:
            yield client
        finally:
            self._users[client] -= 1
            await self._close_unused(client)

    async def retire(self) -> None:
        """Use a new client for new requests; those under way go on with the old one."""
        old, self._client = self._client, self._make()
        await self._close_unused(old)

    async def renew(self) -> None:
        """Abort requests under way, and use new connections."""
        self._client = self._make()
        for old in [client for client in self._users if client is not self._client]:
            await old.aclose()
            await self._close_unused(old)

    async def close(self) -> None:
        """Close all connections."""
        for client in {self._client, *self._users}:
            await client.aclose()

    async def _close_unused(self, client: httpx.AsyncClient) -> None:
        if client is not self._client and self._users[client] <= 0:
            del self._users[client]
            await client.aclose()

    def _make(self) -> httpx.AsyncClient:
        return client(self._base, self._tls, _JSON, base=self._base, transport=self._transport)


class DownloadClient:
    """The client of one download, without keys and cookies."""

    def __init__(self, tls: TlsContexts, reach: Reach) -> None:
        self._tls = tls
        self._reach = reach
        self._client: httpx.AsyncClient | None = None
        self._made_for: tuple[str, bytes] | None = None

    async def send(self, url: SignedUrl, headers: dict[str, str]) -> httpx.Response:
        """GET the URL; the caller reads the response as a stream and closes it.

        Raises httpx's errors, `UrlRefused` for a host outside the reach, and `ConfigError` for an
        unusable proxy or certificate file.
        """
        target = httpx.URL(url.reveal())
        client = await self._client_for(target)
        request = client.build_request("GET", target, headers=headers)
        return await client.send(request, stream=True)

    async def renew(self) -> None:
        """Close the connections; the next request opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            closing = asyncio.create_task(client.aclose())
            await asyncio.wait((closing,))

    async def _client_for(self, url: httpx.URL) -> httpx.AsyncClient:
        if self._client is None or self._made_for != (url.scheme, url.netloc):
            await self.renew()
            tls = await self._tls.context(url.scheme)
            self._client = client(url, tls, _AUDIO, reach=self._reach)
            self._made_for = (url.scheme, url.netloc)
        return self._client


class TlsContexts:
    """TLS contexts shared by all downloads, because loading certificates takes tens of ms."""

    def __init__(self) -> None:
        self._known: dict[str, ssl.SSLContext] = {}

    async def context(self, scheme: str) -> ssl.SSLContext:
        """The context for `http` or `https`, made in a thread. Raises `ConfigError`."""
        if scheme not in self._known:
            self._known[scheme] = await asyncio.to_thread(tls_for, scheme)
        return self._known[scheme]


def _transport(
    url: httpx.URL, tls: ssl.SSLContext, reach: Reach | None
) -> httpx.AsyncHTTPTransport:
    proxy = proxy_for(url, tls)
    if reach is None or reach.everywhere or proxy is not None:
        # A proxy resolves names itself, so the address cannot be checked here: that is up to
        # whoever runs the proxy. Local addresses in the URL itself were refused before.
        return httpx.AsyncHTTPTransport(verify=tls, limits=LIMITS, proxy=proxy, trust_env=False)
    return _CheckedTransport(tls, Reaching(reach))


class _CheckedTransport(httpx.AsyncHTTPTransport):
    """A transport that opens its connections with the given backend."""

    def __init__(self, tls: ssl.SSLContext, backend: httpcore.AsyncNetworkBackend) -> None:
        super().__init__(verify=tls, limits=LIMITS, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=LIMITS.max_connections,
            max_keepalive_connections=LIMITS.max_keepalive_connections,
            network_backend=backend,
        )


class Reaching(httpcore.AsyncNetworkBackend):
    """Connects only to hosts within reach; resolves each name once and connects to that address.

    If the name were resolved again for the connection, it could have another address by then (DNS
    rebinding). TLS and the Host header still use the name. `resolve` and `inner` are for tests.
    """

    def __init__(
        self,
        reach: Reach,
        *,
        resolve: Resolve | None = None,
        inner: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._reach = reach
        self._resolve = resolve or _resolve
        self._inner = inner or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first of the host's addresses that answers; `timeout` is in seconds.

        Raises `UrlRefused` if all are local and out of reach, else httpcore's errors.
        """
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._resolve(host, port)
        except TimeoutError:
            raise httpcore.ConnectTimeout from None
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from None
        if not self._reach.allows(host):
            addresses = self._reach.fit(addresses)
            if not addresses:
                raise UrlRefused(
                    "the storage's host is in a local network, where the API is not.",
                    next_step="If it is yours, add it to “storage_hosts” in the config.",
                )
        share = None if timeout is None else timeout / len(addresses)
        for number, address in enumerate(addresses, 1):
            try:
                return await self._inner.connect_tcp(
                    address, port, share, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number == len(addresses):
                    raise
        raise httpcore.ConnectError("the host has no address")


async def _resolve(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


# --- certificates


def tls_for(scheme: str) -> ssl.SSLContext:
    """A context that verifies certificates; an empty one for plain http.

    Blocks for tens of milliseconds. Raises `ConfigError` if `SSL_CERT_FILE` or `SSL_CERT_DIR` holds
    no certificates.
    """
    if scheme == "http":
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if named := os.environ.get("SSL_CERT_FILE"):
        return _from_file(named)
    if named := os.environ.get("SSL_CERT_DIR"):
        if not any(_has_certificates(Path(folder)) for folder in named.split(os.pathsep)):
            raise _no_certificates("SSL_CERT_DIR", "is no folder with certificates named by hashes")
        return ssl.create_default_context(capath=named)
    return httpx.create_ssl_context(trust_env=False)


def _from_file(named: str) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=named)
    except ssl.SSLError:
        raise _no_certificates("SSL_CERT_FILE", "names a file without certificates") from None
    except (OSError, ValueError) as fault:
        why = (isinstance(fault, OSError) and fault.strerror) or "it is no path"
        what = f"names a file that cannot be read: {why}"
        raise _no_certificates("SSL_CERT_FILE", what) from None
    if not context.cert_store_stats()["x509"]:
        raise _no_certificates("SSL_CERT_FILE", "names a file without certificates")
    return context


def _has_certificates(folder: Path) -> bool:
    try:
        return any(_HASH_NAME.fullmatch(path.name) for path in folder.iterdir())
    except (OSError, ValueError):
        return False


def _no_certificates(variable: str, what: str) -> ConfigError:
    return ConfigError(
        f"the variable {variable} {what}.",
        next_step="Correct it, or unset it to use the certificates that came with takedeck.",
    )


# --- proxies


def proxy_for(url: httpx.URL, tls: ssl.SSLContext | None = None) -> httpx.Proxy | None:
    """The proxy that the environment or the system sets for the URL's host, or None.

    There is none for this machine. Raises `ConfigError` if the proxy is unusable or `NO_PROXY` is
    invalid; the message does not quote their values.
    """
    if is_loopback(url.host):
        return None
    known = urllib.request.getproxies()
    excepted = _in_no_proxy(url)
    for kind in (url.scheme, "all"):
        if named := known.get(kind, "").strip():
            return None if excepted or _bypassed(url, kind) else _proxy(named, kind, tls)
    return None


def _bypassed(url: httpx.URL, kind: str) -> bool:
    """Whether the system's settings exempt the host; `NO_PROXY` is handled by `_in_no_proxy`."""
    return _variable(kind) is None and bool(urllib.request.proxy_bypass(url.host))


def _proxy(named: str, kind: str, tls: ssl.SSLContext | None) -> httpx.Proxy:
    variable = _variable(kind) or "the system's settings"
    try:
        url = httpx.URL(named if "://" in named else f"http://{named}")
        usable = url.scheme in _PROXIES and url.host and "%" not in url.host and port_fits(url)
    except (httpx.InvalidURL, UnicodeError):
        usable = False
    if not usable:
        raise ConfigError(
            f"{variable} names no proxy that can be used.",
            next_step="Set it to a URL with http://, https:// or socks5://, or unset it.",
        )
    if url.scheme.startswith("socks"):
        _need_socks(variable)
        return httpx.Proxy(url)
    return httpx.Proxy(url, ssl_context=tls if url.scheme == "https" else None)


def _need_socks(variable: str) -> None:
    if importlib.util.find_spec("socksio") is None:
        raise ConfigError(
            f"{variable} names a SOCKS proxy, for which a package is missing.",
            next_step="Run pip install 'takedeck[socks]', or set it to an http:// proxy.",
        )


def _variable(kind: str) -> str | None:
    """The variable that sets the proxy for `kind`; lower case takes precedence, as elsewhere."""
    names = (f"{kind}_proxy", f"{kind}_proxy".upper())
    return next((name for name in names if os.environ.get(name)), None)


def _in_no_proxy(url: httpx.URL) -> bool:
    """Whether `NO_PROXY` names the host: by name, domain, address, network, or `*` for all.

    Raises `ConfigError` for an invalid entry: ignoring it could send a request through a proxy that
    was not meant to.
    """
    variable = _variable("no")
    entries = re.split(r"[,\s]+", os.environ[variable].strip()) if variable else []
    found = False
    for entry in filter(None, entries):
        matched = _matches(entry, url)
        if matched is None:
            raise ConfigError(
                f"{variable} holds an entry that is neither a host nor a network.",
                next_step="Set it to a list like localhost,.example.com,10.0.0.0/8.",
            )
        found = found or matched
    return found


def _matches(entry: str, url: httpx.URL) -> bool | None:
    """Whether the entry matches the URL's host; None if the entry is invalid."""
    if entry == "*":
        return True
    bare = entry[1:-1] if entry[0] == "[" and entry[-1] == "]" else entry
    try:
        network = ipaddress.ip_network(bare, strict=False)
    except ValueError:
        pass
    else:
        return _inside(url.host, network)
    if (parts := _NO_PROXY_ENTRY.fullmatch(entry)) is None:
        return None
    name = (parts["six"] or parts["name"]).lower().removeprefix("*").strip(".")
    try:
        host = httpx.URL(f"//{f'[{name}]' if parts['six'] else name or 'x'}").raw_host.decode()
    except (httpx.InvalidURL, UnicodeError):
        return None
    if parts["scheme"] and parts["scheme"].lower() not in ("all", url.scheme):
        return False
    if parts["port"] not in (None, "*", str(url.port or _PORTS.get(url.scheme))):
        return False
    asked = url.raw_host.decode().rstrip(".").lower()
    return asked == host or asked.endswith(f".{host}")


def _inside(host: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")) in network
    except ValueError:
        return False
