from __future__ import annotations

from decimal import Decimal

import pytest

from playground.engine.errors import CallError, Cut, Paused, TimedOut, Withheld
from playground.engine.events import CallEnded, CallOpened, DraftFailed
from playground.engine.machine import plan_ceiling
from playground.engine.plan import AnswerOverrides, Card, Price, parse
from playground.engine.pricing import nanos_of
from playground.engine.usage import Usage
from tests.engine.house import (
    PROMPT,
    Hand,
    Json,
    aggregate,
    cards,
    draft,
    hand,
    recipe,
    slot,
)

# One call of one slot: 26 tokens of prompt by bound, 100 tokens of answer, $1 a million.
ONE_CALL = 126_000


def limited(usd: str, *layers: Json) -> Json:
    return recipe(*layers, limits={"max_cost_usd": float(usd)})


def ceiling_of(document: Json, **more: AnswerOverrides) -> int | None:
    return plan_ceiling(parse(document), cards(), PROMPT, {}, **more)


def test_ceiling_is_the_sum_over_planned_calls_and_samples() -> None:
    assert ceiling_of(recipe(draft(slot()))) == ONE_CALL
    several = recipe(draft(slot(), slot("bold", samples=2)), aggregate(sees="none"))
    assert ceiling_of(several) == 4 * ONE_CALL


def test_ceiling_counts_each_call_at_its_dearest_alternative() -> None:
    known = cards() | {
        "bold": Card("bold", "stub", "m", price=Price(Decimal(3), Decimal(3)))
    }
    plan = parse(recipe(draft(slot(fallback=["bold"]))))
    assert plan_ceiling(plan, known, PROMPT, {}) == 3 * ONE_CALL


def test_ceiling_counts_references_to_come() -> None:
    seen = ceiling_of(recipe(draft(slot(), slot(samples=2)), aggregate()))
    blind = ceiling_of(recipe(draft(slot(), slot(samples=2)), aggregate(sees="none")))
    assert seen is not None
    assert blind is not None
    assert seen - blind > 3 * 125_000
    through = ceiling_of(recipe(draft(slot()), aggregate(), aggregate(sees="all")))
    assert through is not None


def test_ceiling_follows_what_the_caller_asks_of_the_answer() -> None:
    asked = AnswerOverrides(max_tokens=50)
    assert ceiling_of(recipe(draft(slot())), overrides=asked) == ONE_CALL - 50_000


@pytest.mark.parametrize("known", [cards(usd=None), {}])
def test_unpriced_model_has_no_ceiling(known: dict[str, Card]) -> None:
    assert plan_ceiling(parse(recipe(aggregate())), known, PROMPT, {}) is None


def test_unpriced_model_is_not_called_under_a_limit() -> None:
    held = hand(limited("1", aggregate()), known=cards(usd=None))
    held.start()
    assert held.sent == {}
    assert held.row(DraftFailed).cause.startswith(
        "limit: no price is known for careful"
    )
    assert held.ended().reason == "limit"


def test_call_that_does_not_fit_is_not_sent() -> None:
    held = hand(limited("0.0001", draft(slot())))
    held.start()
    assert held.sent == {}
    assert held.row(DraftFailed).cause == (
        "limit: the call could cost $0.000126 and $0.000100 is left for it under "
        "max_cost_usd"
    )
    assert held.closed_layer(1).notes[0] == "limit"
    assert (held.ended().status, held.ended().reason) == ("failed", "limit")


def test_answers_part_is_never_lent() -> None:
    layers = (draft(slot(), slot()), aggregate(slot(), sees="none"))
    enough = Decimal(3 * ONE_CALL) / 10**9
    held = hand(limited(str(enough - Decimal("0.000001")), *layers))
    held.start()
    assert list(held.machine.open_calls.values()) == ["1.A.1"]
    assert held.row(DraftFailed).key == "1.B.1"
    held.done("1.A.1", usage=Usage(20, 0, 90))
    held.done("2.Z.1", usage=Usage(20, 0, 90))
    assert (held.ended().status, held.ended().degraded) == ("done", True)
    full = hand(limited(str(enough), *layers))
    full.start()
    assert list(full.machine.open_calls.values()) == ["1.A.1", "1.B.1"]


def test_settled_calls_give_back_what_they_did_not_use() -> None:
    layers = (draft(slot(), slot(), max_parallel=1), aggregate(slot(), sees="none"))
    held = hand(limited("0.0003", *layers))
    held.start()
    held.done("1.A.1", usage=Usage(5, 0, 5))
    assert held.machine.open_calls == {2: "1.B.1"}


