"""Prompts that a model cannot hold: found before the run, slot by slot."""

from __future__ import annotations

from playground.engine.branches import NO_BRANCH
from playground.engine.contexts import Overflow, certain_overflows, likely_overflows
from playground.engine.estimates import Habit, Outlook, estimate
from playground.engine.messages import Message
from playground.engine.plan import Card, parse
from tests.engine.house import Json, aggregate, draft, recipe, slot


def holding(**contexts: int) -> dict[str, Card]:
    return {name: Card(name, "stub", "m", size) for name, size in contexts.items()}


def certain(document: Json, known: dict[str, Card], prompt: str) -> list[Overflow]:
    asked = (Message("user", prompt),)
    return certain_overflows(parse(document), known, asked, {}, NO_BRANCH)


def likely(
    document: Json, known: dict[str, Card], prompt: str, written: int
) -> list[Overflow]:
    plan, habit = parse(document), Habit(written, written, 1, 40, calls=1)
    told = estimate(
        plan,
        cards=known,
        messages=(Message("user", prompt),),
        variables={},
        outlook=Outlook(dict.fromkeys(known, habit), {}),
    )
    return likely_overflows(told, known)


def test_a_text_that_no_tokenizer_brings_in_is_refused_for_its_slot() -> None:
    plan = recipe(draft(slot(), slot("bold")), aggregate(slot("bold")))
    known = holding(fast=1000, bold=30_000)
    assert certain(plan, known, "x" * 16_000) == []
    [told] = certain(plan, known, "x" * 16_016)
    assert (told.layer, told.label, told.tokens) == (1, "A", 1001)
    assert str(told).startswith("Layer 1, slot A: 1,001 tokens are more than fast can")


def test_a_fallback_that_holds_it_is_enough() -> None:
    plan = recipe(draft(slot(fallback=["bold"])))
    assert certain(plan, holding(fast=1000, bold=30_000), "x" * 20_000) == []
    [told] = certain(plan, holding(fast=100, bold=1000), "x" * 20_000)
    assert told.alias == "bold"


def test_nothing_is_refused_for_a_context_that_nobody_stated() -> None:
    plan = recipe(draft(slot()))
    assert certain(plan, holding(fast=8192), "x" * 262_144) == []
    assert certain(plan, {}, "x" * 262_144) == []
    assert likely(plan, holding(fast=8192), "x" * 262_144, written=10) != []


def test_references_that_are_likely_too_long_say_what_to_trim() -> None:
    free = {"params": {"max_tokens": 1000}}
    plan = recipe(
        draft(*[slot(**free) for _ in range(4)]), aggregate(slot("bold", **free))
    )
    known = holding(fast=9000, bold=3000)
    assert likely(plan, known, "Why?", written=300) == []
    [told] = likely(plan, known, "Why?", written=700)
    assert (told.layer, told.label, told.alias) == (2, "Z", "bold")
    assert "characters of each draft (max_chars of layer 2)" in told.remedy


def test_a_prompt_that_is_likely_too_long_is_to_be_shortened() -> None:
    plan = recipe(draft(slot(), slot()), aggregate(slot()))
    found = likely(plan, holding(fast=1000), "four" * 1000, written=50)
    assert [(each.layer, each.label) for each in found] == [
        (1, "A"),
        (1, "B"),
        (2, "Z"),
    ]
    assert {each.remedy for each in found} == {
        "Shorten the prompt, or take a model that holds more."
    }
