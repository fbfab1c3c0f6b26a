"""Counts tries to sign in, so that passwords cannot be guessed by the thousand."""

from __future__ import annotations

import hashlib

from django.core.cache import cache

from playground.web.refusals import TooMany

TRIES = 10
WINDOW_SECONDS = 300


def count_try(username: str, address: str) -> None:
    """Count one try from an address. Raises TooMany above 10 in five minutes."""
    key = _key(username, address)
    cache.add(key, 0, WINDOW_SECONDS)
    try:
        tries = cache.incr(key)
    except ValueError:  # the window ended between the two
        return
    if tries > TRIES:
        raise TooMany(
            "Too many tries to sign in.",
            "Wait five minutes. If the password is lost, `python manage.py signin "
            "USERNAME` on the machine of the site prints a link.",
            retry_after=WINDOW_SECONDS,
        )


def forget_tries(username: str, address: str) -> None:
    """Start the count afresh, after the right password."""
    cache.delete(_key(username, address))


def _key(username: str, address: str) -> str:
    # Hashed: a name may hold anything, and keys of caches may not.
    person = hashlib.sha256(f"{username.casefold()}\0{address}".encode()).hexdigest()
    return f"signin:{person}"
