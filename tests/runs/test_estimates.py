"""Estimates from a team's own calls: medians of the newest, of this team alone."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from playground.accounts.models import Team
from playground.catalog.models import ModelCard, Provider
from playground.engine.estimates import ASSUMED, Habit
from playground.engine.plan import parse
from playground.runs.estimates import habits_of, reckon_run
from tests.pages.stock import a_catalogue
from tests.runs.factories import DOCUMENT, a_call, a_member, a_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    """The team of every run here."""
    a_member()
    return Team.objects.get(slug="research")


def test_a_habit_is_the_median_of_what_was_answered(team: Team) -> None:
    run = a_run()
    a_call(run, n=1, tokens_out=60, first_token_ms=500, ended_ms=2_000)
    a_call(run, n=2, tokens_out=90, first_token_ms=700, ended_ms=3_700)
    a_call(run, n=3, tokens_out=30, reasoning_tokens=10, ended_ms=1_100)
    assert habits_of(team, ["fast"]) == {"fast": Habit(60, 60, 0.5, 40.0, calls=3)}


def test_what_was_thought_is_not_what_the_next_layer_reads(team: Team) -> None:
    a_call(a_run(), n=1, tokens_out=60, reasoning_tokens=45)
    assert habits_of(team, ["fast"])["fast"].tokens_shown == 15


def test_failed_calls_other_models_and_other_teams_say_nothing(team: Team) -> None:
    run = a_run()
    a_call(run, n=1, status="failed")
    a_call(run, n=2, alias="slow")
    a_member("sten", team="elsewhere")
    a_call(a_run(team=Team.objects.get(slug="elsewhere")), n=1)
    assert habits_of(team, ["fast"]) == {}


def test_only_the_newest_fifty_calls_count(team: Team) -> None:
    run = a_run()
    for n in range(1, 61):
        a_call(run, n=n, tokens_out=10 if n <= 30 else 90)
    habit = habits_of(team, ["fast"])["fast"]
    assert (habit.calls, habit.tokens_out) == (50, 90)


def test_a_text_in_one_piece_does_not_divide_by_nothing(team: Team) -> None:
    a_call(a_run(), n=1, tokens_out=10, first_token_ms=500, ended_ms=500)
    assert habits_of(team, ["fast"])["fast"].tokens_a_second == 200


def test_an_estimate_says_what_it_rests_on_and_minds_the_provider(team: Team) -> None:
    a_catalogue("fast", "slow")
    Provider.objects.update(max_parallel=1)
    a_call(a_run(), n=1)
    plan = parse(DOCUMENT)
    told = reckon_run(team, plan, "Why?", {})
    assert told.habits["fast"].calls == 1
    assert told.estimate.layers[0].figures.took_ms.likely == 2 * 2_000
    assert told.estimate.unpriced == ("fast",)


def test_without_history_it_says_so(team: Team) -> None:
    a_catalogue("fast")
    assert reckon_run(team, parse(DOCUMENT), "Why?", {}).habits == {"fast": ASSUMED}


def test_an_estimate_asks_as_often_for_many_calls_as_for_one(
    team: Team, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    a_catalogue("fast", "slow")
    run = a_run()
    for n in (1, 2, 3):
        with django_assert_num_queries(5):
            reckon_run(team, parse(DOCUMENT), "Why?", {})
        a_call(run, n=n)


def test_a_model_that_holds_too_little_is_named_with_what_to_trim(team: Team) -> None:
    a_catalogue("fast")
    ModelCard.objects.update(context=700)
    [told] = reckon_run(team, parse(DOCUMENT), "Why?", {}).overflows
    assert str(told).startswith("Layer 2, slot Z: ")
    assert "than fast can hold (700)." in str(told)
    assert "at most 200 characters of each draft" in told.remedy
