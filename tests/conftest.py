"""Fixtures for all tests."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections

from tests.sites import Site, provision_text, running_site
from tests.stub.server import Stub

pytest_plugins = [
    "tests.people",
    "tests.access_house",
    "tests.browser",
    "tests.stub.fixtures",
    "tests.redis_fixtures",
    "tests.postgres",
]


def pytest_configure() -> None:
    """Let Ctrl-C mean something again where a shell started the suite with `&`."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A test database in a file: threads of a worker share it as in the product."""
    database: dict[str, Any] = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        name = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
        database.setdefault("TEST", {})["NAME"] = name
        connections["default"].settings_dict.setdefault("TEST", {})["NAME"] = name


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, stub_server: Stub) -> Iterator[Site]:
    """The whole product, started by `manage.py up`, with the stub as provider."""
    data: Path = tmp_path_factory.mktemp("site")
    with running_site(data, provision=provision_text(stub_server.base_url)) as running:
        yield running
