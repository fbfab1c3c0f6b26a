"""A database that is away for a moment: it is asked again, and no run pays for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import stamina
from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, close_old_connections

Result = TypeVar("Result")
OUTAGES = (OperationalError, InterfaceError)
# Within a lease: whoever waits longer has lost it.
PATIENCE_SECONDS = 6.0
_FIRST_WAIT_SECONDS = 0.05
_LONGEST_WAIT_SECONDS = 0.5


def asked_again() -> AsyncIterator[stamina.Attempt]:
    """Attempts for as long as an outage may last; any other error ends them at once."""
    return aiter(
        stamina.retry_context(
            on=OUTAGES,
            attempts=None,
            timeout=PATIENCE_SECONDS,
            wait_initial=_FIRST_WAIT_SECONDS,
            wait_max=_LONGEST_WAIT_SECONDS,
        )
    )


async def read_again(read: Callable[[], Result]) -> Result:
    """What `read` finds, on a connection that lives. Outside of a worker's threads."""

    def fresh() -> Result:
        # A long request or a socket may have held its connection since before the outage.
        close_old_connections()
        return read()

    async for attempt in asked_again():
        with attempt:
            return await sync_to_async(fresh)()
    raise AssertionError  # the last attempt raises


def is_undone(error: BaseException | None) -> bool:
    """Whether the database took a transaction back for the sake of another (class 40)."""
    state = getattr(getattr(error, "__cause__", None), "sqlstate", None)
    return isinstance(error, OperationalError) and str(state).startswith("40")
