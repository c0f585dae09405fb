"""Tells this machine, local networks and the public internet apart, and what may be reached."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import Final, Self

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAME: Final = re.compile(r"(?:\*\.)?[^\s\[\]:/@%*?#\x00-\x20\x7f]+")
_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
_TUNNELS: Final = (ipaddress.IPv6Network("2002::/16"), ipaddress.IPv6Network("2001::/32"))
"""6to4 and Teredo: the other end of such a tunnel may be anywhere."""
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, without resolving a name."""
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def keeps_secrets(scheme: str, host: str) -> bool:
    """Whether nobody on the way reads what is sent: https, or http that stays on this machine."""
    return scheme == "https" or (scheme == "http" and is_loopback(host))


def may_be_here(host: str) -> bool:
    """Whether a connection to the host may end at this machine.

    Broader than `is_loopback`, so only for refusing: it includes spellings that resolvers accept
    for 127.0.0.1 (`127.1`, `0x7f.1`, `2130706433`), the unspecified address, which connects to this
    machine on Linux, IPv4 inside IPv6, and names below `localhost` (RFC 6761, 6.3).
    """
    bare = _bare(host)
    if bare == "localhost" or bare.endswith(".localhost"):
        return True
    address = _address(bare)
    inner = _inner(address) or address
    return inner is not None and (inner.is_loopback or inner.is_unspecified)


def may_be_local(host: str) -> bool:
    """Whether the host is a literal address that is not public, or may be this machine."""
    address = _address(_bare(host))
    return may_be_here(host) or (address is not None and not is_global(address))


def is_global(address: _Address) -> bool:
    """Whether the address is a unicast one on the public internet, and not in a tunnel.

    For IPv4 inside IPv6 (mapped, NAT64), the inner address decides.
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None or address in _NAT64:
            inner = _inner(address)
            return inner is not None and is_global(inner)
        if address not in _GLOBAL_UNICAST or any(address in tunnel for tunnel in _TUNNELS):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def is_host(text: str) -> bool:
    """Whether the text is a host name, an address, or `*.` and a domain."""
    return _NAME.fullmatch(text) is not None or _address(text.strip("[]")) is not None


@dataclass(frozen=True, slots=True)
class Reach:
    """Where audio may be fetched from: the public internet, and `allowed` hosts.

    `everywhere` is for an API on this machine, whose storage may be anywhere. An allowed host is a
    name, an address, or `*.` and a domain for all names below it.
    """

    everywhere: bool = False
    allowed: tuple[str, ...] = ()

    @classmethod
    def of(cls, host: str, allowed: tuple[str, ...] = ()) -> Self:
        """The reach of an API at `host`; if that is a local address, storage there is allowed."""
        own = (host,) if may_be_local(host) else ()
        return cls(everywhere=is_loopback(host), allowed=(*allowed, *own))

    def allows(self, host: str) -> bool:
        """Whether the host may be reached whatever its address is."""
        bare = _bare(host)
        return self.everywhere or any(_is_named(bare, each) for each in self.allowed)

    def fit(self, addresses: list[str]) -> list[str]:
        """The addresses that are on the public internet."""
        known = ((each, _address(_bare(each))) for each in addresses)
        return [each for each, address in known if address is not None and is_global(address)]


def _is_named(bare: str, allowed: str) -> bool:
    if allowed.startswith("*."):
        return bare.endswith(f".{_bare(allowed[2:])}")
    wanted = _bare(allowed)
    address = _address(wanted)
    return bare == wanted or (address is not None and _address(bare) == address)


def _bare(host: str) -> str:
    """The host in lower case and IDNA, without brackets, zone and trailing dot."""
    bare = host.strip("[]").partition("%")[0].rstrip(".").lower()
    if bare.isascii():
        return bare
    try:
        return bare.encode("idna").decode("ascii")
    except UnicodeError:
        return bare


def _inner(address: _Address | None) -> ipaddress.IPv4Address | None:
    """The IPv4 address embedded in an IPv6 address, or None."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    low = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    compatible = int(address) >> 32 == 0 and int(address) > 1
    if address.ipv4_mapped is not None or address in _NAT64 or compatible:
        return low
    if address.sixtofour is not None:
        return address.sixtofour
    return address.teredo[1] if address.teredo is not None else None


def _address(host: str) -> _Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None
