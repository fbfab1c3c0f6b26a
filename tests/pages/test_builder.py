"""The builder over plain forms: its buttons, its steps, saving, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from playground.recipes.models import Recipe, Revision, WorkingCopy
from tests.pages.at_builder import Builder, ben_at_the_builder
from tests.runs.factories import DOCUMENT, a_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def bench(client: Client) -> Builder:
    """Ben at the builder with the recipe `two`."""
    return ben_at_the_builder(client)


def test_edit_makes_one_copy_and_goes_there(client: Client, bench: Builder) -> None:
    WorkingCopy.objects.all().delete()
    places = {client.post("/recipes/research/two/edit/")["Location"] for _ in range(2)}
    assert places == {f"/builder/{WorkingCopy.objects.get().pk}/"}


def test_edit_of_an_older_revision_is_one_step_that_can_be_undone(
    client: Client, bench: Builder
) -> None:
    newer = {**DOCUMENT, "name": "Newer"}
    Revision.objects.create(recipe=Recipe.objects.get(), number=2, document=newer)
    WorkingCopy.objects.all().delete()
    client.post("/recipes/research/two/edit/", {"revision": "1"})
    copy = WorkingCopy.objects.get()
    assert copy.document == DOCUMENT
    assert copy.base is not None
    assert copy.base.number == 2
    assert copy.past[0]["document"] == newer


@pytest.mark.parametrize("at", ["0", "1", "1.A", "1.~2", "2.Z", "9.Q", "x", "1.~99"])
def test_each_place_has_a_page(bench: Builder, at: str) -> None:
    assert bench.client.get(bench.address, {"at": at}).status_code == 200


@pytest.mark.parametrize(
    ("at", "do", "labels", "onward"),
    [
        ("1.A", "slot-add", ["A C B", "Z"], "1.C"),
        ("0", "slot-add:0", ["A B C", "Z"], "1.C"),
        ("1.A", "slot-copy", ["A C B", "Z"], "1.C"),
        ("1.A", "duplicate", ["A C B", "Z"], "1.C"),
        ("1", "duplicate", ["A B", "A B", "Z"], "2"),
        ("1.B", "slot-up", ["B A", "Z"], "1.B"),
        ("1.A", "slot-up", ["A B", "Z"], "1.A"),
        ("1.A", "slot-down", ["B A", "Z"], "1.A"),
        ("1.B", "slot-right", ["A", "Z B"], "2.B"),
        ("1.B", "slot-left", ["A B", "Z"], "1.B"),
        ("1.B", "slot-remove", ["A", "Z"], "1.A"),
        ("2.Z", "remove", ["A B", ""], "2"),
        ("2", "remove", ["A B"], "1"),
        ("1", "layer-right", ["Z", "A B"], "2"),
        ("1", "layer-left", ["A B", "Z"], "1"),
        ("1.A", "layer-add", ["A B", "A B", "Z"], "2.A"),
        ("0", "layer-add", ["A B", "A B", "Z"], "1.A"),
        ("1", "layer-add:2", ["A B", "Z", "A"], "3.A"),
        ("0", "slot-to:0.0:1.0", ["B", "A Z"], "2.A"),
        ("0", "layer-to:1:0", ["Z", "A B"], "1"),
        ("1.A", "go:2.~1", ["A B", "Z"], "2.Z"),
    ],
)
def test_button_does_what_it_says(
    bench: Builder, at: str, do: str, labels: list[str], onward: str
) -> None:
    response = bench.send(at, do=do)
    assert bench.labels() == labels
    assert response["Location"] == f"{bench.address}?at={onward}"
    if labels != ["A B", "Z"] or "up" in do:
        bench.send("0", do="undo")
    assert bench.document == DOCUMENT


def test_new_slot_has_a_model_that_the_layer_lacks(bench: Builder) -> None:
    bench.send("1.B", do="slot-add")
    assert bench.document["layers"][0]["slots"][2] == {"model": "slow"}


def test_layer_added_last_writes_the_answer_of_the_drafts_before(
    bench: Builder,
) -> None:
    bench.send("2", do="remove")
    bench.send("1", do="layer-add:1")
    assert bench.document["layers"][1] == {
        "kind": "aggregate",
        "slots": [{"model": "fast"}],
    }


@pytest.mark.parametrize(
    "do",
    [
        "nonsense",
        "slot-to:1",
        "slot-to:9.9:9.9",
        "layer-to:7:0",
        "fallback-remove:5",
        "fallback-remove",
        "drop:nothing.here",
        "drop:",
        "slot-add:99",
        "variable-remove:3",
        "<script>",
        "slot-up:" + "9" * 99,
    ],
)
def test_what_cannot_be_done_is_refused(bench: Builder, do: str) -> None:
    response = bench.send("1.A", do=do)
    assert response.status_code == 422
    assert bench.document == DOCUMENT


@pytest.mark.parametrize("do", ["slot-up", "slot-copy", "layer-left", "layer-remove"])
def test_act_without_its_part_is_refused(bench: Builder, do: str) -> None:
    assert bench.send("0", do=do).status_code == 422


def test_undo_and_redo_lead_to_where_it_was(bench: Builder) -> None:
    bench.send("2.Z", slot__retries="4")
    bench.send("1.A", slot__retries="3")
    changed = bench.document
    assert bench.send("0", do="undo")["Location"].endswith("?at=1.A")
    assert bench.send("0", do="undo")["Location"].endswith("?at=2.Z")
    assert bench.document == DOCUMENT
    bench.send("0", do="undo")
    bench.send("0", do="redo")
    bench.send("0", do="redo")
    assert bench.document == changed


def test_typing_in_one_field_is_one_step(bench: Builder) -> None:
    for text in ("T", "Tw", "Two"):
        bench.send("0", recipe__description=text)
    assert len(bench.copy.past) == 1
    bench.send("1.A", slot__retries="3")
    assert len(bench.copy.past) == 2


def test_form_of_an_older_state_is_refused(bench: Builder) -> None:
    bench.send("1.A", slot__retries="3")
    response = bench.send("1.A", slot__retries="5", version="1")
    assert response.status_code == 409
    assert "changed in another tab" in response.content.decode()
    assert bench.document["layers"][0]["slots"][0]["retries"] == 3
    bench.send("1.A", slot__retries="6", version="*")
    assert bench.document["layers"][0]["slots"][0]["retries"] == 6


def test_saving_leads_to_the_recipe(bench: Builder) -> None:
    response = bench.send("0", do="save", recipe__name="Uno")
    assert response["Location"] == "/recipes/research/two/"
    assert Revision.objects.get(number=2).document["name"] == "Uno"
    assert not WorkingCopy.objects.exists()
    assert b"Saved as revision 2." in bench.client.get("/recipes/research/two/").content


def test_saving_and_running_leads_to_the_composer(bench: Builder) -> None:
    response = bench.send("0", do="save-run", recipe__slug="uno")
    assert response["Location"] == "/?team=research&recipe=uno"


def test_what_cannot_run_is_kept_and_not_saved(bench: Builder) -> None:
    response = bench.send("1.A", do="save", slot__model="gone")
    assert response.status_code == 422
    assert "not saved yet" in response.content.decode()
    assert bench.document["layers"][0]["slots"][0]["model"] == "gone"
    assert Revision.objects.count() == 1


def test_stale_save_shows_both_and_loses_neither(bench: Builder) -> None:
    recipe = Recipe.objects.get()
    theirs = {**DOCUMENT, "name": "Theirs", "description": "new"}
    Revision.objects.create(recipe=recipe, number=2, document=theirs)
    response = bench.send("0", do="save", recipe__name="Mine")
    assert response["Location"] == f"{bench.address}stale/"
    assert b"saved revision 2 since" in bench.client.get(bench.address).content
    page = bench.client.get(response["Location"])
    assert [change.new for change in page.context["mine"]] == ["Mine"]
    assert [change.new for change in page.context["theirs"]] == ["Theirs", "new"]
    assert page.context["shared"] == ["name"]
    saved = bench.client.post(bench.address, {"do": "save", "over": "2"})
    assert saved["Location"] == "/recipes/research/two/"
    names = [each.document["name"] for each in recipe.revisions.all()]
    assert names == ["Mine", "Theirs", "Two and one"]


def test_theirs_can_be_taken(bench: Builder) -> None:
    theirs = {**DOCUMENT, "name": "Theirs"}
    Revision.objects.create(recipe=Recipe.objects.get(), number=2, document=theirs)
    bench.send("0", recipe__name="Mine")
    bench.client.post(f"{bench.address}stale/")
    assert bench.document["name"] == "Theirs"
    assert bench.client.get(f"{bench.address}stale/").status_code == 302
    bench.send("0", do="undo")
    assert bench.document["name"] == "Mine"


def test_changes_are_shown_and_discarded(bench: Builder) -> None:
    bench.send("0", recipe__name="Mine")
    page = bench.client.get(f"{bench.address}changes/")
    assert [change.new for change in page.context["changes"]] == ["Mine"]
    response = bench.client.post(f"{bench.address}discard/")
    assert response["Location"] == "/recipes/research/two/"
    assert not WorkingCopy.objects.exists()
    assert bench.client.get(bench.address).status_code == 404


def test_another_persons_copy_is_not_found(bench: Builder) -> None:
    for name in ("ada", "sten"):
        bench.client.force_login(a_member(name, "research" if name == "ada" else "x"))
        assert bench.client.get(bench.address).status_code == 404
        assert bench.client.post(bench.address, {"do": "save"}).status_code == 404


def test_page_asks_as_often_for_many_slots_as_for_few(
    bench: Builder, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(20) as few:
        bench.client.get(bench.address, {"at": "1.A"})
    number = len(few)
    for _ in range(6):
        bench.send("1.A", do="slot-copy")
        bench.send("1.A", do="layer-copy")
    with django_assert_max_num_queries(number):
        bench.client.get(bench.address, {"at": "1.A"})
