"""Which addresses a provider may be at, and which base URLs are none.

The address that is checked is the one connected to, after names are resolved, so
neither a name that changes its mind nor an odd spelling of a number gets around it.
"""

from __future__ import annotations

import ipaddress
import re
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from urllib.parse import urlsplit

_NAT64: Final = tuple(
    ipaddress.IPv6Network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96")
)
# Stays closed to providers marked local too: clouds keep their metadata there.
_METADATA: Final = frozenset(
    ipaddress.ip_address(address) for address in ("fd00:ec2::254", "100.100.100.200")
)
_FORBIDDEN: Final = re.compile(r"[\x00-\x20\x7f-\x9f\\<>\"{}|^`]")


def _bare(address: str) -> IPv4Address | IPv6Address:
    """The address behind the ways in which IPv6 wraps an IPv4 address."""
    found = ipaddress.ip_address(address)
    if isinstance(found, IPv4Address):
        return found
    if inner := found.ipv4_mapped or found.sixtofour:
        return inner
    if found.packed[:15] != bytes(15) and any(found in net for net in _NAT64):
        return IPv4Address(found.packed[12:])
    return found


def may_connect(address: str, *, local: bool) -> bool:
    """Whether a call may go to this address: public ones, for local ones private too."""
    try:
        bare = _bare(address)
    except ValueError:
        return False
    if bare.is_multicast or bare.is_link_local or bare in _METADATA:
        return False
    if local:
        return True
    site_local = isinstance(bare, IPv6Address) and bare.is_site_local
    return bare.is_global and not (bare.is_reserved or site_local)


def url_problem(base_url: str) -> str | None:
    """What is wrong with a base URL, or None. Never repeats the URL: it may hold a key."""
    if _FORBIDDEN.search(base_url):
        return "it has characters that no URL may have"
    try:
        parts = urlsplit(base_url)
        _ = parts.port
    except ValueError:
        return "it is not a URL"
    if parts.scheme not in ("http", "https"):
        return "it must begin with http:// or https://"
    if "@" in parts.netloc:
        return "it must not name a user or a password"
    if not parts.hostname:
        return "it names no host"
    if any(not 0 < len(part) < 64 for part in parts.hostname.rstrip(".").split(".")):
        return "a part of its host's name is empty, or longer than 63 characters"
    if parts.query or parts.fragment or "?" in base_url or "#" in base_url:
        return "it must end with its path, without ? or #"
    return None
