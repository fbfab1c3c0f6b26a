"""The fields of the builder: what each writes, and that none writes by itself."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playground.accounts.access import Viewer
from playground.accounts.models import User
from playground.pages.builder.forms import shown_form
from playground.pages.builder.places import read_place
from playground.recipes.copies import begin_copy
from playground.recipes.models import Recipe, Revision, WorkingCopy
from playground.recipes.outline import outline_of
from tests.pages.at_builder import Builder, ben_at_the_builder
from tests.runs.factories import DOCUMENT

pytestmark = pytest.mark.django_db


@pytest.fixture
def bench(client: Client) -> Builder:
    """Ben at the builder with the recipe `two`."""
    return ben_at_the_builder(client)


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
        ("1", "layer.window", "2", "layers.0.window", 2),
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


@pytest.mark.parametrize("depth", [30, 300, 3000])
def test_json_that_is_nested_too_deep_is_told_and_breaks_nothing(
    bench: Builder, depth: int
) -> None:
    nested = '{"a": ' + "[" * depth + "]" * depth + "}"
    response = bench.send("1.A", slot__params__extra=nested)
    assert response.status_code == 303
    found = bench.document["layers"][0]["slots"][0]["params"]["extra"]
    assert isinstance(found, dict) == (depth == 30)


TEXTS = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    (
        *("0", "-1", "1e999", "9" * 400, "true", "[1]", '{"a": NaN}', "a\0b"),
        *(r'{"a": "\ud800"}', "\N{SUPERSCRIPT TWO}", "~", "\r", "{{prompt}}"),
    )
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    at=st.sampled_from(["0", "1", "1.A", "2.Z"]),
    do=st.sampled_from(
        ["keep", "undo", "redo", "slot-copy", "layer-copy", "save", "go:2"]
    )
    | TEXTS,
    # Which fields there are depends on what was sent before; what is drawn must not.
    sent=st.lists(st.tuples(st.integers(0, 99), TEXTS), max_size=4),
    over=TEXTS,
)
def test_whatever_is_sent_is_answered(
    bench: Builder, at: str, do: str, sent: list[tuple[int, str]], over: str
) -> None:
    place = read_place(at, outline_of(bench.document))
    names = [name for name, _ in shown_form(bench.document, place) if name != "part"]
    fields = {
        names[number % len(names)].replace(".", "__"): text for number, text in sent
    }
    response = bench.send(at, do=do, over=over, version="*", **fields)
    assert response.status_code in {302, 303, 409, 422}
    if "/recipes/" in response.headers.get("Location", ""):
        ben = User.objects.get(username="ben")
        bench.go_to(begin_copy(Viewer(ben), Recipe.objects.get()))
    assert bench.client.get(bench.address, {"at": at}).status_code == 200


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


def test_models_are_listed_with_price_speed_and_seats(bench: Builder) -> None:
    bench.send("1.A", slot__model="gone")
    page = bench.client.get(bench.address, {"at": "1.A"}).content.decode()
    rows = re.findall(r'<tr data-alias="(\w+)".*?</tr>', page, re.DOTALL)
    assert rows == ["gone", "fast", "slow"]
    assert "not in the catalogue" in page
    assert "no price" in page


def test_every_key_comes_through_every_form_unchanged(bench: Builder) -> None:
    content = json.loads(EVERYTHING)
    recipe = Recipe.objects.get()
    Revision.objects.create(recipe=recipe, number=2, document=content)
    WorkingCopy.objects.all().delete()
    whole = Builder(
        bench.client, begin_copy(Viewer(User.objects.get(username="ben")), recipe)
    )
    for at in ("0", "1", "1.A", "1.B", "2", "2.Z"):
        assert whole.send(at).status_code == 303
    # `==` would take 1 and 1.0 for the same; PostgreSQL keeps keys in an order of its own.
    kept, wanted = (
        json.dumps(each, sort_keys=True) for each in (whole.document, content)
    )
    assert kept == wanted


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
