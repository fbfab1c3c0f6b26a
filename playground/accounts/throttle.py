"""Counts tries to sign in, so that passwords cannot be guessed by the thousand.

Of a name from an address, and of an address whatever the name. Redis counts for all
web processes together; while it is away, each counts for itself.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import TypeVar

from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from redis.exceptions import RedisError

from playground.web.refusals import TooMany

TRIES = 10
TRIES_OF_ADDRESS = 50
WINDOW_SECONDS = 300
log = logging.getLogger(__name__)
Told = TypeVar("Told")


def count_try(username: str, address: str) -> None:
    """Count one try. Raises TooMany above ten of a name or fifty of an address.

    The address is the connection's own: a header of that name is anybody's to write.
    """
    tries = _counted(lambda cache: _count(cache, _key(username, address)))
    of_address = _counted(lambda cache: _count(cache, _key("", address)))
    if tries > TRIES or of_address > TRIES_OF_ADDRESS:
        raise TooMany(
            "Too many tries to sign in.",
            "Wait five minutes. If the password is lost, `manage.py signin "
            "USERNAME` on the machine of the site prints a link.",
            retry_after=WINDOW_SECONDS,
        )


def forget_tries(username: str, address: str) -> None:
    """After the right password: the name starts afresh, this try did not count."""
    _counted(lambda cache: cache.delete(_key(username, address)))
    _counted(lambda cache: _uncount(cache, _key("", address)))


def _counted(ask: Callable[[BaseCache], Told]) -> Told:
    try:
        return ask(caches["default"])
    except (RedisError, OSError) as error:
        log.warning("tries to sign in are counted in this process alone: %s", error)
        return ask(caches["process"])


def _count(cache: BaseCache, key: str) -> int:
    cache.add(key, 0, WINDOW_SECONDS)
    try:
        return int(cache.incr(key))
    except ValueError:  # the window ended between the two
        return 1


def _uncount(cache: BaseCache, key: str) -> None:
    try:
        cache.decr(key)
    except ValueError:  # the window has ended since
        return


def _key(username: str, address: str) -> str:
    # Hashed: a name may hold anything, and keys of caches may not.
    person = f"{username.casefold()}\0{_neighbourhood(address)}"
    return f"signin:{hashlib.sha256(person.encode()).hexdigest()}"


def _neighbourhood(address: str) -> str:
    """The address, for IPv6 its /64: one visitor has all of those."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if not isinstance(known, IPv6Address):
        return str(known)
    return str(known.ipv4_mapped or IPv6Address(int(known) >> 64 << 64))
