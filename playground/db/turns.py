"""Who writes next to a database that has one writer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

# Longer than SQLite itself waits for another process: whoever waits here fails there.
_PATIENCE_SECONDS = 30.0
_turn = threading.Lock()


@contextmanager
def writing() -> Iterator[None]:
    """A transaction that writes. On SQLite the threads of a process begin it in turn.

    SQLite lets them sleep and look again, longer each time, while nobody writes: of 50
    at once the last began after half a second of nothing. Within a transaction it is a
    savepoint, as `atomic` is, and waits for nobody.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        with transaction.atomic():
            yield
        return
    has_turn = _turn.acquire(timeout=_PATIENCE_SECONDS)
    try:
        with transaction.atomic():
            yield
    finally:
        if has_turn:
            _turn.release()
