"""A mixture of another program, and models that the catalogue lacks: asked in one form."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from playground.accounts.models import User
from playground.recipes.documents import dump_yaml
from playground.recipes.models import Recipe, WorkingCopy
from tests.pages.stock import a_catalogue, a_recipe
from tests.recipes.foreign import samples
from tests.runs.factories import DOCUMENT, a_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def ben(client: Client) -> User:
    """A member who is signed in, with two models and a recipe."""
    a_member()
    user = a_member("ben")
    client.force_login(user)
    a_catalogue("fast", "gemma2")
    a_recipe()
    return user


def send(client: Client, text: str, **form: Any) -> Any:
    return client.post("/recipes/new/", {"team": "research", "text": text, **form})


@pytest.mark.parametrize("origin", samples.ALL)
def test_what_was_read_is_told_before_anything_opens(
    client: Client, ben: User, origin: str
) -> None:
    response = send(client, samples.ALL[origin])
    assert response.status_code == 200
    page = response.content.decode()
    assert f"Import from {origin}" in page
    assert response.context["pasted"].told
    assert not WorkingCopy.objects.exists()


def test_models_are_chosen_in_one_form(client: Client, ben: User) -> None:
    text = json.dumps(samples.GROQ)
    guesses = send(client, text).context["pasted"].guesses
    assert [(each.name, each.slots) for each in guesses] == [
        ("gemma2-9b-it", 2),
        ("llama-3.1-8b-instant", 2),
        ("llama-3.3-70b-versatile", 1),
    ]
    assert guesses[0].alias == "gemma2"
    chosen = {"model-0": "gemma2", "model-1": "fast", "model-2": "fast"}
    response = send(client, text, mapped="yes", **chosen)
    copy = WorkingCopy.objects.get()
    assert response["Location"] == f"/builder/{copy.pk}/"
    assert [
        [slot["model"] for slot in layer["slots"]] for layer in copy.document["layers"]
    ] == [["gemma2", "fast"], ["gemma2", "fast"], ["fast"]]
    assert client.get(response["Location"]).status_code == 200


def test_model_that_is_left_or_unknown_stays_to_be_mended(
    client: Client, ben: User
) -> None:
    text = json.dumps(samples.GROQ)
    form = {"model-0": "", "model-1": "nobody's", "model-2": "fast"}
    response = send(client, text, mapped="yes", **form)
    first = WorkingCopy.objects.get().document["layers"][0]["slots"]
    assert [slot["model"] for slot in first] == ["gemma2-9b-it", "llama-3.1-8b-instant"]
    assert "4 to mend" in client.get(response["Location"]).content.decode()


def test_import_from_elsewhere_never_edits_a_recipe_of_the_slug(
    client: Client, ben: User
) -> None:
    recipe = Recipe.objects.get()
    Recipe.objects.filter(pk=recipe.pk).update(slug="groq-moa")
    send(client, json.dumps(samples.GROQ), mapped="yes")
    copy = WorkingCopy.objects.get()
    assert (copy.recipe, copy.document["slug"]) == (None, "groq-moa-2")


def test_recipe_of_ours_asks_for_the_models_that_are_missing(
    client: Client, ben: User
) -> None:
    text = dump_yaml({**DOCUMENT, "slug": "new"}).replace("fast", "elsewhere")
    response = send(client, text)
    [guess] = response.context["pasted"].guesses
    assert (response.status_code, guess.name, guess.slots) == (200, "elsewhere", 3)
    send(client, text, mapped="yes", **{"model-0": "fast"})
    assert WorkingCopy.objects.get().document == {**DOCUMENT, "slug": "new"}


def test_text_survives_the_form(client: Client, ben: User) -> None:
    text = "\n\n" + dump_yaml({**DOCUMENT, "slug": "new"}).replace(
        "fast", "</textarea>"
    )
    page = send(client, text).content.decode()
    assert "</textarea>\n      slots" not in page
    assert "&lt;/textarea&gt;" in page


def test_what_is_wrong_with_an_import_is_mended_in_the_builder(
    client: Client, ben: User
) -> None:
    agents = {"a": {"model_name": "fast", "system_prompt": "x" * 20_001}}
    text = json.dumps({"main_model": "fast", "cycles": 1, "layer_agent_config": agents})
    page = send(client, text).content.decode()
    assert "1 thing to mend in the builder" in page
    assert send(client, text, mapped="yes", anyway="yes").status_code == 303


def test_reader_of_a_team_imports_nothing(client: Client, ben: User) -> None:
    client.force_login(a_member("vera", role="viewer"))
    assert send(client, json.dumps(samples.GROQ)).status_code == 403


def test_names_in_what_is_told_stand_as_code_and_stay_text(
    client: Client, ben: User
) -> None:
    agents = {"a": {"model_name": "fast", "<b>`</b>": 1}}
    text = json.dumps({"main_model": "fast", "cycles": 1, "layer_agent_config": agents})
    page = send(client, text).content.decode()
    assert "<code>cycles</code>" in page
    assert "<b>`" not in page
    assert "<code>&lt;b&gt;</code>" in page


@pytest.mark.parametrize("ending", ["yaml", "json"])
def test_exported_recipe_is_imported_as_it_was(
    client: Client, ben: User, ending: str
) -> None:
    odd = {"x_own": [1, 1.0, True, None, "1", "yes", "a\nb"], "tags": ["é", "0x1F"]}
    a_recipe("odd", **odd)
    text = client.get(f"/recipes/research/odd.{ending}").content.decode()
    Recipe.objects.get(slug="odd").delete()
    assert send(client, text).status_code == 303
    document = {**DOCUMENT, "slug": "odd", **odd}
    assert json.dumps(WorkingCopy.objects.get().document) == json.dumps(document)
