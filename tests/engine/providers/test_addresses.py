"""Where a call may go: the address connected to decides."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from playground.engine.errors import ConnectFailed, RequestRefused
from playground.engine.providers.addresses import may_connect, url_problem
from playground.engine.providers.http import ChatClient
from tests.engine.providers.conftest import Caller

INSIDE = [
    "127.0.0.1",
    "10.0.0.1",
    "172.16.3.4",
    "192.168.1.1",
    "100.64.0.1",
    "0.0.0.0",
    "::1",
    "::",
    "fc00::1",
    "fec0::1",
    "::ffff:127.0.0.1",
    "::ffff:a00:1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "::7f00:1",
    "2001:db8::1",
    "240.0.0.1",
    "255.255.255.255",
]
NOWHERE = [
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "fe80::1",
    "fd00:ec2::254",
    "224.0.0.1",
    "ff02::1",
    "2130706433",
    "0x7f.1",
    "localhost",
    "",
]
OUTSIDE = ["1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]


@pytest.mark.parametrize("address", INSIDE + NOWHERE)
def test_public_provider_may_not_be_inside(address: str) -> None:
    assert not may_connect(address, local=False)


@pytest.mark.parametrize("address", NOWHERE)
def test_local_provider_may_not_be_at_metadata_or_by_odd_names(address: str) -> None:
    assert not may_connect(address, local=True)


@pytest.mark.parametrize("address", OUTSIDE)
def test_public_addresses_are_open_to_all(address: str) -> None:
    assert may_connect(address, local=False)
    assert may_connect(address, local=True)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "::1", "fc00::1"])
def test_local_provider_may_be_inside(address: str) -> None:
    assert may_connect(address, local=True)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x.example/v1",
        "http://user:secret@x.example/v1",
        "http://user@x.example/v1",
        "http://x.example\\@127.0.0.1/v1",
        "http://x.example/v1\r\nX: y",
        "http://x.example/ v1",
        "http:///v1",
        "http://[::1/v1",
        "http://x.example:port/v1",
        "http://x.example/v1?key=secret",
        "http://x.example/v1#",
        "x.example/v1",
        "",
        "http://x..y/v1",
        "http://.x/v1",
        f"http://{'a' * 64}.example/v1",
    ],
)
async def test_odd_urls_are_refused_unsent(call: Caller, url: str) -> None:
    assert url_problem(url) is not None
    error = (await call("ok", base_url=url)).error
    assert isinstance(error, RequestRefused)
    assert "secret" not in error.message


@pytest.mark.parametrize("url", ["http://xn--/v1", "http://\u2024/v1"])
async def test_name_that_only_the_connection_finds_wrong_is_refused_in_words(
    call: Caller, url: str
) -> None:
    error = (await call("ok", base_url=url)).error
    assert isinstance(error, RequestRefused)
    assert "its base URL is no URL" in error.message


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "0",
        "127。0。0。1",
    ],
)
async def test_no_spelling_of_loopback_is_reached_by_a_public_provider(
    call: Caller, host: str
) -> None:
    url = f"http://{host}:{call.stub.port}/v1"
    before = call.stub.opened
    error = (await call("ok", base_url=url, local=False)).error
    assert isinstance(error, RequestRefused | ConnectFailed)
    assert call.stub.opened == before


async def test_refused_address_says_what_to_do(call: Caller) -> None:
    error = (await call("ok", local=False)).error
    assert isinstance(error, RequestRefused)
    assert "only a local provider may be there" in error.message


class _Turncoat(AbstractResolver):
    """A name server that names a public address first and loopback from then on."""

    def __init__(self) -> None:
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        found: dict[str, Any] = {"hostname": host, "host": "127.0.0.1", "port": port}
        return [ResolveResult(**found, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        pass


async def test_name_that_resolves_to_loopback_is_refused(call: Caller) -> None:
    resolver = _Turncoat()
    async with ChatClient(resolver=resolver) as client:
        caller = Caller(client, call.stub)
        url = f"http://model.example:{call.stub.port}/v1"
        before = call.stub.opened
        error = (await caller("ok", base_url=url, local=False)).error
    assert isinstance(error, RequestRefused)
    assert (resolver.asked, call.stub.opened) == (1, before)
