"""A real Valkey, on a socket and on loopback."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import pytest
import redis

from playground.embedded.directory import DataDirectory, open_directory
from playground.embedded.speech import Speech
from playground.embedded.supervisor import Supervisor
from playground.embedded.valkey import Valkey, embed_valkey


def start(supervisor: Supervisor, directory: DataDirectory) -> Valkey:
    valkey = embed_valkey(directory)
    supervisor.start(valkey.part)
    assert supervisor.wait_until(valkey.is_ready, patience=10)
    return valkey


def ask(url: str, *command: str) -> object:
    with redis.Redis.from_url(url, decode_responses=True) as client:
        return client.execute_command(*command)


def setting(url: str, name: str) -> str:
    with redis.Redis.from_url(url, decode_responses=True) as client:
        return str(client.config_get(name)[name])


@pytest.fixture
def short(tmp_path_factory: pytest.TempPathFactory) -> DataDirectory:
    return open_directory(tmp_path_factory.mktemp("v"))


def test_valkey_listens_on_a_private_socket_and_forgets_nothing(
    supervisor: Supervisor, short: DataDirectory
) -> None:
    valkey = start(supervisor, short)

    assert valkey.url == f"unix://{short.run}/valkey.sock"
    assert stat.S_IMODE((short.run / "valkey.sock").stat().st_mode) == 0o700
    kept = ("appendonly", "appendfsync", "save", "maxmemory", "maxmemory-policy")
    assert [setting(valkey.url, name) for name in kept] == [
        *("yes", "everysec", "", "0", "noeviction")
    ]
    assert setting(valkey.url, "port") == "0"


def test_valkey_keeps_its_entries_over_a_kill(
    supervisor: Supervisor, short: DataDirectory
) -> None:
    valkey = start(supervisor, short)
    ask(valkey.url, "XADD", "feed", "1-1", "k", "run")
    os.kill(supervisor.running()["valkey"], signal.SIGKILL)

    assert supervisor.wait_until(lambda: not valkey.is_ready(), patience=5)
    assert supervisor.wait_until(valkey.is_ready, patience=10)
    assert ask(valkey.url, "XLEN", "feed") == 1


@pytest.mark.parametrize("name", ["d" * 90, "with a blank", "per%cent", "ünï"])
def test_awkward_path_falls_back_to_loopback_with_a_password(
    directory: DataDirectory, speech: Speech, name: str
) -> None:
    awkward = open_directory(directory.root / name)
    supervisor = Supervisor(awkward, speech, environment=os.environ)
    try:
        valkey = start(supervisor, awkward)
        assert valkey.url.startswith("redis://:")
        assert setting(valkey.url, "bind") == "127.0.0.1"
        assert setting(valkey.url, "dir") == str(awkward.valkey)
        secret, _, address = valkey.url.removeprefix("redis://:").partition("@")
        with pytest.raises(redis.AuthenticationError):
            ask(f"redis://{address}", "PING")
    finally:
        supervisor.stop()

    configuration = awkward.valkey / "valkey.conf"
    assert stat.S_IMODE(configuration.stat().st_mode) == 0o600
    assert secret in configuration.read_text()
    assert not any(secret in word for word in valkey.part.command)


def test_valkey_that_does_not_run_is_not_ready(directory: DataDirectory) -> None:
    assert embed_valkey(directory).is_ready() is False


def test_stale_socket_of_a_killed_server_is_no_obstacle(
    supervisor: Supervisor, short: DataDirectory, tmp_path: Path
) -> None:
    start(supervisor, short)
    os.kill(supervisor.running()["valkey"], signal.SIGKILL)
    assert (short.run / "valkey.sock").exists()

    assert supervisor.wait_until(embed_valkey(short).is_ready, patience=10)
