"""Hosts, by name or address: which mean this machine, and which a list of allowed ones covers."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any, Final

_LOCAL_NAMES: Final = frozenset({"", "localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"})


def host_text(host: Any) -> str:
    """A host in one spelling: lower case, without brackets, zone or the final dot of a name."""
    text = bytes(host).decode("ascii", "replace") if isinstance(host, (bytes, bytearray)) else str(host)
    return text.strip().lower().strip("[]").partition("%")[0].removesuffix(".")


def is_address(host: str) -> bool:
    """Whether a host is an address, which nobody needs to look up."""
    return _address(host) is not None


def is_local(host: str) -> bool:
    """Whether a host means this machine: a loopback address, an unspecified one, or a name for either."""
    address = _address(host)
    if address is None:
        return host in _LOCAL_NAMES or host.endswith(".localhost")
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    address = mapped or address
    return address.is_loopback or address.is_unspecified


def is_among(host: str, allowed: Iterable[str]) -> bool:
    """Whether `allowed` names this host: the same name or address, or a pattern where `*` stands for any part of it."""
    return any(fnmatchcase(host, host_text(pattern)) for pattern in allowed)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
