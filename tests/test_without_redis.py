"""A whole site whose Redis goes away: people come in, see, start and stop runs."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest

from tests.redis_fixtures import Store
from tests.sites import Site, provision_text, running_site
from tests.stub.server import Stub

ASK = {"role": "user", "content": "Why is the sky blue?"}


@dataclass
class House:
    """The site, its store, and a browser of Ben's."""

    site: Site
    store: Store
    browser: httpx.Client

    def send(self, path: str, **fields: str) -> httpx.Response:
        """Send a form as a browser does."""
        page = self.browser.get("/sign-in/" if path == "/sign-in/" else "/").text
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert found is not None
        fields["csrfmiddlewaretoken"] = found[1]
        return self.browser.post(path, data=fields, headers={"Accept": "text/html"})


@contextmanager
def stopped(store: Store) -> Iterator[None]:
    store.stop()
    try:
        yield
    finally:
        store.start()


@pytest.fixture(scope="module")
def house(
    tmp_path_factory: pytest.TempPathFactory, stub_server: Stub
) -> Iterator[House]:
    store = Store(tmp_path_factory.mktemp("store"))
    store.start()
    data = tmp_path_factory.mktemp("site")
    environment = {"REDIS_URL": f"unix://{store.door}"}
    provision = provision_text(stub_server.base_url)
    try:
        with (
            running_site(data, provision=provision, environment=environment) as site,
            httpx.Client(base_url=site.url, timeout=30) as browser,
        ):
            yield House(site, store, browser)
    finally:
        store.stop()


def wait_for(seen: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.2)


def test_site_works_on_while_redis_is_away(house: House) -> None:
    """One story, because each part of it leans on the one before."""
    browser, token = house.browser, house.site.token("ben")
    with stopped(house.store):
        signed_in = house.send("/sign-in/", username="ben", password="ben rows at dawn")
        assert (signed_in.status_code, signed_in.headers["location"]) == (302, "/")
        assert browser.get("/").status_code == 200

        began = time.monotonic()
        started = house.send("/", recipe="quick", prompt="Why?", team="research")
        assert (started.status_code, time.monotonic() - began < 3) == (303, True)
        run = started.headers["location"]
        page = browser.get(run)
        assert (page.status_code, "Why?" in page.text) == (200, True)
        assert browser.get("/runs/").status_code == 200
        assert browser.get(f"{run[:-1]}.json").json()["status"] in {"queued", "running"}

        other = house.send("/", recipe="lengthy", prompt="Why not?", team="research")
        given_up = other.headers["location"]
        assert house.send(f"{given_up}stop/").status_code == 303
        assert browser.get("/readyz").status_code == 503
        with house.site.client(token) as program:
            assert program.get("/v1/models").status_code == 200

    def status(path: str) -> str:
        return str(browser.get(f"{path[:-1]}.json").json()["status"])

    wait_for(lambda: status(run) == "done", seconds=30)
    wait_for(lambda: status(given_up) == "cancelled", seconds=10)
    assert browser.get(f"{run[:-1]}.json").json()["answer"]["text"]
    wait_for(lambda: browser.get("/readyz").status_code == 200, seconds=20)
