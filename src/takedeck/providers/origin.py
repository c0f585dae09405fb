"""Checks of base URLs, API keys and media URLs before they are used."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from takedeck.errors import ConfigError
from takedeck.hosts import Reach, keeps_secrets, may_be_here, may_be_local
from takedeck.http import port_fits
from takedeck.text import Secret, redact_url, safe_line

_LONGEST_URL = 8_192


@dataclass(frozen=True, slots=True)
class Credential:
    """An API key and its header; `scheme` precedes the key, as in `Bearer …`.

    Raises `ConfigError` if the key is empty or not one word of printable ASCII.
    """

    header: str
    key: Secret
    scheme: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", checked_key(self.key))

    def value(self) -> str:
        """The header's value, with the key in plain text."""
        key = self.key.reveal()
        return f"{self.scheme} {key}" if self.scheme else key


def checked_key(key: Secret) -> Secret:
    """The key, stripped. Raises `ConfigError` if it is empty or not one word of printable ASCII."""
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
    """Parse the API's base URL.

    Raises `ConfigError` unless it is https, or http to this machine, and if it has a user, a query
    or a fragment.
    """
    shown = redact_url(base_url)
    url = _parsed(base_url.strip()) or httpx.URL()
    whole = url.scheme in ("http", "https") and url.host and port_fits(url)
    if not whole or url.query or url.fragment:
        raise ConfigError(f"{shown} is no base URL.", next_step="Give one like https://host.")
    if url.userinfo:
        raise ConfigError(f"{shown} holds a user or password.", next_step="Leave them out.")
    if not keeps_secrets(url.scheme, url.host):
        raise ConfigError(
            f"{shown} would carry the API key unencrypted.",
            next_step="Use https://; plain http:// is for this machine only.",
        )
    return url


def refused_media_url(value: object, reach: Reach) -> str | None:
    """Why a media URL must not be fetched; None if it may be.

    It must be https, without a user, and its host on the public internet or within `reach`: a
    remote API must not make us call this machine or its local network. Here only addresses in the
    URL are checked; a host name is checked when it is resolved, see `http.Reaching`. If the API
    itself is on this machine, http to this machine is allowed too.
    """
    if not isinstance(value, str) or not value or len(value) > _LONGEST_URL:
        return "not a link"
    url = _parsed(value)
    if url is None or not url.host or not port_fits(url) or not value.isprintable():
        return "not a link"
    if url.userinfo:
        return "its link names a user"
    host = url.raw_host.decode("ascii")
    if may_be_local(host) and not reach.allows(host):
        if may_be_here(host):
            return "its link leads to this machine, where the API is not"
        return "its link leads into a local network, which “storage_hosts” in the config can allow"
    if url.scheme == "https" or (reach.everywhere and keeps_secrets(url.scheme, url.host)):
        return None
    return f"its link is {safe_line(url.scheme, 12) or 'without a scheme'}, not https"


def _parsed(text: str) -> httpx.URL | None:
    try:
        url = httpx.URL(text)
        # httpx accepts a host such as `xn--a`, but raises as soon as `host` is read.
        return url if url.host is not None else None
    except (httpx.InvalidURL, UnicodeError):
        return None
