"""Ports: the one that people come to, and free ones for parts that need loopback."""

from __future__ import annotations

import errno
import socket

from playground.embedded.errors import StartError

_BACKLOG = 1024
_LOOPBACK = "127.0.0.1"
_LAST_PORT = 65_535


def open_door(host: str, port: int) -> socket.socket:
    """Bind and listen before anything starts, so that a taken port is known at once.

    Daphne adopts this socket: callers wait in its queue while the web part restarts.
    Raises StartError.
    """
    if not 0 <= port <= _LAST_PORT:
        raise StartError(f"{port} is no port: choose one from 1 to {_LAST_PORT}.")
    # Daphne's `--fd` knows IPv4 alone.
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((host, port))
        door.listen(_BACKLOG)
    except OSError as error:
        door.close()
        raise StartError(_refusal(host, port, error)) from error
    door.setblocking(False)
    return door


def _refusal(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken. Choose another with --port."
    if isinstance(error, socket.gaierror):
        return f"{host} is not an IPv4 address or name of this machine. See --host."
    return f"Cannot listen on {host}, port {port}: {error.strerror}."


def free_port(*, preferred: int = 0) -> int:
    """A loopback port that is free at this moment; the preferred one if it is."""
    for port in (preferred, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((_LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise StartError("This machine has no free port on 127.0.0.1.")
