"""A new recipe: from nothing, from another one, from a text or a file."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from playground.accounts.models import User
from playground.recipes.documents import dump_yaml
from playground.recipes.models import Recipe, WorkingCopy
from playground.recipes.presets.files import SLUGS
from tests.pages.stock import a_catalogue, a_recipe
from tests.runs.factories import DOCUMENT, a_member

pytestmark = pytest.mark.django_db
NEW = {**DOCUMENT, "slug": "new"}


@pytest.fixture
def ben(client: Client) -> User:
    """A member who is signed in, with a model and a recipe."""
    a_member()
    user = a_member("ben")
    client.force_login(user)
    a_catalogue("fast")
    a_recipe()
    return user


def begin(client: Client, **form: Any) -> Any:
    return client.post("/recipes/new/", {"team": "research", **form})


@pytest.mark.parametrize(
    ("start", "slug", "slots"),
    [
        ("blank", "new-recipe", [1]),
        ("preset:two-rounds", "two-rounds-3-3-1-copy", [3, 3, 1]),
        ("preset:nonsense", "new-recipe", [1]),
        ("recipe:two", "two-and-one-copy", [2, 1]),
    ],
)
def test_start_opens_in_the_builder(
    client: Client, ben: User, start: str, slug: str, slots: list[int]
) -> None:
    response = begin(client, **{"from": start})
    copy = WorkingCopy.objects.get()
    assert response["Location"] == f"/builder/{copy.pk}/"
    assert (copy.user, copy.recipe, copy.document["slug"]) == (ben, None, slug)
    assert [len(layer["slots"]) for layer in copy.document["layers"]] == slots
    assert "preset" not in copy.document.get("tags", [])
    assert client.get(response["Location"]).status_code == 200


def test_page_offers_presets_and_the_teams_recipes(client: Client, ben: User) -> None:
    page = client.get("/recipes/new/")
    assert [each.slug for each in page.context["presets"]] == list(SLUGS)
    assert [each.slug for each in page.context["others"]] == ["two"]
    text = page.content.decode()
    assert 'value="preset:two-rounds"' in text
    assert 'value="recipe:two"' in text
    assert "Uses fast 3 times as proposer: the team has only one model." in text


def test_without_models_a_blank_recipe_still_opens(client: Client) -> None:
    client.force_login(a_member())
    response = begin(client, **{"from": "preset:single"})
    page = client.get(f"{response['Location']}?at=1.A").content.decode()
    assert "There is no model yet" in page


@pytest.mark.parametrize("write", [dump_yaml, json.dumps])
def test_text_is_imported(client: Client, ben: User, write: Any) -> None:
    response = begin(client, text=write(NEW).replace("\n", "\r\n"))
    assert response.status_code == 303
    assert WorkingCopy.objects.get().document == NEW


def test_file_is_imported(client: Client, ben: User) -> None:
    file = SimpleUploadedFile("new.yaml", b"\xef\xbb\xbf" + dump_yaml(NEW).encode())
    assert begin(client, file=file).status_code == 303
    assert WorkingCopy.objects.get().document == NEW


def test_text_of_a_recipe_that_there_is_edits_it(client: Client, ben: User) -> None:
    begin(client, text=dump_yaml({**DOCUMENT, "name": "From a file"}))
    copy = WorkingCopy.objects.get()
    assert copy.recipe == Recipe.objects.get()
    assert copy.document["name"] == "From a file"
    assert copy.past[0]["document"] == DOCUMENT


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: [", 1, "expected"),
        ("a: 1\na: 2", 2, "is there already"),
        ("- 1", 1, "a mapping of keys"),
        ("", 1, "a mapping of keys"),
        ("schema: moa-recipe/1\nlayers: 5", 2, "must be a list"),
    ],
)
def test_text_that_is_none_is_shown_with_its_line(
    client: Client, ben: User, text: str, line: int, message: str
) -> None:
    response = begin(client, text=text)
    wrongs = response.context["pasted"].wrongs
    assert response.status_code == 422
    assert (wrongs[0].line, message in wrongs[0].message) == (line, True)
    assert b'name="anyway"' not in response.content
    assert not WorkingCopy.objects.exists()


def test_faults_are_told_by_path_and_line_over_the_kept_text(
    client: Client, ben: User
) -> None:
    text = dump_yaml(NEW).replace("kind: aggregate", "kind: choose")
    response = begin(client, text=text)
    [wrong] = response.context["pasted"].wrongs
    assert wrong.path == "layers[1].kind"
    assert text.splitlines()[wrong.line - 1].strip(" -") == "kind: choose"
    assert response.context["pasted"].text == text
    assert not WorkingCopy.objects.exists()
    assert begin(client, text=text, anyway="yes").status_code == 303
    assert WorkingCopy.objects.get().document["layers"][1]["kind"] == "choose"


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"\xff\xfe\x00", "UTF-8"), (b"a: " + b"x" * 262_144, "256 KiB")],
    ids=["bytes", "size"],
)
def test_file_that_is_none_is_refused(
    client: Client, ben: User, content: bytes, message: str
) -> None:
    response = begin(client, file=SimpleUploadedFile("bad.yaml", content))
    assert response.status_code == 422
    assert message in response.context["pasted"].wrongs[0].message
    assert b"bad.yaml is no recipe" in response.content


def test_model_that_is_missing_is_mended_in_the_builder(
    client: Client, ben: User
) -> None:
    text = dump_yaml(NEW).replace("fast", "elsewhere")
    response = begin(client, text=text, mapped="yes")
    page = client.get(response["Location"]).content.decode()
    assert "3 to mend" in page


def test_viewer_makes_none(client: Client, ben: User) -> None:
    client.force_login(a_member("vera", role="viewer"))
    assert client.get("/recipes/new/").status_code == 403
    assert begin(client, **{"from": "blank"}).status_code == 403
    assert begin(client, text=dump_yaml(NEW)).status_code == 403
    assert not WorkingCopy.objects.exists()


def test_stranger_makes_none_here(client: Client, ben: User) -> None:
    client.force_login(a_member("sten", "elsewhere"))
    assert begin(client, **{"from": "blank"}).status_code == 404
    assert client.get("/recipes/new/?team=research").context["team"].slug == "elsewhere"
    assert not WorkingCopy.objects.exists()
