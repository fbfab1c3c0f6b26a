"""What a run will come to, beside the composer and live."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from playground.accounts.models import User
from playground.catalog.models import ModelCard, Price
from playground.pages.estimates import Forecast
from playground.runs.models import Run
from tests.pages.stock import a_catalogue, a_recipe
from tests.runs.factories import a_call, a_member, a_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(ada: User) -> User:
    """She has a priced model and a recipe to choose."""
    a_catalogue("fast")
    card = ModelCard.objects.get(alias="fast")
    Price.objects.create(card=card, input=1, output=4)
    a_recipe()
    return ada


def forecast(client: Client, **more: Any) -> Forecast:
    sent = {"team": "research", "recipe": "two", "prompt": "Why?", **more}
    response = client.post("/estimate/", sent)
    assert response.status_code == 200
    found: Forecast = response.context["forecast"]
    return found


def test_home_shows_what_the_chosen_recipe_comes_to(client: Client, ada: User) -> None:
    page = client.get("/").content.decode()
    assert 'id="estimate" hx-post="/estimate/"' in page
    assert "No history of fast: 400 tokens, 40 a second, assumed." in page


def test_history_takes_the_place_of_what_is_assumed(client: Client, ada: User) -> None:
    a_call(a_run(), n=1)
    told = forecast(client)
    assert told.grounds == "Likely from 1 call of fast."
    assert [each.likely for each in told.gauges] == ["$0.0010", "4.0 s", "315", "180"]


def test_a_longer_prompt_is_read_by_every_call(client: Client, ada: User) -> None:
    def tokens_in(prompt: str) -> int:
        return int(forecast(client, prompt=prompt).gauges[2].low.replace(",", ""))

    assert tokens_in("four" * 401) - tokens_in("four") == 3 * 400


def test_variables_are_counted_too(client: Client, ada: User) -> None:
    variables = [{"name": "tone", "type": "text"}]
    a_recipe("asks", variables=variables, system_prompt="{{tone}}")
    short = forecast(client, recipe="asks")
    told = forecast(client, recipe="asks", **{"var-asks-tone": "four" * 100})
    assert short.gauges[2].low != told.gauges[2].low


def test_a_model_without_a_price_is_said_to_be_so(client: Client, ada: User) -> None:
    a_catalogue("unknown")
    layers = [{"kind": "draft", "slots": [{"model": "unknown"}]}]
    a_recipe("bare", layers=layers)
    sent = {"team": "research", "recipe": "bare", "prompt": "Why?"}
    page = client.post("/estimate/", sent).content.decode()
    assert "No price is known for unknown" in page


def test_a_bar_begins_at_low_and_is_marked_at_likely(client: Client, ada: User) -> None:
    for gauge in forecast(client).gauges:
        assert 0 <= gauge.start <= gauge.mark <= 100
        assert gauge.start + gauge.width == pytest.approx(100)


def test_an_estimate_starts_nothing(client: Client, ada: User) -> None:
    forecast(client)
    assert not Run.objects.exists()
    assert client.get("/estimate/").status_code == 405


def test_another_teams_recipe_is_not_there(client: Client, ada: User) -> None:
    client.force_login(a_member("sten", team="elsewhere"))
    sent = {"team": "research", "recipe": "two", "prompt": "Why?"}
    assert client.post("/estimate/", sent).status_code == 404


def test_many_models_are_counted_and_not_listed(client: Client, ada: User) -> None:
    names = ["a", "b", "c", "d", "e"]
    a_catalogue(*names)
    slots = [{"model": name} for name in names]
    a_recipe("wide", layers=[{"kind": "aggregate", "slots": slots}])
    assert forecast(client, recipe="wide").grounds.startswith("No history of 5 models")
    for n, name in enumerate(names, start=1):
        a_call(a_run(), n=n, alias=name)
    told = forecast(client, recipe="wide").grounds
    assert told == "Likely from 5 calls of 5 models."


def test_the_choice_of_a_recipe_keeps_the_prompt_in_the_estimate(
    client: Client, ada: User
) -> None:
    a_recipe("other")
    sent = {"team": "research", "recipe": "other", "prompt": "four" * 400, "show": "1"}
    headers = {"HX-Request": "true", "HX-Target": "setup"}
    response = client.post("/", sent, headers=headers)
    assert response.content.decode().strip().startswith('<div id="setup"')
    assert response.context["forecast"] == forecast(
        client, recipe="other", prompt="four" * 400
    )
    assert client.get("/").context["composer"].chosen == "other"


def test_it_asks_as_often_for_many_models_as_for_one(
    client: Client, ada: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(14) as first:
        forecast(client)
    a_catalogue("b", "c")
    slots = [{"model": name} for name in ("fast", "b", "c")]
    a_recipe("wide", layers=[{"kind": "aggregate", "slots": slots}])
    a_call(a_run(), n=1)
    with django_assert_max_num_queries(len(first)):
        forecast(client, recipe="wide")


def test_advice_comes_with_its_source_and_changes_with_the_prompt(
    client: Client, ada: User
) -> None:
    sent = {"team": "research", "recipe": "two", "prompt": "Is 91 prime?"}
    page = client.post("/estimate/", sent).content.decode()
    assert "<strong>Disputed.</strong> Every slot of layer 1 is fast." in page
    assert 'href="https://arxiv.org/abs/2203.11171"' in page
    assert [each.is_disputed for each in forecast(client).advice] == [True]


def test_a_prompt_that_no_model_of_a_slot_can_hold_is_refused_beside_it(
    client: Client, ada: User
) -> None:
    ModelCard.objects.update(context=1000)
    sent = {"team": "research", "recipe": "two", "prompt": "four" * 5000}
    assert "Likely too long." in client.post("/estimate/", sent).content.decode()
    response = client.post("/", sent)
    assert response.status_code == 422
    assert response.context["composer"].prompt_error.startswith("Layer 1, slot A: ")
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("keys", "calls", "why"),
    [
        ({}, 12, "4 times 3 for every two of 4 drafts, in both orders"),
        (
            {"combine": "max_wins"},
            12,
            "4 times 3 for every two of 4 drafts, in both orders",
        ),
        (
            {"combine": "bubble"},
            6,
            "2 times 3 for one pass over 4 drafts, in both orders",
        ),
        ({"method": "listwise"}, 1, "one list of 4 drafts"),
        ({"method": "score"}, 4, "one for each of 4 drafts"),
    ],
)
def test_a_rank_says_what_its_calls_are_about(
    client: Client, ada: User, keys: dict[str, str], calls: int, why: str
) -> None:
    fast = [{"model": "fast"}]
    layers = [
        {"kind": "draft", "slots": [{"model": "fast", "samples": 4}]},
        {"kind": "rank", "slots": fast, **keys},
        {"kind": "aggregate", "slots": fast},
    ]
    a_recipe("ranked", layers=layers)
    row = forecast(client, recipe="ranked").rows[1]
    assert (row.calls, row.why) == (calls, why)
    two = [*layers[:1], {**layers[1], "slots": fast * 2}, layers[2]]
    a_recipe("judged", layers=two)
    row = forecast(client, recipe="judged").rows[1]
    assert (row.calls, row.why) == (2 * calls, f"{why}, from each of 2 judges")
