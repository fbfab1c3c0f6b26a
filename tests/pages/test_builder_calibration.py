"""A route's threshold from the scores of past prompts, in the builder."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from playground.accounts.access import Viewer
from playground.engine.plan import parse
from playground.pages.builder.calibrating import Calibration
from playground.recipes.copies import begin_copy
from playground.recipes.models import Recipe, Revision
from playground.runs.models import JournalEntry, Run
from playground.runs.scores import past_scores
from tests.engine.house import draft, recipe, route, slot
from tests.pages.at_builder import Builder, ben_at_the_builder
from tests.runs.factories import a_member, a_run

pytestmark = pytest.mark.django_db
RULES = [{"contains": ["prove"], "score": 5}, {"min_chars": 10, "score": 2}]
BRANCHES = {"above": [draft(slot("fast"))], "below": [draft(slot("fast"))]}


@pytest.fixture
def bench(client: Client) -> Builder:
    """Ben at the recipe `two`, whose second revision has a route by rules."""
    bench = ben_at_the_builder(client)
    return at_route(bench, route(*RULES, **BRANCHES))


def at_route(bench: Builder, fork: dict[str, Any]) -> Builder:
    made = Recipe.objects.get()
    number = made.revisions.count() + 1
    document = {**recipe(fork), "slug": "two"}
    Revision.objects.create(recipe=made, number=number, document=document)
    bench.copy.delete()
    bench.go_to(begin_copy(Viewer(a_member("ben")), made))
    return bench


def newest() -> Revision:
    return Revision.objects.order_by("-number")[0]


def asked(*prompts: str, revision: Revision | None = None) -> list[Run]:
    return [a_run(prompt=each, revision=revision or newest()) for each in prompts]


def scored(score: float | None, *, by: str = "model") -> None:
    [run] = asked("Why?")
    routing = {"side": "above", "threshold": 3, "by": by, "score": score}
    content = {"layer": 1, "at": 5, "closed_by": "all", "routing": routing}
    JournalEntry.objects.create(
        run=run, seq=1, epoch=1, kind="layer_closed", content=content
    )


def calibration(bench: Builder) -> Calibration:
    page = bench.client.get(bench.address, {"at": "1"})
    found: Calibration = page.context["shop"].calibration
    return found


PAST = (
    *["prove it"] * 6,
    *["a longer question"] * 9,
    *["short"] * 10,
)


def test_past_prompts_are_scored_by_the_rules_as_they_are_now(bench: Builder) -> None:
    asked(*PAST)
    found = calibration(bench)
    assert sorted(found.scores) == [0] * 10 + [2] * 9 + [5] * 6
    assert found.share == "With a threshold of 3, 24 % of them go above."
    assert found.rests_on == "25 past prompts of this recipe, scored by these rules."
    assert [(bar.label, bar.above) for bar in found.bars] == [
        *(("0", False), ("2", False), ("5", True)),
    ]


def test_threshold_is_set_for_a_wanted_share(bench: Builder) -> None:
    asked(*PAST)
    bench.send("1", do="calibrate", share="55")
    assert bench.document["layers"][0]["threshold"] == 2
    assert "60 % of them go above" in calibration(bench).share
    bench.send("1", do="undo")
    assert bench.document["layers"][0]["threshold"] == 3


def test_rules_of_the_form_count_and_not_those_of_the_run(bench: Builder) -> None:
    asked(*PAST)
    bench.send("1", layer__rules__1__score="9")
    assert sorted(set(calibration(bench).scores)) == [0, 5, 9]


def test_too_few_prompts_set_nothing_and_say_so(bench: Builder) -> None:
    asked(*PAST[:7])
    found = calibration(bench)
    assert not found.is_enough
    assert "That is too few to tell: from 20 on" in found.rests_on
    page = bench.client.get(bench.address, {"at": "1"}).content.decode()
    assert 'value="calibrate" disabled' in page
    response = bench.send("1", do="calibrate", share="30")
    assert response.status_code == 422
    assert "7 scores of past prompts" in response.content.decode()
    assert bench.document["layers"][0]["threshold"] == 3


def test_recipe_that_never_ran_says_so(bench: Builder) -> None:
    found = calibration(bench)
    assert found.rests_on == (
        "No past prompt of this recipe was scored by these rules: run it first."
    )
    assert (
        "histogram" not in bench.client.get(bench.address, {"at": "1"}).content.decode()
    )


@pytest.mark.parametrize("share", ["", "many", "-1", "101", "nan"])
def test_share_that_is_none_is_refused(bench: Builder, share: str) -> None:
    asked(*PAST)
    assert bench.send("1", do="calibrate", share=share).status_code == 422


def test_route_that_is_wrong_has_no_scores(bench: Builder) -> None:
    asked(*PAST)
    bench.send("1", layer__rules__0__regex="(")
    assert calibration(bench).wrong
    assert bench.send("1", do="calibrate", share="30").status_code == 422


def test_scores_of_a_model_are_those_it_gave(bench: Builder) -> None:
    at_route(bench, route(slots=[slot("fast")], **BRANCHES))
    for score in (1, 4, 4):
        scored(score)
    scored(None, by="fallback")
    found = calibration(bench)
    assert sorted(found.scores) == [1, 4, 4]
    assert found.rests_on.startswith(
        "3 past prompts of this recipe, scored by this model."
    )


def test_scores_of_another_model_do_not_count(bench: Builder) -> None:
    at_route(bench, route(slots=[slot("slow")], **BRANCHES))
    scored(5)
    at_route(bench, route(slots=[slot("fast")], **BRANCHES))
    scored(2)
    assert calibration(bench).scores == (2,)


def test_other_teams_and_recorded_runs_do_not_count(bench: Builder) -> None:
    asked(*PAST)
    Run.objects.filter(prompt="short").update(origin="recorded")
    a_member("eve", team="elsewhere")
    made, fork = Recipe.objects.get(), calibration(bench)
    assert len(fork.scores) == 15
    Run.objects.update(team=a_member("eve", team="elsewhere").memberships.get().team)
    assert calibration(bench).scores == ()
    assert made.team.slug == "research"


def test_queries_do_not_grow_with_the_runs(
    bench: Builder, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made = Recipe.objects.select_related("team").get()
    found = parse(newest().document).layers[0].route
    assert found is not None
    for prompts in (["one"], [*PAST]):
        asked(*prompts)
        with django_assert_num_queries(1):
            past_scores(made.team, made, found, "")


def test_typing_a_threshold_redraws_the_figures(bench: Builder) -> None:
    asked(*PAST)
    part = bench.send("1", htmx=True, layer__threshold="5").content.decode()
    assert 'id="calibration" hx-swap-oob="true"' in part
    assert "With a threshold of 5, 24 % of them go above." in part
