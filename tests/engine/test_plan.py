from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from playground.engine.errors import Problem, RecipeError
from playground.engine.plan import (
    AnswerOverrides,
    Card,
    Limits,
    Pack,
    Price,
    check_aliases,
    check_variables,
    parse,
)
from playground.engine.seats import default_label
from tests.engine.house import aggregate, draft, recipe, slot


def problems_of(document: Any) -> dict[str, str]:
    with pytest.raises(RecipeError) as caught:
        parse(document)
    return {problem.path: problem.message for problem in caught.value.problems}


TWO_ROUNDS = {
    "schema": "moa-recipe/1",
    "slug": "two-rounds",
    "name": "Two rounds, then an answer",
    "tags": ["writing"],
    "limits": {"max_cost_usd": 0.50, "deadline_s": 180},
    "layers": [
        {
            "kind": "draft",
            "name": "First drafts",
            "sees": "none",
            "quorum": 2,
            "grace_s": 4,
            "timeout_s": 60,
            "slots": [
                {"label": "A", "model": "fast", "params": {"temperature": 0.7}},
                {"model": "careful"},
                {"model": "bold", "fallback": ["fast"], "retries": 0},
            ],
        },
        {
            "kind": "draft",
            "pack": {"order": "shuffle", "anonymise": True, "max_chars": 6000},
            "slots": [{"model": "fast", "samples": 2, "x_note": 1}],
        },
        {
            "kind": "aggregate",
            "sees": "all",
            "primary": "Y",
            "slots": [{"model": "careful"}, {"model": "bold"}],
        },
    ],
}


def test_recipe_becomes_plan_with_defaults_resolved() -> None:
    plan = parse(TWO_ROUNDS)
    first, second, last = plan.layers
    assert [str(key) for key in plan.drafts()] == [
        *("1.A.1", "1.B.1", "1.C.1", "2.A.1", "2.A.2", "3.Z.1", "3.Y.1"),
    ]
    assert plan.limits == Limits(Decimal("0.5"), 180, None)
    assert (first.name, second.name, last.name) == (
        "First drafts",
        "Layer 2",
        "Layer 3",
    )
    assert (first.sees, second.sees, last.sees) == ("none", "previous", "all")
    assert (first.quorum, first.grace_s, first.timeout_s) == (2, 4, 60)
    assert (second.quorum, second.grace_s, second.timeout_s) == (None, 0, 300)
    assert second.pack == Pack(order="shuffle", anonymise=True, max_chars=6000)
    assert (first.primary, last.primary, last.on_fail) == ("", "Y", "drop")
    assert first.slots[2].aliases == ("bold", "fast")
    assert (first.slots[2].retries, first.slots[1].retries) == (0, 2)
    assert first.slots[0].prompt == "{{prompt}}"
    assert plan.aliases() == {"fast", "careful", "bold"}
    assert plan.call_count() == 7
    assert last.slot("Y").model == "bold"
    with pytest.raises(KeyError):
        last.slot("A")


def test_every_problem_is_told_with_its_path() -> None:
    document = recipe(
        draft(slot(label="B"), slot(params={"temperature": -1, "top_k": 3})),
        draft(slot(params={"max_tokens": True, "stop": [""]}), quorum=2, extra=1),
        nam="x",
        slug="No Slug",
        x_ours={"kept": True},
    )
    told = problems_of(document)
    assert set(told) == {
        "nam",
        "slug",
        "layers[0].slots[1].label",
        "layers[0].slots[1].params.temperature",
        "layers[0].slots[1].params.top_k",
        "layers[1].slots[0].params.max_tokens",
        "layers[1].slots[0].params.stop[0]",
        "layers[1].quorum",
        "layers[1].extra",
    }
    assert told["nam"] == "unknown key; did you mean `name`?"
    assert (
        "at least 0 and at most 2, not -1"
        in told["layers[0].slots[1].params.temperature"]
    )


