"""Sockets to providers: made only for addresses that the provider may be at."""

from __future__ import annotations

import socket
from errno import EACCES
from typing import Any

from playground.engine.providers.addresses import may_connect

# As `getaddrinfo` tells of one: family, kind, protocol, canonical name, address.
Found = tuple[Any, Any, int, str, tuple[Any, ...]]


class AddressRefused(OSError):
    """The address is one that this provider may not be at."""


def public_socket(found: Found) -> socket.socket:
    """A socket for a provider on the internet."""
    return _socket(found, local=False)


def any_socket(found: Found) -> socket.socket:
    """A socket for a provider that may be on this machine or network."""
    return _socket(found, local=True)


def _socket(found: Found, *, local: bool) -> socket.socket:
    """A socket for this very address; asked for each address just before connecting."""
    family, kind, protocol, _, address = found
    if not may_connect(str(address[0]), local=local):
        raise AddressRefused(EACCES, "address refused")
    return socket.socket(family=family, type=kind, proto=protocol)
