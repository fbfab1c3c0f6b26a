"""Every address and every socket, for everybody: who gets in, who may act, who is told no.

The table is checked against the URL conf: an address without a row fails, and so does a
row without an address. A new page is a new row here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, cast

import pytest
from asgiref.sync import async_to_sync
from channels.testing import WebsocketCommunicator
from django.urls import URLPattern, URLResolver, get_resolver

from playground.routing import sockets
from playground.runs.hub import close_hub
from tests.access_house import Headers, House, ask
from tests.access_table import ROWS, WHO, Row

pytestmark = pytest.mark.django_db

# Django's admin is one rule for all of its addresses: only site admins come in.
ADMIN = "/admin/"
HTTP = [row for row in ROWS if row.verb != "WS"]
SOCKETS = [row for row in ROWS if row.verb == "WS"]


def addresses(parent: URLResolver, prefix: str = "/") -> Iterator[str]:
    """Every address below a resolver, as it is written in the URL conf."""
    for child in parent.url_patterns:
        here = prefix + str(child.pattern)
        if isinstance(child, URLResolver):
            yield from addresses(child, here)
        else:
            yield here


def socket_addresses() -> list[str]:
    """Every socket's address."""
    routes = cast("list[URLPattern]", sockets.routes)
    return [f"/{route.pattern}" for route in routes]


def test_each_address_has_a_row_and_each_row_an_address() -> None:
    known = {row.address.partition("?")[0] for row in ROWS}
    walked = {*addresses(get_resolver()), *socket_addresses()}
    own = {address for address in walked if not address.startswith(ADMIN)}
    assert own == known


@pytest.mark.parametrize("row", HTTP, ids=str)
def test_address_answers_as_the_table_says(house: House, row: Row) -> None:
    answers = {who: ask(house, row, house.client(who, row.manner)) for who in WHO}
    assert {who: each.status_code for who, each in answers.items()} == row.expected
    for each in answers.values():
        if each.status_code == 401:
            assert "error" in json.loads(cast("Any", each).content)


@pytest.mark.parametrize(
    "row",
    [row for row in HTTP if row.expected["anon"] == 302 and "sign-" not in row.address],
    ids=str,
)
def test_nobody_is_sent_to_sign_in(house: House, row: Row) -> None:
    response = ask(house, row, house.client("anon", row.manner))
    assert response.headers["Location"].startswith("/sign-in/?next=%2F")


@pytest.mark.parametrize("row", HTTP, ids=str)
def test_unknown_verb_is_refused(house: House, row: Row) -> None:
    client = house.client("ownr", "prog" if "/v1/" in row.address else row.manner)
    assert client.put(house.address(row)).status_code == 405


@pytest.mark.parametrize("address", ["/", "/recipes/", "/runs/", "/v1/models"])
@pytest.mark.parametrize("who", ["strg", "othr", "narw"])
def test_list_names_nothing_of_another_team(
    house: House, address: str, who: str
) -> None:
    manner = "prog" if address == "/v1/models" else "html"
    content = house.client(who, manner).get(address).content.decode()
    private = (str(house.run.pk), house.run.team.name, "research/", "Why?")
    assert [text for text in private if text in content] == []


@pytest.mark.parametrize("address", ["/runs/", "/v1/models"])
def test_list_names_what_is_of_the_own_team(house: House, address: str) -> None:
    manner = "prog" if address == "/v1/models" else "html"
    content = house.client("view", manner).get(address).content.decode()
    assert (str(house.run.pk) if address == "/runs/" else "moa/two") in content


def admin_addresses() -> list[str]:
    """Every address of Django's admin, with something filled in that leads nowhere."""
    walked = [each for each in addresses(get_resolver()) if each.startswith(ADMIN)]
    plain = [re.sub(r"<[^>]+>", "1", each) for each in walked]
    # Two patterns are regular expressions: any app's index, and whatever is left.
    return sorted({re.sub(r"\^?\(\?P.*", "playground/", each) for each in plain})


@pytest.mark.parametrize("address", admin_addresses())
def test_admin_is_for_site_admins(house: House, address: str) -> None:
    kept_out = {who for who in WHO if who not in {"site", "narw"}}
    for who in kept_out:
        response = house.client(who, "html").get(address)
        assert response.status_code in {302, 403}, who
        assert response.content == b"" or response.status_code == 403
    for who in ("site", "narw", "ownr"):
        assert house.client(who, "prog").get(address).status_code == 403, who


@pytest.mark.parametrize("model", ["run", "credential", "apitoken", "user"])
def test_admin_opens_to_site_admins(house: House, model: str) -> None:
    client = house.client("site", "html")
    assert client.get(ADMIN).status_code == 200
    assert client.get(f"{ADMIN}playground/{model}/").status_code == 200


@pytest.mark.parametrize("who", ["memb", "ownr", "othr"])
def test_admin_tells_who_is_signed_in_no(house: House, who: str) -> None:
    response = house.client(who, "html").get(ADMIN, follow=True)
    assert response.status_code == 403


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("row", SOCKETS, ids=str)
def test_socket_closes_as_the_table_says(house: House, row: Row) -> None:
    visits = [house.headers(who, row.manner) for who in WHO]
    codes = closing_codes(house.address(row), visits)
    assert dict(zip(WHO, codes, strict=True)) == row.expected


@pytest.mark.django_db(transaction=True)
def test_socket_of_a_page_elsewhere_is_refused(house: House) -> None:
    headers = house.headers("ownr", "html", origin="http://elsewhere.test")
    assert closing_codes(f"/ws/runs/{house.run.pk}/", [headers]) == [4403]


@async_to_sync
async def closing_codes(address: str, visits: list[Headers]) -> list[int]:
    """With which code the socket closes on each visitor, after it let all of them in."""
    try:
        return [await closing_code(address, headers) for headers in visits]
    finally:
        await close_hub()


async def closing_code(address: str, headers: Headers) -> int:
    """Open a socket, which is accepted whoever asks, and wait for its close."""
    speaker = WebsocketCommunicator(sockets, address, headers=headers)
    accepted, _ = await speaker.connect(timeout=5)
    assert accepted
    message = {"type": ""}
    while message["type"] != "websocket.close":
        message = await speaker.receive_output(timeout=10)
    await speaker.disconnect()
    return int(message.get("code") or 1000)