@pytest.mark.parametrize(
    ("document", "path", "words"),
    [
        ([], "", "must be a mapping"),
        ({}, "schema", "is required"),
        (recipe(), "layers", "at least one layer"),
        (recipe(draft()), "layers[0].slots", "at least one slot"),
        (recipe({"kind": "draft"}), "layers[0].slots", "is required"),
        (recipe({"slots": [slot()]}), "layers[0].kind", "is required"),
        (
            recipe({"kind": "magic"}),
            "layers[0].kind",
            "draft, rank, vote",
        ),
        (recipe({"kind": "select"}), "layers[0].kind", "needs a layer before it"),
        (recipe(aggregate(), schema="moa-recipe/2"), "schema", "moa-recipe/1"),
        (recipe(aggregate(), name=" "), "name", "must not be empty"),
        (recipe(aggregate(), name=7), "name", "must be text, not 7"),
        (recipe(aggregate(), name="n" * 121), "name", "at most 120"),
        (recipe(aggregate(), name=["a"]), "name", "not a list"),
        (recipe(aggregate(), tags="a"), "tags", "must be a list"),
        (recipe(aggregate(), tags=[{}]), "tags[0]", "not a mapping"),
        (recipe(aggregate(), limits=3), "limits", "must be a mapping"),
        (
            recipe(aggregate(), limits={"max_calls": 0}),
            "limits.max_calls",
            "at least 1",
        ),
        (recipe(aggregate(), limits={"deadline_s": 0}), "limits.deadline_s", "above 0"),
        (
            recipe(aggregate(), limits={"max_cost_usd": float("nan")}),
            "limits.max_cost_usd",
            "must be a number",
        ),
        (recipe(aggregate(), limits={1: 2}), "limits", "every key must be a text"),
        (recipe(draft(slot(), slot())), "layers[0]", "exactly one draft"),
        (recipe(draft(slot(samples=2))), "layers[0]", "this one leaves 2"),
        (recipe(aggregate(sees="previous")), "layers[0].sees", "nothing to see"),
        (
            recipe(aggregate(pack={"order": "by_rank"})),
            "layers[0].pack.order",
            "needs a rank layer before this one",
        ),
        (recipe(draft(slot(), pack={})), "layers[0].pack", "sees no drafts"),
        (
            recipe(aggregate(pack={"template": "{{label}}"})),
            "layers[0].pack.template",
            "must have {{text}}",
        ),
        (
            recipe(aggregate(pack={"template": "{{text}} {{who}}"})),
            "layers[0].pack.template",
            "`who`",
        ),
        (
            recipe(aggregate(pack={"anonymise": "yes"})),
            "layers[0].pack.anonymise",
            "true or false",
        ),
        (recipe(aggregate(primary="Q")), "layers[0].primary", "labelled `Q`"),
        (recipe(aggregate(slot(label="a b"))), "layers[0].slots[0].label", "1 to 12"),
        (recipe(aggregate({})), "layers[0].slots[0].model", "is required"),
        (recipe(aggregate(3)), "layers[0].slots[0]", "must be a mapping"),  # type: ignore[arg-type]
        (
            recipe(aggregate(slot(prompt="{{topic}}"))),
            "layers[0].slots[0].prompt",
            "nothing is called `topic`",
        ),
        (
            recipe(aggregate(slot(prompt="{{references}}"))),
            "layers[0].slots[0].prompt",
            "sees no drafts",
        ),
        (recipe(aggregate(), system_prompt="{{tone}}"), "system_prompt", "`tone`"),
        (
            recipe(aggregate(slot(params={"extra": {"api_key": "k"}}))),
            "layers[0].slots[0].params.extra.api_key",
            "no keys",
        ),
        (
            recipe(aggregate(slot(params={"extra": {"a": [{"b": "https://x.y"}]}}))),
            "layers[0].slots[0].params.extra.a[0].b",
            "no addresses",
        ),
        (
            recipe(aggregate(slot(params={"extra": {"a": ["https://x.y"]}}))),
            "layers[0].slots[0].params.extra.a[0]",
            "no addresses",
        ),
        (
            recipe(aggregate(slot(params={"extra": {"stream": False}}))),
            "layers[0].slots[0].params.extra.stream",
            "set by the engine",
        ),
        (
            recipe(aggregate(slot(params={"extra": 3}))),
            "layers[0].slots[0].params.extra",
            "must be a mapping",
        ),
        (
            recipe(aggregate(), variables=[{"name": "prompt"}]),
            "variables[0].name",
            "reserved",
        ),
        (
            recipe(aggregate(), variables=[{"name": "a"}, {"name": "a"}]),
            "variables[1].name",
            "there already",
        ),
        (
            recipe(aggregate(), variables=[{"name": "a", "default": 3}]),
            "variables[0].default",
            "must be of type string",
        ),
        (
            recipe(aggregate(), variables=[{"name": "a", "type": "date"}]),
            "variables[0].type",
            "string, text, number, integer or boolean",
        ),
        (
            recipe(aggregate(), name={"a": "b" * 90}, slug="s" * 90),
            "slug",
            "…",
        ),
    ],
)
def test_recipe_is_refused(document: Any, path: str, words: str) -> None:
    assert words in problems_of(document)[path]


