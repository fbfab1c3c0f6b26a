"""The composer: what it offers, what it refuses beside the field, one run a click."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from playground.accounts.models import User
from playground.recipes.models import Recipe, Revision
from playground.recipes.presets.files import SLUGS
from playground.runs.models import Draft, Run
from tests.pages.stock import a_catalogue, a_recipe
from tests.runs.factories import a_member, a_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(ada: User) -> User:
    """She has a model and a recipe to choose."""
    a_catalogue("fast")
    a_recipe()
    return ada


def form(**more: Any) -> dict[str, Any]:
    return {
        "team": "research",
        "recipe": "two",
        "prompt": "Why?",
        "form_token": str(uuid4()),
        **more,
    }


def test_home_sends_strangers_to_sign_in(client: Client) -> None:
    response = client.get("/")
    assert (response.status_code, response["Location"]) == (302, "/sign-in/?next=%2F")


def test_home_starts_a_run_and_goes_there(client: Client, ada: User) -> None:
    response = client.post("/", form(prompt="Line\r\nbreak"))
    run = Run.objects.get()
    assert response.status_code == 303
    assert response["Location"] == f"/runs/{run.pk}/"
    assert (run.prompt, run.user) == ("Line\nbreak", ada)


def test_a_double_click_is_one_run(client: Client, ada: User) -> None:
    sent = form()
    places = {client.post("/", sent)["Location"] for _ in range(2)}
    assert len(places) == Run.objects.count() == 1


def test_a_prompt_that_is_too_long_stays_with_the_error_beside_it(
    client: Client, ada: User
) -> None:
    prompt = "word " * 60_000
    response = client.post("/", form(prompt=prompt))
    page = response.content.decode()
    assert response.status_code == 413
    assert "300,000 bytes; 262,144 is the most" in page
    assert prompt.strip() in page
    assert not Run.objects.exists()


def test_an_empty_prompt_is_refused_beside_the_field(client: Client, ada: User) -> None:
    response = client.post("/", form(prompt=" "))
    assert response.status_code == 422
    assert response.context["composer"].prompt_error.startswith("The prompt is empty")


def test_a_variable_that_is_missing_is_named_beside_its_field(
    client: Client, ada: User
) -> None:
    a_recipe("asks", variables=[{"name": "tone", "required": True}])
    response = client.post("/", form(recipe="asks"))
    field = response.context["composer"].fields["asks"][0]
    assert (response.status_code, field.error) == (422, "is required: give it a value")


def test_variables_reach_the_run_in_their_types(client: Client, ada: User) -> None:
    variables = [
        {"name": "words", "type": "integer"},
        {"name": "formal", "type": "boolean"},
        {"name": "tone"},
    ]
    a_recipe("asks", variables=variables)
    client.post("/", form(recipe="asks", **{"var-asks-words": "20"}))
    assert Run.objects.get().variables == {"words": 20, "formal": False}


def test_an_unknown_model_is_refused_at_the_button(client: Client, ada: User) -> None:
    layers = [{"kind": "draft", "slots": [{"model": "gone"}]}]
    a_recipe("old", layers=layers)
    response = client.post("/", form(recipe="old"))
    assert response.status_code == 422
    assert "gone" in response.context["composer"].error


def test_an_unknown_recipe_is_refused(client: Client, ada: User) -> None:
    response = client.post("/", form(recipe="nothing"))
    assert (response.status_code, Run.objects.count()) == (422, 0)


def test_a_viewer_looks_and_does_not_run(client: Client, ada: User) -> None:
    client.force_login(a_member("vera", role="viewer"))
    assert b"Your role in Research is viewer" in client.get("/").content
    assert client.post("/", form()).status_code == 403
    assert not Run.objects.exists()


def test_another_team_is_not_there(client: Client, ada: User) -> None:
    client.force_login(a_member("sten", team="elsewhere"))
    assert client.post("/", form()).status_code == 404


def test_without_a_team_home_says_whom_to_ask(client: Client) -> None:
    client.force_login(User.objects.create(username="new"))
    assert b"You are in no team yet" in client.get("/").content


def test_run_it_again_brings_the_prompt_back(client: Client, ada: User) -> None:
    run = a_run(prompt="Ask </textarea>again")
    page = client.get(f"/?from={run.pk}").content.decode()
    assert "Ask &lt;/textarea&gt;again" in page


def test_home_asks_as_often_for_many_runs_as_for_one(
    client: Client, ada: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    a_run()
    with django_assert_max_num_queries(28) as first:
        client.get("/")
    for _ in range(3):
        a_run()
    a_recipe("three")
    with django_assert_max_num_queries(len(first)):
        client.get("/")


def layers(*seats: int) -> list[dict[str, Any]]:
    """Layers with so many slots each; the last one answers."""
    return [
        {
            "kind": "aggregate" if number == len(seats) > 1 else "draft",
            "slots": [{"model": "fast"} for _ in range(count)],
        }
        for number, count in enumerate(seats, start=1)
    ]


def depths(client: Client, query: str = "") -> list[tuple[str, str, bool]]:
    """What each depth stands for, and whether it is chosen."""
    composer = client.get(f"/{query}").context["composer"]
    return [
        (each.word, each.choice.slug if each.choice else "", each.current)
        for each in composer.depths
    ]


def test_depth_is_a_choice_by_layers_presets_first_then_fewest_calls(
    client: Client, ada: User
) -> None:
    a_recipe("small", layers=layers(1))
    a_recipe("wide", layers=layers(4, 1))
    assert depths(client) == [
        ("Quick", "single", False),
        ("Balanced", "moa-lite-2-1", False),
        ("Deep", "two-rounds", False),
    ]
    balanced = ("Balanced", "moa-lite-2-1", False)
    # the figures beside the word are of another recipe, so it is not marked
    assert depths(client, "?recipe=wide")[1] == balanced
    assert depths(client, "?recipe=moa-lite-2-1")[1] == (*balanced[:2], True)
    for slug in SLUGS:
        a_recipe(slug, layers=layers(5, 5, 1))
    Recipe.objects.filter(slug="wide").update(preset=True)
    a_recipe("deep", layers=layers(2, 2, 2, 1))
    assert depths(client, "?recipe=deep") == [
        ("Quick", "small", False),
        ("Balanced", "wide", False),
        ("Deep", "deep", True),
    ]


def test_the_part_of_the_chosen_recipe_comes_alone_for_htmx(
    client: Client, ada: User
) -> None:
    a_recipe("asks", variables=[{"name": "tone", "help": "How it sounds."}])
    headers = {"HX-Request": "true", "HX-Target": "setup"}
    part = client.get("/?recipe=asks", headers=headers).content.decode()
    assert part.strip().startswith('<div id="setup"')
    assert 'name="var-asks-tone"' in part
    assert "How it sounds." in part


def test_the_chosen_recipe_is_remembered_for_each_team(
    client: Client, ada: User
) -> None:
    a_recipe("wide", layers=layers(4, 1))
    client.get("/?recipe=wide&team=research")
    assert client.get("/?team=research").context["composer"].chosen == "wide"
    a_member("ada", team="elsewhere")
    elsewhere = client.get("/?team=elsewhere").context["composer"]
    assert elsewhere.chosen == "moa-lite-2-1"
    assert client.get("/?team=research").context["composer"].chosen == "wide"


def test_on_another_machine_the_recipe_of_the_last_run_is_chosen(
    client: Client, ada: User
) -> None:
    a_recipe("wide", layers=layers(1))
    a_run(user=ada, revision=Revision.objects.get(recipe__slug="wide"))
    assert client.get("/").context["composer"].chosen == "wide"


def test_an_earlier_run_brings_recipe_and_variables_too(
    client: Client, ada: User
) -> None:
    revision = a_recipe("asks", variables=[{"name": "tone"}])
    run = a_run(prompt="Once more", revision=revision, variables={"tone": "dry"})
    composer = client.get(f"/?from={run.pk}").context["composer"]
    assert (composer.chosen, composer.prompt) == ("asks", "Once more")
    assert composer.chosen_fields[0].value == "dry"


def test_another_teams_run_brings_nothing(client: Client, ada: User) -> None:
    run = a_run(prompt="Once more")
    client.force_login(a_member("sten", team="elsewhere"))
    assert client.get(f"/?from={run.pk}").context["composer"].prompt == ""


def test_a_sample_lies_in_the_composer_without_scripts(
    client: Client, ada: User
) -> None:
    a_recipe("own", sample_prompts=["Ask <i>me</i> this."])
    composer = client.get("/?recipe=own&sample=own-1").context["composer"]
    assert composer.prompt == "Ask <i>me</i> this."
    assert len(composer.samples) == 5
    house = client.get("/?recipe=own&sample=trap").context["composer"]
    assert "seven dollars" in house.prompt
    assert client.get("/?sample=nothing").context["composer"].prompt == ""


def test_a_first_visit_teaches_and_later_ones_do_not(client: Client, ada: User) -> None:
    assert b"Recipes to begin with" in client.get("/").content
    a_run()
    assert b"Recipes to begin with" not in client.get("/").content


def test_a_running_run_says_how_far_it_is(client: Client, ada: User) -> None:
    run = a_run(user=ada, status="running")
    Draft.objects.filter(run=run, layer=1).update(status="done")
    [row] = client.get("/").context["mine"]
    assert (row.note, row.planned) == ("layer 2 of 2", 3)
    assert [dot.kind for dot in row.mark.dots] == ["done", "done", "due"]
