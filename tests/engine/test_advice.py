"""Advice before a run: when it is given, and that it says where it is from."""

from __future__ import annotations

import pytest

from playground.engine.advice import MOA, SELF_MOA, Advice, advise
from playground.engine.plan import parse
from tests.engine.house import Json, aggregate, draft, recipe, slot

TWO = draft(slot(), slot("bold"))


def advice_on(*layers: Json, prompt: str = "Write a poem.") -> tuple[Advice, ...]:
    return advise(parse(recipe(*layers)), prompt)


def test_a_usual_mixture_is_left_alone() -> None:
    assert advice_on(TWO, TWO, aggregate()) == ()


def test_seven_slots_are_more_than_the_paper_tried() -> None:
    others = [slot(f"m{number}") for number in range(7)]
    assert advice_on(draft(*others[:6]), aggregate()) == ()
    [told] = advice_on(draft(*others), aggregate())
    assert told.text.startswith("Layer 1 has 7 slots.")
    assert (told.sources, told.is_disputed) == ((MOA,), False)


def test_four_layers_are_deep() -> None:
    [told] = advice_on(TWO, TWO, TWO, aggregate())
    assert told.text.startswith("The recipe has 4 layers.")


def test_one_model_in_every_slot_is_disputed() -> None:
    assert advice_on(draft(slot(samples=2)), aggregate()) == ()
    [told] = advice_on(draft(slot(), slot()), aggregate())
    assert told.text.startswith("Every slot of layer 1 is fast.")
    assert "61.3" in told.text
    assert "63.8" in told.text
    assert (told.sources, told.is_disputed) == ((MOA, SELF_MOA), True)


@pytest.mark.parametrize(
    "prompt",
    [
        "What is the capital of Australia?",
        " How many moons has Mars? ",
        "is 91 prime?",
        "What's 17 times 23?",
    ],
)
def test_a_short_closed_question_needs_no_mixture(prompt: str) -> None:
    [told] = advice_on(TWO, aggregate(), prompt=prompt)
    assert "one right answer" in told.text
    assert advice_on(draft(slot()), prompt=prompt) == ()


@pytest.mark.parametrize(
    "prompt",
    [
        "Why is the sky blue?",
        "How should we split the monolith?",
        "Which is better? And why?",
        "Is this right?\n\nx = 1",
        f"Who wrote {'very ' * 40}much?",
        "Island life",
        "",
    ],
)
def test_open_questions_and_long_ones_are_not_taken_for_closed(prompt: str) -> None:
    assert advice_on(TWO, aggregate(), prompt=prompt) == ()
