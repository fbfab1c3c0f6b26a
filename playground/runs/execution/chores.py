"""What a worker does again and again: nothing that breaks in a chore may end it.

The runs of a process share its chores, so a fault in one would stop them all.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any

from django.db import DatabaseError
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
Chore = Callable[[], Awaitable[None]]


async def every(seconds: float, chore: Chore, *, spread: float = 0.0) -> None:
    """Do a chore at regular times, shifted by up to `spread` of them. Never returns."""
    while True:
        await _once(chore)
        shift = random.uniform(-spread, spread)  # noqa: S311 - keeps workers apart
        await asyncio.sleep(seconds * (1 + shift))


async def steadily(chore: Chore) -> None:
    """Do a chore that has no end, and begin it again should it break."""
    while True:
        await _once(chore)
        await asyncio.sleep(1)


async def quietly(chore: Awaitable[Any]) -> None:
    """For the way out: what fails here is mended by the next sweep."""
    with contextlib.suppress(DatabaseError, RedisError, OSError):
        await chore


async def _once(chore: Chore) -> None:
    try:
        await chore()
    except (DatabaseError, RedisError, OSError) as error:
        log.warning("%s failed, will be tried again: %s", _name(chore), error)
    except Exception:
        log.exception("%s broke, will be tried again", _name(chore))


def _name(chore: Chore) -> str:
    return getattr(chore, "__name__", repr(chore))