def test_clash_with_a_default_label_is_refused() -> None:
    told = problems_of(recipe(aggregate(slot(label="Y"), slot())))
    assert "slot 1's label already" in told["layers[0].slots[1].label"]


def test_extra_is_passed_on_without_foreign_keys() -> None:
    extra = {"top_k": 4, "x_note": "mine", "nested": {"a": [1, "b"]}}
    plan = parse(recipe(aggregate(slot(params={"extra": extra}))))
    assert plan.layers[0].slots[0].params.extra == {
        "top_k": 4,
        "nested": {"a": [1, "b"]},
    }


def test_labels_go_on_after_the_alphabet() -> None:
    assert default_label("draft", 0) == "A"
    assert default_label("draft", 26) == "A2"
    assert default_label("aggregate", 1) == "Y"


def test_unknown_aliases_are_named_where_they_stand() -> None:
    plan = parse(recipe(draft(slot(), slot("gone", fallback=["lost"])), aggregate()))
    hint = "in the catalogue; ask an admin to add it"
    assert check_aliases(plan, ["fast", "careful"]) == [
        Problem("layers[0].slots[1].model", f"no model `gone` {hint}"),
        Problem("layers[0].slots[1].fallback[0]", f"no model `lost` {hint}"),
    ]


def test_variables_given_are_checked() -> None:
    variables = [
        {"name": "topic", "required": True},
        {"name": "tone", "required": True, "default": "dry"},
        {"name": "words", "type": "integer"},
        {"name": "short", "type": "boolean"},
        {"name": "note", "type": "text"},
    ]
    plan = parse(recipe(aggregate(), variables=variables))
    assert check_variables(plan, {"topic": "sky", "words": 3, "short": True}) == []
    assert check_variables(plan, {"topic": "", "words": True, "who": 1}) == [
        Problem("variables.who", "the recipe `test` has no such variable"),
        Problem("variables.topic", "is required: give it a value"),
        Problem("variables.words", "must be of type integer"),
    ]


def test_problem_without_a_path_is_only_its_message() -> None:
    assert str(Problem("", "is nothing")) == "is nothing"


@pytest.mark.parametrize("price", [None, Price(Decimal("0.15"), Decimal("0.6"))])
def test_card_survives_json(price: Price | None) -> None:
    card = Card("fast", "stub", "m-1", 100, 50, price)
    assert Card.from_json(card.to_json()) == card


def test_overrides_survive_json() -> None:
    asked = AnswerOverrides(max_tokens=5, stop=("a",))
    assert asked.to_json() == {"max_tokens": 5, "stop": ["a"]}
    assert AnswerOverrides.from_json(asked.to_json()) == asked
    assert AnswerOverrides.from_json({}) == AnswerOverrides()
