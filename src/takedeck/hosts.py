"""Which hosts are this machine."""

from __future__ import annotations

import ipaddress
import socket


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, told without asking the name service."""
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def may_be_here(host: str) -> bool:
    """Whether a connection to the host may end at this machine.

    Looser than `is_loopback`, so fit for refusing only: it knows the spellings that resolvers take
    for 127.0.0.1 (`127.1`, `0x7f.1`, `2130706433`), the unspecified address, which leads here on
    Linux, IPv4 inside IPv6, and names below `localhost` (RFC 6761, 6.3).
    """
    bare = host.strip("[]").partition("%")[0].rstrip(".").lower()
    if bare == "localhost" or bare.endswith(".localhost"):
        return True
    address = _address(bare)
    inner = getattr(address, "ipv4_mapped", None) or address
    return inner is not None and (inner.is_loopback or inner.is_unspecified)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None
