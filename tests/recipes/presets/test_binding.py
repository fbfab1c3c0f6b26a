"""Every preset: what its file says, and the recipe that it becomes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from playground.catalog.models import ModelCard, Provider
from playground.engine.plan import parse
from playground.recipes.presets.binding import bind
from playground.recipes.presets.casting import Candidate
from playground.recipes.presets.catalogue import models_at_hand
from playground.recipes.presets.files import FIRST, ORDER, SLUGS, preset_file, slots_of
from playground.recipes.presets.reading import most_read

ROOMY = {"context": 128_000, "max_output": 16_000}
X, Y, Z, W = (Candidate(alias, **ROOMY) for alias in "xyzw")  # type: ignore[arg-type]
CALLS = {
    "single": 1,
    "moa-lite-2-1": 3,
    "two-rounds": 7,
    "moa-lite-6-1": 7,
    "moa-6-6-1": 13,
    "self-moa": 7,
    "self-moa-seq": 9,
    "self-consistency": 10,
    "more-agents": 10,
    "fusion": 5,
    "blender": 17,
    "best-of-n": 13,
    "council": 9,
    "sparse-moa": 11,
    "routed-moa": 6,
}


def test_first_presets_are_among_those_that_ship() -> None:
    assert set(FIRST) <= set(SLUGS) <= set(ORDER)
    assert set(CALLS) <= set(SLUGS)


@pytest.mark.parametrize("slug", SLUGS)
def test_file_says_what_it_is_where_from_and_when_it_pays(slug: str) -> None:
    file = preset_file(slug)
    assert file.content["slug"] == slug
    assert re.fullmatch(r"[A-Z].*\.", file.content["description"])
    assert "call)" not in file.content["description"]
    assert re.fullmatch(r"[A-Z].*\.", file.notice.pays)
    assert file.notice.sources
    assert all(source.url.startswith("https://") for source in file.notice.sources)


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("models", [[X], [X, Y], [X, Y, Z, W]])
def test_preset_is_a_recipe_of_these_models(slug: str, models: list[Candidate]) -> None:
    bound = bind(slug, models)
    plan = parse(bound.document.content)
    assert plan.slug == slug
    assert plan.call_count() == CALLS.get(slug, plan.call_count())
    assert plan.aliases() <= {model.alias for model in models}
    assert "x_preset" not in bound.document.content
    assert bind(slug, reversed(models)) == bound


def test_binding_leaves_the_file_alone() -> None:
    before = preset_file("single").seats
    bind("single", [X]).document.content["layers"][0]["slots"][0]["model"] = "other"
    assert preset_file("single").seats == before == ("best",)


def test_refiners_are_the_proposers_again() -> None:
    layers = bind("moa-6-6-1", [X, Y, Z, W]).document.content["layers"]
    seated = [[slot["model"] for slot in layer["slots"]] for layer in layers]
    assert seated == [["w", "x", "y", "z", "w", "x"]] * 2 + [["w"]]


def test_seats_differ_in_temperature_where_models_do_not() -> None:
    plan = parse(bind("two-rounds", [X]).document.content)
    for layer in plan.layers[:2]:
        assert len({slot.params.temperature for slot in layer.slots}) == 3


@pytest.mark.parametrize(
    ("slug", "model", "tokens"),
    [
        ("single", X, 2048),
        ("single", Candidate("x", max_output=500), 500),
        # six references, a prompt and the answer
        ("moa-lite-6-1", Candidate("x", context=8000, max_output=8000), 1000),
        ("moa-lite-6-1", X, 2048),
        ("single", Candidate("x", size="135M"), 256),
        ("single", Candidate("x", reasoning=True, **ROOMY), 8192),  # type: ignore[arg-type]
    ],
)
def test_drafts_are_as_long_as_models_and_readers_allow(
    slug: str, model: Candidate, tokens: int
) -> None:
    slots = list(slots_of(bind(slug, [model]).document.content))
    assert {slot["params"]["max_tokens"] for slot in slots} == {tokens}
    assert all(("temperature" in slot["params"]) != model.reasoning for slot in slots)


@pytest.mark.parametrize(
    ("layers", "most"),
    [
        ([{"kind": "draft", "slots": [{"samples": 6}, {}]}, {"kind": "vote"}], 0),
        ([{"kind": "draft", "slots": [{"samples": 6}, {}]}, {"kind": "aggregate"}], 7),
        (
            [
                {"kind": "draft", "slots": [{}] * 4},
                {"kind": "select", "keep": 2},
                {"kind": "aggregate"},
            ],
            4,
        ),
        (
            [
                {"kind": "draft", "slots": [{}] * 2},
                {"kind": "draft", "slots": [{}] * 3},
                {"kind": "aggregate", "sees": "all"},
            ],
            5,
        ),
        (
            [
                {"kind": "draft", "slots": [{}] * 3},
                {"kind": "compare", "slots": [{}] * 2},
                {"kind": "aggregate"},
            ],
            5,
        ),
        ([{"kind": "draft", "slots": [{"samples": 6}], "window": 2}], 4),
        (
            [
                {
                    "kind": "route",
                    "above": [
                        {"kind": "draft", "slots": [{}] * 3},
                        {"kind": "aggregate"},
                    ],
                    "below": [{"kind": "draft", "slots": [{}]}],
                }
            ],
            3,
        ),
    ],
)
def test_most_read_is_what_the_fullest_slot_is_given(
    layers: list[dict[str, Any]], most: int
) -> None:
    assert most_read({"layers": layers}) == most


@pytest.mark.django_db
def test_models_tell_by_their_name_what_their_card_leaves_out() -> None:
    provider = Provider.objects.create(slug="p", name="P", base_url="https://p.example")
    card = {"provider": provider, "model": "vendor/Qwen2.5-72B-Instruct"}
    ModelCard.objects.create(alias="b", **card)
    ModelCard.objects.create(alias="a", family="Ours", size="1T", **card)
    assert [(m.alias, m.family, m.size) for m in models_at_hand()] == [
        ("a", "Ours", "1T"),
        ("b", "Qwen", "72B"),
    ]
