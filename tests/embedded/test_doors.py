"""The port that people come to."""

from __future__ import annotations

import socket

import pytest

from playground.embedded.doors import free_port, open_door
from playground.embedded.errors import StartError


def test_door_lets_callers_wait_before_anyone_serves() -> None:
    with open_door("127.0.0.1", 0) as door:
        address = door.getsockname()
        with socket.create_connection(address, timeout=1) as caller:
            assert caller.getpeername() == address
        assert door.getblocking() is False


def test_taken_port_is_refused_with_what_to_do() -> None:
    with open_door("127.0.0.1", 0) as door:
        port = door.getsockname()[1]
        with pytest.raises(StartError, match=f"Port {port} .* is taken.*--port"):
            open_door("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "port", "said"),
    [
        ("::1", 0, "not an IPv4 address"),
        ("no-such-host.invalid", 0, "not an IPv4 address"),
        ("192.0.2.1", 0, "^Cannot listen on 192.0.2.1, port 0: [^.]+[.]$"),
        ("127.0.0.1", 70_000, "^70000 is no port: choose one from 1 to 65535.$"),
    ],
)
def test_impossible_address_is_refused(host: str, port: int, said: str) -> None:
    with pytest.raises(StartError, match=said):
        open_door(host, port)


def test_free_port_keeps_the_preferred_one_unless_it_is_taken() -> None:
    preferred = free_port()

    assert free_port(preferred=preferred) == preferred
    with open_door("127.0.0.1", preferred):
        assert free_port(preferred=preferred) not in {0, preferred}
