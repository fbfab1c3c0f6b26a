"""Looks for a secret in everything that a site keeps, in the spellings secrets come in."""

from __future__ import annotations

import base64
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import redis

from tests.sites import Site


def spellings(secret: str) -> list[bytes]:
    """The secret plain, URL-encoded, in hexadecimal, and in base64 at each alignment."""
    plain = secret.encode()
    every = "".join(f"%{byte:02x}" for byte in plain)
    found = [
        plain,
        quote(secret, safe="").encode(),
        every.encode(),
        plain.hex().encode(),
    ]
    for shift in range(3):
        packed = base64.b64encode(b"\0" * shift + plain)
        # The ends depend on what stands beside; what lies between does not.
        core = packed[4 * bool(shift) : len(packed) // 4 * 4 - 4]
        found += [core, core.replace(b"+", b"-").replace(b"/", b"_")]
    return found


def holds(content: bytes, secret: str) -> bool:
    """True when the secret is in the content in any spelling."""
    lowered = content.lower()
    return any(each in content or each.lower() in lowered for each in spellings(secret))


def files_of(site: Site) -> Iterator[tuple[str, bytes]]:
    """Every file of the data directory: database, its log, the parts' logs, Valkey's."""
    for path in sorted(site.data.rglob("*")):
        if path.is_file():
            yield f"file {path.relative_to(site.data)}", path.read_bytes()


def rows_of(file: Path) -> Iterator[tuple[str, bytes]]:
    """Every value in a SQLite database, unpacked where it is compressed."""
    address = f"file:{file}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as database:
        master = "SELECT name FROM sqlite_master WHERE type = 'table'"
        for (table,) in database.execute(master).fetchall():
            for row in database.execute(f'SELECT * FROM "{table}"'):
                yield f"table {table}", b"\n".join(map(_unpacked, row))


def _unpacked(value: object) -> bytes:
    if not isinstance(value, bytes):
        return str(value).encode("utf-8", "surrogatepass")
    try:
        return zlib.decompress(value)
    except zlib.error:
        return value


def valkey_of(site: Site) -> redis.Redis:
    """The site's own Valkey, through its socket."""
    door = next(site.data.rglob("valkey.sock"))
    return redis.Redis(unix_socket_path=str(door))


def keys_of(client: redis.Redis) -> Iterator[tuple[str, bytes]]:
    """Every key of a Valkey with all that it holds."""
    for key in client.scan_iter(count=1000):
        yield f"key {key!r}", key + _content(client, key)


def _content(client: redis.Redis, key: bytes) -> bytes:
    match client.type(key):
        case b"string":
            return client.get(key) or b""
        case b"list":
            return b"\n".join(client.lrange(key, 0, -1))
        case b"hash":
            return b"\n".join(b"".join(pair) for pair in client.hgetall(key).items())
        case b"set":
            return b"\n".join(client.smembers(key))
        case b"zset":
            return b"\n".join(client.zrange(key, 0, -1))
        case b"stream":
            rows = client.xrange(key)
            return b"\n".join(b"".join(row.values()) for _, row in rows)
        case b"none":
            return b""  # it expired meanwhile
        case kind:
            raise AssertionError(f"cannot read a {kind!r}")


def processes() -> Iterator[tuple[str, bytes]]:
    """The command line of every process on this machine."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                yield f"process {entry.name}", (entry / "cmdline").read_bytes()
            except OSError:
                continue


def everywhere(site: Site) -> Iterator[tuple[str, bytes]]:
    """All that the site keeps, by where it lies."""
    yield from files_of(site)
    yield from rows_of(site.data / "moa.sqlite3")
    with valkey_of(site) as client:
        yield from keys_of(client)
    yield from processes()
