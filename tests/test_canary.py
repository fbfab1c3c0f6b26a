"""A provider's key is nowhere: in no page, export, error, log, row, key or process.

The stub repeats the key that it was sent, in its refusals and in the midst of a stream.
"""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
import time
import zlib
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
import redis

from tests.browser import PASSWORDS
from tests.searching import everywhere, holds, keys_of, rows_of
from tests.sites import CANARY, Site, layer, recipe
from tests.stub.server import Stub

PROMPT = "Say what you were told."
LEAKY = {"refusing": "fault-echo-key", "breaking": "fault-error-key"}
LEAKING = [
    recipe("leak-refusing", layer("draft", "refusing")),
    recipe("leak-breaking", layer("draft", "breaking")),
    recipe(
        "leak-some", layer("draft", "refusing", "brief"), layer("aggregate", "brief")
    ),
]
MORE = """
schema: moa-provision/1
providers:
  - slug: leaky
    name: Leaky
    base_url: {base_url}
    local: true
    credential: {canary}
    models:
{models}
recipes:
{recipes}
"""
BROKEN = {
    "unclosed": 'providers:\n  - {{slug: bad, credential: "{canary}',
    "list": "providers:\n  - {{slug: bad, name: Bad, base_url: 'http://x.test', credential: [{canary}]}}",
    "unknown": "providers:\n  - {{slug: bad, name: Bad, base_url: 'http://x.test', credentials: {canary}}}",
    "twice": "providers:\n  - {{slug: bad, credential: {canary}, credential: {canary}}}",
    "tag": "providers:\n  - {{slug: bad, credential: !{canary} x}}",
    "anchor": "providers:\n  - {{slug: bad, credential: *{canary}}}",
}
ADMIN = ("provider", "credential", "modelcard", "run", "draft", "call", "journalentry")


@pytest.fixture(scope="module")
def leaky(site: Site, stub_server: Stub) -> Site:
    """The site with models whose provider repeats the key."""
    models = "\n".join(
        f"      - {{alias: {alias}, model: {model}, context: 4096, max_output: 400}}"
        for alias, model in LEAKY.items()
    )
    recipes = "\n".join(
        f"  - {{team: research, recipe: {json.dumps(document)}}}"
        for document in LEAKING
    )
    text = MORE.format(
        base_url=stub_server.base_url, canary=CANARY, models=models, recipes=recipes
    )
    provision(site, text)
    return site


def provision(site: Site, text: str) -> subprocess.CompletedProcess[str]:
    """Provision from a file that lies outside of the site, as an admin's would."""
    file = site.data.parent / f"{site.data.name}-more.yaml"
    file.write_text(text)
    return site.manage("provision", str(file), check=False)


@contextmanager
def session(site: Site, user: str) -> Iterator[httpx.Client]:
    """A browser's requests, signed in by the form."""
    with httpx.Client(base_url=site.url, timeout=60, follow_redirects=True) as client:
        client.get("/sign-in/")
        form = {
            "username": user,
            "password": PASSWORDS[user],
            "csrfmiddlewaretoken": client.cookies["csrftoken"],
        }
        assert client.post("/sign-in/", data=form).status_code == 200
        yield client


def ask(client: httpx.Client, slug: str, *, stream: bool) -> httpx.Response:
    """One chat request."""
    messages = [{"role": "user", "content": PROMPT}]
    body = {"model": f"moa/{slug}", "messages": messages, "stream": stream}
    return client.post("/v1/chat/completions", json=body)


def chats(site: Site) -> list[httpx.Response]:
    """What programs are answered: runs that succeed, fail, break and degrade."""
    slugs = ("quick", *(document["slug"] for document in LEAKING))
    with site.client(site.token("ben")) as client:
        answers = [
            ask(client, slug, stream=stream)
            for slug in slugs
            for stream in (False, True)
        ]
        answers += [client.get("/v1/models"), client.get("/v1/models/moa/nothing")]
        return answers + branches(client, answers)


def branches(
    client: httpx.Client, answers: list[httpx.Response]
) -> list[httpx.Response]:
    """What is answered to whoever goes on from those runs, with models that leak."""
    runs = {
        run
        for each in answers
        for run in re.findall(r"/runs/([0-9a-f-]{36})/", each.text)
    }
    fields = {"model": "refusing", "text": PROMPT, "prompt": PROMPT, "key": "1.A.1"}
    parts = ("drafts/1.A.1/retry/", "drafts/1.A.1/stop/", "drafts/1.A.1/edit/")
    parts += ("without/", "follow-up/", "alone/")
    said = [
        client.post(f"/runs/{run}/{part}", data=fields)
        for run in runs
        for part in parts
    ]
    for run in [each.json()["run"] for each in said if each.status_code == 201]:
        while client.get(f"/runs/{run}.json").json()["ended_at"] is None:
            time.sleep(0.1)
    return said