def answering(usd: str, text: str) -> Hand:
    held = hand(limited(usd, draft(slot(), slot()), aggregate(slot())))
    held.start()
    held.done("1.A.1", text, usage=Usage(20, 0, 100))
    held.done("1.B.1", text, usage=Usage(20, 0, 100))
    return held


def test_references_are_trimmed_visibly_before_the_answer_is_given_up() -> None:
    whole = answering("1", "x" * 400)
    assert whole.row(CallOpened).trim_chars is None
    planned = ceiling_of(recipe(draft(slot(), slot()), aggregate(slot())))
    assert planned is not None
    held = answering(str(Decimal(planned) / 10**9), "x" * 390)
    call = held.row(CallOpened)
    assert call.key == "2.Z.1"
    assert call.trim_chars is not None
    assert 200 <= call.trim_chars < 390
    more = f"[… {390 - call.trim_chars} more characters are left out here]"
    assert held.sent[call.n].messages[-1].content.count(more) == 2
    held.done("2.Z.1", usage=Usage(100, 0, 100))
    assert held.closed_layer(2).notes == (
        f"references were cut to {call.trim_chars} characters each, "
        "to stay under max_cost_usd",
    )
    assert held.cost() <= planned


def test_references_too_short_to_help_are_not_sent() -> None:
    document = limited("0.0009", draft(slot()), aggregate(slot()))
    held = hand(document)
    held.start()
    held.done("1.A.1", "short", usage=Usage(600_000, 0, 1))
    assert held.row(DraftFailed).key == "2.Z.1"
    assert (held.ended().status, held.ended().answer) == ("done", "1.A.1")


def test_max_chars_of_the_pack_goes_before_the_slots_limit() -> None:
    held = hand(recipe(draft(slot()), aggregate(pack={"max_chars": 5})))
    held.start()
    held.done("1.A.1", "abcdefgh")
    assert "abcde\n[… 3 more" in held.sent[2].messages[-1].content
    other = hand(recipe(draft(slot()), aggregate()))
    other.start()
    other.done("1.A.1", "x" * 401)
    assert "[… 1 more" in other.sent[2].messages[-1].content


def test_limit_in_nanos_is_what_the_recipe_says() -> None:
    plan = parse(limited("0.5", aggregate()))
    assert plan.limits.max_cost_usd is not None
    assert nanos_of(plan.limits.max_cost_usd) == 500_000_000


@pytest.mark.parametrize("error", [TimedOut("late"), Cut("broke off")])
def test_request_that_went_out_is_charged_its_prompt(error: CallError) -> None:
    held = hand(recipe(draft(slot(retries=1))))
    held.start()
    held.fail("1.A.1", error, is_sent=True)
    assert held.row(CallEnded).usage == Usage(26, 0, 0, estimated=True)
    assert held.cost() == 26_000
    held.tick(held.row(CallEnded).retry_at or 0)
    held.fail("1.A.1", error, is_sent=False)
    assert held.cost() == 26_000


def test_usage_that_came_with_a_refusal_is_charged() -> None:
    held = hand(recipe(draft(slot())))
    held.start()
    held.fail("1.A.1", Withheld("filtered"), usage=Usage(20, 0, 50))
    assert held.cost() == 70_000


def test_ceiling_counts_what_judges_read_of_an_answer_that_was_asked_for_longer() -> (
    None
):
    judges = {"kind": "rank", "method": "score", "keep": 1, "slots": [slot("careful")]}
    document = recipe(draft(slot(samples=3)), judges)
    usual = ceiling_of(document) or 0
    longer = ceiling_of(document, overrides=AnswerOverrides(max_tokens=20_100)) or 0
    # Three drafts of 20,000 tokens more, each read again by one judge with its margin.
    assert longer - usual == 3 * 20_000 * 1000 + 3 * 25_000 * 1000 + 25_000 * 1000


def test_calls_that_were_held_back_are_not_counted() -> None:
    document = recipe(draft(slot(retries=2)), limits={"max_calls": 1})
    held = hand(document)
    held.start()
    held.fail("1.A.1", Paused("held back", after=1))
    held.tick(held.row(CallEnded).retry_at or 0)
    held.done("1.A.1")
    assert held.ended().status == "done"
