"""What was set aside for a run, and the calls that it lets out."""

from __future__ import annotations

from decimal import Decimal

import pytest

from playground.engine.demand import plan_demand
from playground.engine.events import CallOpened, DraftFailed
from playground.engine.plan import Card, Price, parse
from playground.engine.purse import SET_ASIDE, Pool
from playground.engine.usage import Usage
from playground.engine.uses import Demand, Use
from tests.engine.house import PROMPT, aggregate, cards, draft, hand, recipe, slot

# One call of one slot: 26 tokens of prompt by bound and 100 of answer, $1 a million.
ONE = 126


def test_demand_counts_money_and_tokens_in_all_and_by_model() -> None:
    known = cards() | {
        "bold": Card("bold", "stub", "m", price=Price(Decimal(3), Decimal(3)))
    }
    document = recipe(
        draft(slot(fallback=["bold"]), slot("careful", samples=2)),
        aggregate(slot("spare"), sees="none"),
    )
    assert plan_demand(parse(document), known, PROMPT, {}) == Demand(
        Use(6 * ONE * 1000, 4 * ONE),
        {
            "fast": Use(ONE * 1000, ONE),
            "bold": Use(3 * ONE * 1000, ONE),
            "careful": Use(2 * ONE * 1000, 2 * ONE),
            "spare": Use(ONE * 1000, ONE),
        },
    )


def test_demand_of_an_unpriced_model_is_in_tokens_alone() -> None:
    known = cards() | {"bold": Card("bold", "stub", "m")}
    plan = parse(recipe(draft(slot()), aggregate(slot("bold"), sees="none")))
    found = plan_demand(plan, known, PROMPT, {})
    assert found.total == Use(None, 2 * ONE)
    assert found.of("fast") == Use(ONE * 1000, ONE)
    assert found.of("nobody") == Use()


def test_tokens_beyond_the_pool_are_not_asked_for() -> None:
    layers = (draft(slot(), slot(), max_parallel=1), aggregate(slot(), sees="none"))
    held = hand(recipe(*layers), pools=[Pool(SET_ASIDE, tokens=3 * ONE - 1)])
    held.start()
    assert held.row(CallOpened).ceiling_tokens == ONE
    held.done("1.A.1", usage=Usage(26, 0, 100))
    assert held.row(DraftFailed).cause == (
        "limit: the call could take 126 tokens and 125 are left for it of what the "
        "budgets set aside for the run"
    )
    held.done("2.Z.1", usage=Usage(26, 0, 100))
    assert (held.ended().status, held.ended().degraded) == ("done", True)


def test_tokens_that_were_not_used_are_there_for_the_next() -> None:
    layers = (draft(slot(), slot(), max_parallel=1), aggregate(slot(), sees="none"))
    held = hand(recipe(*layers), pools=[Pool(SET_ASIDE, tokens=3 * ONE - 1)])
    held.start()
    held.done("1.A.1", usage=Usage(26, 0, 99))
    assert list(held.machine.open_calls.values()) == ["1.B.1"]


@pytest.mark.parametrize("alias", ["fast", "careful"])
def test_a_models_pool_binds_its_calls_alone(alias: str) -> None:
    document = recipe(draft(slot("fast"), slot("careful")), aggregate(slot("bold")))
    held = hand(document, pools=[Pool(SET_ASIDE, alias, nanos=ONE * 1000 - 1)])
    held.start()
    assert held.row(DraftFailed).key == {"fast": "1.A.1", "careful": "1.B.1"}[alias]
    assert len(held.machine.open_calls) == 1


def test_an_unpriced_model_is_not_asked_where_money_is_set_aside() -> None:
    known = cards() | {"fast": Card("fast", "stub", "m")}
    held = hand(
        recipe(draft(slot())), known=known, pools=[Pool(SET_ASIDE, nanos=10**9)]
    )
    held.start()
    assert held.row(DraftFailed).cause == (
        "limit: no price is known for fast, so the budget cannot be kept"
    )


def test_a_pool_is_the_same_when_it_comes_back_from_json() -> None:
    pool = Pool(SET_ASIDE, "fast", nanos=5, tokens=7)
    stored = pool.to_json()
    assert stored == {"name": SET_ASIDE, "alias": "fast", "nanos": 5, "tokens": 7}
    assert Pool(**stored) == pool  # type: ignore[arg-type]
