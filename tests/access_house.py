"""A run in one team, the people around it, and how each of them asks: for the matrix."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
import redis
from django.http.response import HttpResponseBase
from django.test import Client

from playground.accounts.access import Viewer
from playground.accounts.models import Team, User
from playground.accounts.services import issue_signin_link, issue_token
from playground.catalog.models import ModelCard, Price, Provider
from playground.recipes.copies import begin_copy
from playground.recipes.models import WorkingCopy
from playground.runs.feed import Entry, keep_copy
from playground.runs.models import Run
from tests.access_table import Row
from tests.runs.factories import a_call, a_member, a_run

ACCEPT = {"html": "text/html", "json": "application/json", "prog": "application/json"}
Headers = list[tuple[bytes, bytes]]
FAR_AWAY = "203.0.113.9"

# What a form at an address holds, by what comes after its names.
FORMS = {
    # Of home, and of a model's card: each takes what is its own.
    "/": {
        "team": "research",
        "recipe": "two",
        "prompt": "Why?",
        "context": "8192",
        "max_output": "2048",
    },
    "/estimate/": {"team": "research", "recipe": "two", "prompt": "Why?"},
    "/edit/": {"text": "other words"},
    "/restore/": {"revision": "1"},
    "/recipes/new/": {"team": "research", "from": "blank"},
    "/without/": {"key": ["1.A.1"]},
    "/follow-up/": {"prompt": "And at night?"},
}


@dataclass(slots=True)
class House:
    """A run in one team, the people around it, and how each of them asks."""

    run: Run
    copy: WorkingCopy
    people: dict[str, User]

    def client(self, who: str, manner: str) -> Client:
        """A client that comes in as `who` does."""
        client = Client(REMOTE_ADDR=FAR_AWAY, headers={"Accept": ACCEPT[manner]})
        secret = self.secret(who, manner)
        if secret:
            client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
        elif who != "anon":
            client.force_login(self.people[who])
        return client

    def secret(self, who: str, manner: str) -> str:
        """The Bearer token that `who` sends, or nothing."""
        if who == "anon" or (manner != "prog" and who != "narw"):
            return ""
        place = "elsewhere" if who in {"strg", "othr", "narw"} else "research"
        user = self.people["star" if who == "narw" else who]
        return issue_token(user, Team.objects.get(slug=place), "test")[1]

    def headers(
        self, who: str, manner: str, *, origin: str = "http://testserver"
    ) -> Headers:
        """What a socket of `who` comes with."""
        host = (b"host", b"testserver")
        secret = self.secret(who, manner)
        if secret:
            return [host, (b"authorization", f"Bearer {secret}".encode())]
        jar = self.client(who, manner).cookies.values()
        cookies = "; ".join(f"{each.key}={each.value}" for each in jar)
        return [host, (b"cookie", cookies.encode()), (b"origin", origin.encode())]

    def address(self, row: Row) -> str:
        """The row's address with this house's names in it."""
        names = {
            "<uuid:run_id>": str(self.run.pk),
            "<int:n>": "1",
            "<slug:team_slug>": "research",
            "<slug:slug>": "two",
            "<uuid:copy_id>": str(self.copy.pk),
            "<path:name>": "moa/research/two",
            "<path:alias>": "fast",
            "<str:key>": "1.A.1",
        }
        address = row.address
        for name, value in names.items():
            address = address.replace(name, value)
        if "<str:secret>" in address:
            return issue_signin_link(self.people["memb"])
        assert "<" not in address, f"say what to fill into {address}"
        return address


@pytest.fixture
def house(valkey: redis.Redis) -> House:
    """A finished run of `star`, a member, with a feed to replay, and a working copy."""
    people = {
        "strg": a_member("sten", "elsewhere"),
        "view": a_member("vera", role="viewer"),
        "memb": a_member("ben"),
        "star": a_member("nora"),
        "admn": a_member("ada", role="admin"),
        "ownr": a_member("olga", role="owner"),
        "othr": a_member("otto", "elsewhere", "admin"),
        "site": User.objects.create(username="root", is_staff=True, is_superuser=True),
    }
    a_member("nora", "elsewhere")
    provider = Provider.objects.create(
        slug="stub", name="Stub", base_url="http://127.0.0.1:9/v1"
    )
    card = ModelCard.objects.create(alias="fast", provider=provider, model="m")
    Price.objects.create(card=card, input=0, output=0)
    run = a_run(user=people["star"], status="cancelled", reason="cancelled", epoch=1)
    a_call(run, n=1)
    body = {
        "t": 0,
        "k": "end",
        "status": "cancelled",
        "reason": "cancelled",
        "degraded": False,
        "answer": None,
        "message": "",
        "cost_nanos": 0,
    }
    keep_copy(run, [Entry("1-1", body)])
    copy = begin_copy(Viewer(people["star"]), run.revision.recipe)
    return House(run, copy, people)


def ask(house: House, row: Row, client: Client) -> HttpResponseBase:
    """Send the row's request."""
    address = house.address(row)
    if row.verb == "GET":
        return client.get(address)
    if row.address == "/v1/chat/completions":
        # Who may run is refused for the variable, which is looked at after the role.
        body = {
            "model": "moa/research/two",
            "messages": [{"role": "user", "content": "Why?"}],
        }
        body["moa"] = {"variables": {"nobody": "asked"}}
        return client.post(address, json.dumps(body), "application/json")
    return client.post(address, FORMS.get(row.address.rpartition(">")[2], {}))
