"""Advice before a run: when it is given, and that it says where it is from."""

from __future__ import annotations

import pytest

from playground.engine.advice import JUDGES, MOA, SELF_MOA, Advice, advise
from playground.engine.plan import parse
from tests.engine.house import (
    Json,
    aggregate,
    compare,
    draft,
    rank,
    recipe,
    select,
    slot,
)

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


def test_a_judge_that_compares_or_selects_alone_favours_its_own_draft() -> None:
    for judged in (compare, select):
        [told] = advice_on(TWO, judged(slot("bold")), aggregate())
        assert told.text.startswith(
            "bold judges in layer 2 and wrote one of the drafts."
        )
        assert told.sources == (JUDGES,)
        assert advice_on(TWO, judged(slot("careful")), aggregate()) == ()


def test_layers_that_judge_do_not_count_as_depth() -> None:
    judge = compare(slot("careful"))
    assert advice_on(TWO, judge, TWO, judge, aggregate()) == ()


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


def test_what_holds_for_several_layers_is_said_once() -> None:
    same, bold = draft(slot(), slot()), draft(slot("bold"), slot("bold"))
    [told] = advice_on(same, same, aggregate())
    assert told.text.startswith("Every slot of layers 1 and 2 is fast. With six")
    [told] = advice_on(same, bold, aggregate())
    assert told.text.startswith(
        "Every slot of layer 1 is fast; every slot of layer 2 is bold. With six"
    )
    wide = draft(*(slot(f"m{number}") for number in range(7)))
    [told] = advice_on(wide, wide, aggregate())
    assert told.text.startswith("Layer 1 has 7 slots; layer 2 has 7 slots. The paper")


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


def test_lone_judge_of_its_own_draft_is_told_of() -> None:
    [told] = advice_on(TWO, rank(slot("bold")), aggregate())
    assert told.text.startswith("bold judges in layer 2 and wrote one of the drafts.")
    assert told.sources == (JUDGES,)
    assert advice_on(TWO, rank(slot("bold"), slot("spare")), aggregate()) == ()
    assert advice_on(TWO, rank(slot("spare")), aggregate()) == ()
    # Who wrote all drafts favours none of them.
    assert advice_on(draft(slot(samples=3)), rank(slot()), aggregate()) == ()


def test_lists_in_one_order_for_all_judges_are_told_of() -> None:
    judges = (slot("spare"), slot("careful"))
    fixed = rank(*judges, method="listwise", pack={"order": "fixed"})
    [told] = advice_on(TWO, fixed, aggregate())
    assert told.text.startswith("All judges of layer 2 see the drafts in one order.")
    assert advice_on(TWO, rank(*judges, method="listwise"), aggregate()) == ()


def test_judges_are_not_advised_like_proposers() -> None:
    """Two samples of one judge, or many judges, are no mixture."""
    many = rank(*[slot("spare") for _ in range(7)], method="listwise")
    assert advice_on(TWO, many, aggregate()) == ()
