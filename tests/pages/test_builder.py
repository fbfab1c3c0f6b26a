"""The builder over plain forms: every button, every field, and what it refuses."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from playground.accounts.access import Viewer
from playground.accounts.models import User
from playground.pages.builder.forms import shown_form
from playground.pages.builder.places import read_place
from playground.recipes.copies import begin_copy
from playground.recipes.models import Recipe, Revision, WorkingCopy
from playground.recipes.outline import labels_of, outline_of
from tests.pages.test_home import a_catalogue, a_recipe
from tests.runs.factories import DOCUMENT, a_member

pytestmark = pytest.mark.django_db


class Builder:
    """A person at the builder, who sends its forms as a browser does."""

    def __init__(self, client: Client, copy: WorkingCopy) -> None:
        self.client = client
        self.pk = copy.pk
        self.address = f"/builder/{copy.pk}/"

    @property
    def copy(self) -> WorkingCopy:
        return WorkingCopy.objects.get(pk=self.pk)

    @property
    def document(self) -> dict[str, Any]:
        return self.copy.document

    def send(self, at: str, do: str = "keep", htmx: bool = False, **fields: Any) -> Any:
        """Send the form that is shown at a place, with some fields filled in."""
        place = read_place(at, outline_of(self.document))
        form: dict[str, Any] = {"part": []}
        for name, value in shown_form(self.document, place):
            if name == "part":
                form["part"].append(value)
            else:
                form[name] = value
        form |= {"place": place.fixed, "do": do, "version": str(self.copy.version)}
        form |= {name.replace("__", "."): value for name, value in fields.items()}
        form = {name: value for name, value in form.items() if value is not None}
        headers = {"HX-Request": "true"} if htmx else {}
        return self.client.post(self.address, form, headers=headers)

    def labels(self) -> list[str]:
        return [" ".join(labels_of(layer)) for layer in self.document["layers"]]


@pytest.fixture
def ben(client: Client) -> User:
    """A member who is signed in, with a recipe and two models."""
    a_member()
    user = a_member("ben")
    client.force_login(user)
    a_catalogue("fast", "slow")
    a_recipe()
    return user


@pytest.fixture
def bench(client: Client, ben: User) -> Builder:
    """Ben at the builder with the recipe `two`."""
    return Builder(client, begin_copy(Viewer(ben), Recipe.objects.get()))


def test_edit_makes_one_copy_and_goes_there(client: Client, ben: User) -> None:
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


@pytest.mark.parametrize("at", ["0", "1", "1.A", "2", "2.Z"])
def test_form_that_comes_back_untouched_changes_nothing(
    bench: Builder, at: str
) -> None:
    bench.send(at)
    copy = bench.copy
    assert (copy.document, copy.past, copy.version) == (DOCUMENT, [], 1)


def test_field_is_set_and_emptied_again(bench: Builder) -> None:
    response = bench.send("1.B", slot__params__temperature="0.5")
    assert response.status_code == 303
    assert response["Location"] == f"{bench.address}?at=1.B"
    assert bench.document["layers"][0]["slots"][1]["params"] == {"temperature": 0.5}
    bench.send("1.B", slot__params__temperature="")
    assert bench.document == DOCUMENT


@pytest.mark.parametrize(
    ("at", "name", "sent", "path", "value"),
    [
        ("1", "layer.quorum", "2", "layers.0.quorum", 2),
        ("1", "layer.name", " Drafts", "layers.0.name", " Drafts"),
        ("1", "layer.on_fail", "abort", "layers.0.on_fail", "abort"),
        ("2", "layer.sees", "all", "layers.1.sees", "all"),
        ("2", "layer.pack.anonymise", "true", "layers.1.pack.anonymise", True),
        ("2", "layer.pack.order", "shuffle", "layers.1.pack.order", "shuffle"),
        ("2", "layer.pack.header", "a\r\nb", "layers.1.pack.header", "a\nb"),
        ("1.A", "slot.model", "slow", "layers.0.slots.0.model", "slow"),
        ("1.A", "slot.samples", "3", "layers.0.slots.0.samples", 3),
        ("1.A", "slot.label", "Q", "layers.0.slots.0.label", "Q"),
        ("1.A", "slot.params.top_p", "1.0", "layers.0.slots.0.params.top_p", 1.0),
        ("1.A", "slot.params.stop", "a\r\n\r\nb", "layers.0.slots.0.params.stop", ["a", "b"]),
        ("1.A", "slot.params.stop", '["a\\nb"]', "layers.0.slots.0.params.stop", ["a\nb"]),
        ("1.A", "slot.params.extra", '{"k": 1}', "layers.0.slots.0.params.extra", {"k": 1}),
        ("1.A", "slot.params.extra", "{nonsense", "layers.0.slots.0.params.extra", "{nonsense"),
        ("1.A", "slot.params.seed", "1e400", "layers.0.slots.0.params.seed", "1e400"),
        ("0", "recipe.tags", "a, b,,", "tags", ["a", "b"]),
        ("0", "recipe.limits.max_cost_usd", "0.05", "limits.max_cost_usd", 0.05),
        ("0", "recipe.name", "", "name", None),
    ],
)  # fmt: skip
def test_field_is_read_into_its_key(
    bench: Builder, at: str, name: str, sent: str, path: str, value: Any
) -> None:
    bench.send(at, **{name.replace(".", "__"): sent})
    found: Any = bench.document
    for key in path.split("."):
        found = found[int(key)] if key.isdecimal() else found.get(key)
    assert (found, type(found)) == (value, type(value))


def test_which_system_prompt_holds(bench: Builder) -> None:
    slot = lambda: bench.document["layers"][0]["slots"][0]  # noqa: E731
    bench.send("1.A", slot__system_from="own", slot__system_prompt="Be brief.")
    assert slot()["system_prompt"] == "Be brief."
    bench.send("1.A", slot__system_from="none")
    assert slot()["system_prompt"] == ""
    bench.send("1.A", slot__system_from="recipe")
    assert "system_prompt" not in slot()


def test_layer_that_stops_seeing_drafts_packs_none(bench: Builder) -> None:
    bench.send("2", do="layer-copy")
    bench.send("3", layer__kind="draft", layer__pack__order="shuffle")
    assert bench.document["layers"][2]["pack"] == {"order": "shuffle"}
    bench.send("3", layer__sees="none")
    assert "pack" not in bench.document["layers"][2]


def test_kind_takes_the_primary_with_it(bench: Builder) -> None:
    bench.send("2.Z", do="slot-add")
    bench.send("2", layer__primary="Y")
    assert bench.document["layers"][1]["primary"] == "Y"
    bench.send("2", layer__kind="draft")
    assert "primary" not in bench.document["layers"][1]


def test_variables_and_sample_prompts_come_and_go(bench: Builder) -> None:
    bench.send("0", do="variable-add")
    bench.send(
        "0",
        recipe__variables__0__name="depth",
        recipe__variables__0__default="3",
        recipe__variables__0__required="true",
    )
    variable = {"name": "depth", "default": "3", "required": True}
    assert bench.document["variables"] == [variable]
    bench.send("0", recipe__variables__0__type="integer")
    assert bench.document["variables"] == [
        {**variable, "type": "integer", "default": 3}
    ]
    bench.send("0", do="sample-add")
    bench.send("0", recipe__sample_prompts__0="Why?")
    assert bench.document["sample_prompts"] == ["Why?"]
    bench.send("0", recipe__sample_prompts__0="")
    assert bench.document["sample_prompts"] == [""]
    bench.send("0", do="sample-remove:0")
    bench.send("0", do="variable-remove:0")
    assert bench.document == DOCUMENT


def test_fallbacks_are_added_in_order(bench: Builder) -> None:
    slot = lambda: bench.document["layers"][0]["slots"][0]  # noqa: E731
    bench.send("1.A", do="fallback-add", slot__fallback_add="slow")
    bench.send("1.A", do="fallback-add", slot__fallback_add="fast")
    bench.send("1.A", do="fallback-add", slot__fallback_add="")
    assert slot()["fallback"] == ["slow", "fast"]
    bench.send("1.A", do="fallback-up:1")
    assert slot()["fallback"] == ["fast", "slow"]
    bench.send("1.A", do="fallback-remove:0")
    bench.send("1.A", do="fallback-remove:0")
    assert bench.document == DOCUMENT


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


def test_faults_stand_beside_their_fields_and_in_a_list(bench: Builder) -> None:
    bench.send("1.A", slot__params__temperature="2.4")
    page = bench.client.get(bench.address, {"at": "1.A"}).content.decode()
    [wrong] = re.findall(r'id="w-f-slot-params-temperature">(.*?)</p>', page, re.DOTALL)
    assert "must be at least 0 and at most 2, not 2.4" in wrong
    assert 'href="?at=1.A#f-slot-params-temperature"' in page
    assert "1 to mend" in page
    other = bench.client.get(bench.address, {"at": "2.Z"}).content.decode()
    assert "must be at least 0" not in other.partition('id="layer"')[2]


def test_key_without_a_field_can_be_taken_out(bench: Builder) -> None:
    content = {**DOCUMENT, "layers": [{**DOCUMENT["layers"][0], "colour": "red"}]}  # type: ignore[index,dict-item]
    WorkingCopy.objects.filter(pk=bench.pk).update(document=content)
    page = bench.client.get(bench.address, {"at": "1"}).content.decode()
    assert 'value="drop:layers[0].colour"' in page
    bench.send("1", do="drop:layers[0].colour")
    assert "colour" not in bench.document["layers"][0]


def test_change_by_htmx_answers_with_all_but_the_fields(bench: Builder) -> None:
    response = bench.send("1.A", htmx=True, slot__params__temperature="9")
    page = response.content.decode()
    assert response["X-Version"] == "2"
    assert response["HX-Replace-Url"] == f"{bench.address}?at=1.A"
    assert 'id="diagram"' in page
    assert "must be at least 0 and at most 2" in page
    assert re.findall(r'<(?:textarea|select|input)[^>]*name="(?!version)', page) == []
    whole = bench.send("1.A", do="slot-add", htmx=True).content.decode()
    assert whole.lstrip().startswith('<div class="page sheet" id="workshop">')


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


def test_document_that_is_too_large_is_refused_and_what_was_kept_stays(
    bench: Builder,
) -> None:
    response = bench.send("0", recipe__description="x" * 262_200)
    assert response.status_code == 422
    assert "256 KiB" in response.content.decode()
    assert bench.document == DOCUMENT


def test_character_that_is_no_text_is_refused(bench: Builder) -> None:
    assert bench.send("0", recipe__name="a\0b").status_code == 422
    assert bench.document == DOCUMENT


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


def test_models_are_listed_with_price_speed_and_seats(bench: Builder) -> None:
    bench.send("1.A", slot__model="gone")
    page = bench.client.get(bench.address, {"at": "1.A"}).content.decode()
    rows = re.findall(r'<tr data-alias="(\w+)".*?</tr>', page, re.DOTALL)
    assert rows == ["gone", "fast", "slow"]
    assert "not in the catalogue" in page
    assert "no price" in page


def test_every_key_comes_through_every_form_unchanged(
    bench: Builder, ben: User
) -> None:
    content = json.loads(EVERYTHING)
    recipe = Recipe.objects.get()
    Revision.objects.create(recipe=recipe, number=2, document=content)
    WorkingCopy.objects.all().delete()
    whole = Builder(bench.client, begin_copy(Viewer(ben), recipe))
    for at in ("0", "1", "1.A", "1.B", "2", "2.Z"):
        assert whole.send(at).status_code == 303
    assert json.dumps(whole.document) == json.dumps(content)


EVERYTHING = """{
 "schema": "moa-recipe/1", "slug": "two", "name": "Every\\nthing", "x_mine": [1, null],
 "description": "\\nstarts with a break", "tags": ["a, b", "c"], "system_prompt": "",
 "variables": [{"name": "a", "type": "number", "default": 1.0}, {"name": "b", "required": false}],
 "sample_prompts": ["one\\r\\ntwo", "three"],
 "limits": {"max_cost_usd": 1.0, "deadline_s": 60, "max_calls": null},
 "layers": [
  {"kind": "draft", "name": "", "sees": "none", "quorum": "1", "on_fail": "drop", "pack": {"order": "by_rank"},
   "slots": [
    {"label": "A", "model": "fast", "samples": 1, "system_prompt": "", "prompt": "",
     "params": {"temperature": "0.5", "top_p": 1, "stop": ["a\\nb", " "], "extra": {"k": [1, {"x": 2.0}]}, "seed": 123456789012345678901234567890}},
    {"model": ["odd"], "retries": 0, "timeout_s": 1e3, "fallback": [], "params": []}]},
  {"kind": "rank", "pack": {"anonymise": "yes", "strip_reasoning": null, "template": "{{text}}\\r"},
   "primary": "Z", "slots": [{"model": "fast", "label": 7}]}]
}"""
