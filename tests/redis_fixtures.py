"""A real Valkey for tests that speak to one in their own process."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.conf import LazySettings

from playground.db.redis import redis_now
from playground.embedded.valkey import valkey_program


class Store:
    """A Valkey that can be stopped and started again, empty."""

    def __init__(self, folder: Path) -> None:
        self.door = folder / "v.sock"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.door}"

    def start(self) -> None:
        options = ["--port", "0", "--unixsocket", str(self.door), "--save", ""]
        self._process = subprocess.Popen(
            [str(valkey_program()), *options, "--dir", str(self.door.parent)],
            stdout=subprocess.DEVNULL,
        )

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Valkey of this test session."""
    door: Path = tmp_path_factory.mktemp("valkey") / "v.sock"
    options = [
        "--port",
        "0",
        "--unixsocket",
        str(door),
        "--save",
        "",
        "--dir",
        str(door.parent),
    ]
    process = subprocess.Popen(
        [str(valkey_program()), *options], stdout=subprocess.DEVNULL
    )
    url = f"unix://{door}"
    try:
        _await(url)
        yield url
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def valkey(valkey_url: str, settings: LazySettings) -> Iterator[redis.Redis]:
    """An empty Valkey that this process' settings point to."""
    settings.REDIS_URL = valkey_url
    redis_now.cache_clear()
    client = redis_now()
    client.flushall()
    yield client
    client.close()
    redis_now.cache_clear()


async def end_other_tasks() -> None:
    """End all else on this loop: a client opens its connections again when it is used."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _await(url: str) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            with redis.Redis.from_url(url) as client:
                client.ping()
                return
        except redis.ConnectionError:
            assert time.monotonic() < deadline, "Valkey did not start"
            time.sleep(0.05)
