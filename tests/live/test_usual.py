"""What is usual comes from the team's last runs of the recipe, in two queries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from playground.live.usual import NOT_KNOWN, Pace, usual_of
from playground.runs.models import Run
from tests.runs.factories import a_call, a_run

pytestmark = pytest.mark.django_db


def a_past_run(seconds: int, **more: object) -> Run:
    began = timezone.now() - timedelta(hours=1)
    ended = began + timedelta(seconds=seconds)
    run = a_run(status="done", started_at=began, ended_at=ended, **more)
    a_call(run, n=1, first_token_ms=100 * seconds, ended_ms=1_000 * seconds)
    return run


def test_medians_are_of_the_runs_before() -> None:
    for seconds in (2, 4, 9):
        a_past_run(seconds)
    run = a_run()
    a_past_run(99)
    usual = usual_of(run)

    assert usual.took == (3_000, 6_500)
    assert usual.words == "3.0 to 6.5 s"
    assert usual.pace("1.A.1", "fast") == Pace(400, 4_000)
    assert usual.pace("1.A.1", "another") is None
    assert usual.layers == {1: 4_000}


def test_two_runs_are_no_habit() -> None:
    a_past_run(2)
    a_past_run(4)

    assert usual_of(a_run()) is NOT_KNOWN


def test_failed_runs_and_failed_calls_do_not_count() -> None:
    for seconds in (2, 2, 2):
        run = a_past_run(seconds)
        a_call(run, n=2, status="failed", ended_ms=90_000)
    Run.objects.filter(pk=a_past_run(50).pk).update(status="failed")

    assert usual_of(a_run()).pace("1.A.1", "fast") == Pace(200, 2_000)


def test_many_runs_are_asked_for_as_often_as_few(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(6):
        a_past_run(3)
    run = a_run()
    with django_assert_num_queries(2):
        usual_of(run)
