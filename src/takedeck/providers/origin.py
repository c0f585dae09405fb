"""Which base URLs, keys and media URLs are fit to use."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from takedeck.errors import ConfigError
from takedeck.hosts import Reach, is_loopback, may_be_here, may_be_local
from takedeck.text import Secret, redact_url, safe_line

_LONGEST_URL = 8_192


@dataclass(frozen=True, slots=True)
class Credential:
    """The header a key travels in: `scheme` stands before the key, as in `Bearer …`."""

    header: str
    key: Secret
    scheme: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", checked_key(self.key))

    def value(self) -> str:
        """The header's value, for the request it goes along with."""
        key = self.key.reveal()
        return f"{self.scheme} {key}" if self.scheme else key


def checked_key(key: Secret) -> Secret:
    """The key without white space around it; ConfigError when it cannot be one."""
    bare = key.reveal().strip()
    if not bare:
        raise ConfigError("The API key is empty.", next_step="Set it and start again.")
    if not all("!" <= char <= "~" for char in bare):
        raise ConfigError(
            "The API key holds a space, a line break or a character that is not plain ASCII.",
            next_step="Copy the key again, by itself.",
        )
    return Secret(bare)


def checked_base(base_url: str) -> httpx.URL:
    """The API's base URL; ConfigError unless it is https, or http to this machine."""
    shown = redact_url(base_url)
    url = _parsed(base_url.strip()) or httpx.URL()
    whole = url.scheme in ("http", "https") and url.host and _port_fits(url)
    if not whole or url.query or url.fragment:
        raise ConfigError(f"{shown} is no base URL.", next_step="Give one like https://host.")
    if url.userinfo:
        raise ConfigError(f"{shown} holds a user or password.", next_step="Leave them out.")
    if url.scheme == "http" and not is_loopback(url.host):
        raise ConfigError(
            f"{shown} would carry the API key unencrypted.",
            next_step="Use https://; plain http:// is for this machine only.",
        )
    return url


def refused_media_url(value: object, reach: Reach) -> str | None:
    """Why a media URL is not one to follow; None when it is.

    It must be https without a user in it, and lead to the public internet or to a host that is
    allowed: what listens on this machine and its network is none of a distant API's business. What
    a name leads to shows when it is connected to. When the API itself is here, http to here is fit.
    """
    if not isinstance(value, str) or not value or len(value) > _LONGEST_URL:
        return "not a URL"
    url = _parsed(value)
    if url is None or not url.host or not _port_fits(url) or not value.isprintable():
        return "not a URL"
    if url.userinfo:
        return "its URL names a user"
    host = url.raw_host.decode("ascii")
    if may_be_local(host) and not reach.allows(host):
        if may_be_here(host):
            return "its URL leads to this machine, where the API is not"
        return "its URL leads into a local network, which “storage_hosts” in the config can allow"
    here = reach.everywhere and is_loopback(url.host)
    if url.scheme == "https" or (url.scheme == "http" and here):
        return None
    return f"its URL is {safe_line(url.scheme, 12) or 'without a scheme'}, not https"


def _parsed(text: str) -> httpx.URL | None:
    try:
        url = httpx.URL(text)
        # A host such as `xn--a` is let in, and raises as soon as it is looked at.
        return url if url.host is not None else None
    except (httpx.InvalidURL, UnicodeError):
        return None


def _port_fits(url: httpx.URL) -> bool:
    # httpx lets any number through, and the socket then raises OverflowError.
    return url.port is None or 0 < url.port < 65_536
