"""What a rank layer costs and takes at most: all its judgements, and one asked again."""

from __future__ import annotations

import pytest

from playground.engine.demand import plan_ceiling
from playground.engine.estimates import Outlook, estimate
from playground.engine.figures import Estimate
from playground.engine.plan import Plan, parse
from tests.engine.house import (
    PROMPT,
    Json,
    aggregate,
    cards,
    draft,
    hand,
    rank,
    recipe,
    slot,
)

FOUR = draft(slot(samples=4))


def plan_of(*judges: Json, **keys: str) -> Plan:
    return parse(recipe(FOUR, rank(*judges, **keys), aggregate()))


def reckon(plan: Plan) -> Estimate:
    outlook = Outlook({}, {})
    return estimate(plan, cards=cards(), messages=PROMPT, variables={}, outlook=outlook)


KEYS = [
    {},
    {"combine": "max_wins"},
    {"combine": "bubble"},
    {"method": "listwise"},
    {"method": "score"},
]


@pytest.mark.parametrize("keys", KEYS)
def test_estimate_and_hold_agree_on_the_most(keys: dict[str, str]) -> None:
    plan = plan_of(slot("spare"), slot("bold"), **keys)
    most = reckon(plan).total.cost.ceiling
    assert most == plan_ceiling(plan, cards(), PROMPT, {})


def test_bubble_takes_its_pairs_one_after_the_other() -> None:
    all_pairs, bubble = (
        reckon(plan_of(**keys)).layers[1].figures.took_ms for keys in KEYS[1:3]
    )
    assert bubble.likely == 3 * all_pairs.likely


def test_judges_of_a_pair_read_two_drafts_and_of_a_score_one() -> None:
    pair, _, _, listed, scored = (
        reckon(plan_of(**keys)).layers[1].slots[0] for keys in KEYS
    )
    assert (pair.references, listed.references, scored.references) == (2, 4, 1)


def test_next_layer_is_planned_with_the_kept_drafts_alone() -> None:
    kept, all_on = (
        parse(recipe(FOUR, rank(**keys), aggregate())) for keys in ({"keep": 1}, {})
    )
    read = [reckon(plan).layers[2].slots[0].references for plan in (kept, all_on)]
    assert read == [1, 4]


REPLIES = {
    "pairwise": "A",
    "listwise": '{"ranking": ["A", "B", "C", "D"]}',
    "score": '{"score": 5}',
}


@pytest.mark.parametrize("keys", KEYS)
def test_run_whose_judges_can_be_read_costs_no_more_than_planned(
    keys: dict[str, str],
) -> None:
    plan = plan_of(**keys)
    held = hand(plan)
    held.start()
    while held.machine.ended is None:
        key = next(iter(held.machine.open_calls.values()))
        is_judge = key.startswith("2.")
        reply = REPLIES[keys.get("method", "pairwise")]
        held.done(key, reply if is_judge else "text " * 20)
    assert len(held.sent) == plan.call_count()
    planned = plan_ceiling(plan, cards(), PROMPT, {})
    assert planned is not None
    assert 0 < held.cost() <= planned
