"""The stub as a fixture: in this process, on a thread and loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvloop

from tests.stub.server import Stub


@contextmanager
def running_stub() -> Iterator[Stub]:
    """A stub that listens on a free port for as long as the block lasts."""
    loop = uvloop.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="stub", daemon=True)
    thread.start()
    stub = Stub()
    try:
        asyncio.run_coroutine_threadsafe(stub.start(), loop).result(10)
        yield stub
    finally:
        asyncio.run_coroutine_threadsafe(stub.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@pytest.fixture(scope="session")
def stub_server() -> Iterator[Stub]:
    """The one stub of a test session; tests ask for `stub`."""
    with running_stub() as stub:
        yield stub


@pytest.fixture
def stub(stub_server: Stub) -> Stub:
    """A stub provider that remembers nothing from other tests."""
    stub_server.reset()
    return stub_server
