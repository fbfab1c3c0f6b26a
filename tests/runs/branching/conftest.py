"""What runs go on from: a finished parent, priced models, a member."""

from __future__ import annotations

import pytest
import redis

from playground.accounts.access import Viewer
from playground.catalog.models import ModelCard, Price, Provider
from playground.runs.models import Run
from tests.runs.driving import finished
from tests.runs.factories import a_member, a_run


@pytest.fixture(autouse=True)
def _priced(valkey: redis.Redis) -> None:
    provider = Provider.objects.create(
        slug="stub", name="Stub", base_url="http://127.0.0.1:1/v1"
    )
    for alias in ("fast", "bold"):
        card = ModelCard.objects.create(alias=alias, provider=provider, model="m")
        Price.objects.create(card=card, input=1, output=2)


@pytest.fixture
def parent() -> Run:
    return finished(a_run())


@pytest.fixture
def ada() -> Viewer:
    return Viewer(a_member())
