"""What home says of a recipe's past runs: medians of those that tell something."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from playground.accounts.models import User
from playground.runs.deletion import remove_runs
from playground.runs.models import Run
from tests.pages.stock import a_catalogue, a_recipe
from tests.runs.factories import a_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(ada: User) -> User:
    """She has a model and a recipe to choose."""
    a_catalogue("fast")
    a_recipe()
    return ada


def usual(client: Client) -> tuple[int, int, int] | None:
    """The chosen recipe's medians: of how many runs, nanos, ms."""
    told = client.get("/").context["choice"].usual
    return told and (told.runs, told.cost_nanos, told.took_ms)


def done(ada: User, *, cost: int, seconds: float, **more: Any) -> Run:
    began = timezone.now() - timedelta(minutes=5)
    return a_run(
        user=ada,
        status="done",
        cost_nanos=cost,
        started_at=began,
        ended_at=began + timedelta(seconds=seconds),
        **more,
    )


def test_medians_are_of_good_whole_runs_only(client: Client, ada: User) -> None:
    assert usual(client) is None
    assert b"no runs yet" in client.get("/").content
    for cost, took in ((100, 1), (300, 2), (900, 9)):
        done(ada, cost=cost, seconds=took)
    done(ada, cost=5, seconds=0.1, branch={"kind": "edited"})
    a_run(user=ada, status="failed", cost_nanos=7)
    assert usual(client) == (3, 300, 2000)


def test_medians_outlive_the_texts_of_their_runs(client: Client, ada: User) -> None:
    run = done(ada, cost=100, seconds=1)
    remove_runs([run.pk])
    assert usual(client) == (1, 100, 1000)