def pages(site: Site) -> list[httpx.Response]:
    """What people see of all that: every page of every run, the admin, the figures."""
    with session(site, "ada") as client:
        seen = [
            client.get(path)
            for path in (
                *("/", "/recipes/", "/runs/", "/metrics", "/admin/"),
                *("/runs/?q=told", "/notices/", "/teams/research/keeping/"),
            )
        ]
        seen += [
            client.get(f"/recipes/research/{document['slug']}/") for document in LEAKING
        ]
        for run in sorted(set(re.findall(r"/runs/([0-9a-f-]{36})/", seen[2].text))):
            seen += [client.get(f"/runs/{run}{end}") for end in ("/", ".json", ".md")]
            seen.append(client.get(f"/runs/{run}/delete/"))
        for model in ADMIN:
            listed = client.get(f"/admin/playground/{model}/")
            rows = re.findall(
                rf'href="(/admin/playground/{model}/[^"?]+/change/)', listed.text
            )
            seen += [listed, *(client.get(path) for path in rows[:20])]
        return seen


def lying_about(site: Site) -> list[str]:
    """Where the canary lies, except in the file that brought it."""
    places = {where for where, content in everywhere(site) if holds(content, CANARY)}
    return sorted(places - {"file provision.yaml"})


def test_key_is_in_nothing_that_was_sent_and_nothing_that_is_kept(leaky: Site) -> None:
    answers = chats(leaky)
    assert {200, 404, 502} <= {answer.status_code for answer in answers}
    seen = pages(leaky)
    assert len(seen) > 40
    assert any("refusing" in page.text and "401" in page.text for page in seen)
    told = [page for page in answers + seen if holds(page.content, CANARY)]
    headers = [
        page for page in answers + seen if holds(str(page.headers).encode(), CANARY)
    ]
    assert [str(page.url) for page in told + headers] == []
    assert lying_about(leaky) == []


def test_key_was_sent_to_the_provider(leaky: Site, stub_server: Stub) -> None:
    with leaky.client(leaky.token("ben")) as client:
        assert ask(client, "leak-refusing", stream=False).status_code == 502
    assert CANARY in stub_server.calls[-1].headers["authorization"]


@pytest.mark.parametrize("fault", BROKEN)
def test_key_is_not_in_what_is_said_of_a_broken_file(leaky: Site, fault: str) -> None:
    text = "schema: moa-provision/1\n" + BROKEN[fault].format(canary=CANARY)
    done = provision(leaky, text)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.strip()
    assert not holds((done.stdout + done.stderr).encode(), CANARY), done.stderr


def test_key_is_not_in_what_the_terminal_shows(leaky: Site) -> None:
    done = leaky.manage("run", "research/leak-refusing", PROMPT, "--json", check=False)
    assert done.returncode == 1
    assert not holds((done.stdout + done.stderr).encode(), CANARY)


SPELT = {
    "plain": CANARY,
    "upper": CANARY.upper(),
    "url": quote(CANARY, safe=""),
    "percent": "".join(f"%{byte:02X}" for byte in CANARY.encode()),
    "hex": CANARY.encode().hex(),
    **{
        f"base64-{shift}": b64encode(b"x" * shift + CANARY.encode() + b"more").decode()
        for shift in range(4)
    },
}


@pytest.mark.parametrize("spelling", SPELT)
def test_search_knows_the_key_in_each_spelling(spelling: str) -> None:
    assert holds(f"before {SPELT[spelling]} after".encode(), CANARY)
    assert not holds(b"sk-something-else-7f3a91c2", CANARY)


def test_search_finds_the_key_in_a_file_and_in_a_process(leaky: Site) -> None:
    file = leaky.data / "control.log"
    waiting = [sys.executable, "-c", "input()", CANARY]
    with subprocess.Popen(waiting, stdin=subprocess.PIPE) as process:
        try:
            file.write_text(f"a line with {b64encode(CANARY.encode()).decode()} in it")
            found = lying_about(leaky)
        finally:
            file.unlink()
            process.communicate(b"\n")
    assert found == ["file control.log", f"process {process.pid}"]


def test_search_finds_the_key_in_compressed_rows(tmp_path: Path) -> None:
    file = tmp_path / "control.sqlite3"
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("CREATE TABLE control (id INTEGER, packed BLOB)")
        packed = zlib.compress(CANARY.encode())
        database.execute("INSERT INTO control VALUES (1, ?)", (packed,))
    assert not holds(file.read_bytes(), CANARY)
    assert [where for where, row in rows_of(file) if holds(row, CANARY)] == [
        "table control"
    ]


def test_search_finds_the_key_in_every_kind_of_valkey_key(valkey: redis.Redis) -> None:
    valkey.set("string", CANARY)
    valkey.rpush("list", CANARY)
    valkey.hset("hash", "field", CANARY)
    valkey.sadd("set", CANARY)
    valkey.zadd("zset", {CANARY: 1})
    valkey.xadd("stream", {"e": CANARY})
    valkey.set(f"named {CANARY}", 1)
    valkey.set("innocent", 1)
    found = [where for where, content in keys_of(valkey) if holds(content, CANARY)]
    assert len(found) == 7
    assert "key b'innocent'" not in found
