"""A route in a run: the branch it takes, the one it does not, and what follows both."""

from __future__ import annotations

import json
from typing import Any

import pytest

from playground.engine.branches import Branch, GivenDraft
from playground.engine.contexts import certain_overflows
from playground.engine.demand import plan_ceiling
from playground.engine.errors import RecipeError
from playground.engine.estimates import Outlook, estimate
from playground.engine.events import (
    Cancel,
    DraftGiven,
    DraftSkipped,
    LayerOpened,
    Resume,
    Row,
    row_from_json,
)
from playground.engine.messages import Message
from playground.engine.plan import AnswerOverrides, Card, check_aliases, parse
from playground.engine.routes import NOT_TAKEN, Routing
from playground.engine.ways import call_range, longest
from tests.engine.house import (
    PROMPT,
    Hand,
    Json,
    aggregate,
    cards,
    draft,
    hand,
    recipe,
    route,
    slot,
    vote,
)

HARD = (Message("user", "Prove it."),)
FORK = recipe(route())
JOINED = recipe(
    route(above=[draft(slot("fast"), slot("bold"))], below=[draft(slot("spare"))]),
    aggregate(),
)


def begun(document: Json = FORK, messages: Any = PROMPT, **more: Any) -> Hand:
    held = hand(document, messages=messages, **more)
    held.start()
    return held


def skipped(held: Hand) -> dict[str, str]:
    return {row.key: row.cause for row in held.rows if isinstance(row, DraftSkipped)}


def test_easy_prompt_goes_below() -> None:
    held = begun()
    assert list(held.machine.open_calls.values()) == ["4.A.1"]
    held.done("4.A.1", "easy")
    end = held.ended()
    assert (end.status, end.answer, end.degraded) == ("done", "4.A.1", False)
    assert skipped(held) == dict.fromkeys(("2.A.1", "2.B.1", "3.Z.1"), NOT_TAKEN)


def test_hard_prompt_goes_above() -> None:
    held = begun(messages=HARD)
    assert sorted(held.machine.open_calls.values()) == ["2.A.1", "2.B.1"]
    held.done("2.A.1")
    held.done("2.B.1")
    held.done("3.Z.1", "proven")
    end = held.ended()
    assert (end.status, end.answer, end.degraded) == ("done", "3.Z.1", False)
    assert skipped(held) == {"4.A.1": NOT_TAKEN}


def test_decision_is_in_the_row_that_closes_the_route() -> None:
    closed = begun(messages=HARD).closed_layer(1)
    routing = Routing("above", 3, "rule", 5, 1, "contains “prove”")
    assert (closed.closed_by, closed.passed_on) == ("all", ())
    assert closed.routing == routing
    assert closed.notes == routing.notes
    assert row_from_json("layer_closed", json.loads(json.dumps(closed.to_json()))) == (
        closed
    )


def test_only_the_last_prompt_is_scored() -> None:
    earlier = (*HARD, Message("assistant", "Done."), Message("user", "Thanks!"))
    assert begun(messages=earlier).closed_layer(1).routing == Routing(
        "below", 3, "no_rule", 0.0
    )


@pytest.mark.parametrize(
    ("messages", "drafts"), [(PROMPT, ("4.A.1",)), (HARD, ("2.A.1", "2.B.1"))]
)
def test_layer_after_the_route_goes_on_with_what_its_branch_left(
    messages: Any, drafts: tuple[str, ...]
) -> None:
    document = json.loads(json.dumps(JOINED))
    document["layers"][0]["below"].insert(0, draft(slot("spare")))
    held = begun(document, messages)
    if messages is PROMPT:
        held.done("3.A.1", "first")
    for key in drafts:
        held.done(key, f"text of {key}")
    assert held.row(LayerOpened, layer=5).inputs == drafts
    said = held.sent[held.n("5.Z.1")].messages[-1].content
    assert all(f"text of {key}" in said for key in drafts)
    held.done("5.Z.1", "joined")
    assert held.ended().answer == "5.Z.1"


def test_all_earlier_drafts_are_those_of_the_branch_that_was_taken() -> None:
    document = recipe(
        route(above=[draft(slot()), aggregate()], below=[draft(slot())]),
        aggregate(sees="all"),
    )
    held = begun(document, HARD)
    held.done("2.A.1")
    held.done("3.Z.1")
    assert held.row(LayerOpened, layer=5).inputs == ("2.A.1", "3.Z.1")


def test_vote_may_stand_on_a_branch_and_end_it_early() -> None:
    branch = [draft(slot(samples=3)), vote(stop_early=True)]
    held = begun(recipe(route(above=branch)), HARD)
    held.done("2.A.1", "42")
    held.done("2.A.2", "42")
    end = held.ended()
    assert (end.status, end.answer, end.degraded) == ("done", "2.A.1", False)


@pytest.mark.parametrize("messages", [PROMPT, HARD])
def test_journal_cut_at_any_row_goes_the_same_way(messages: Any) -> None:
    whole = begun(messages=messages)
    open_ = set(whole.machine.open_calls.values())
    for length in range(len(whole.rows) + 1):
        rows: list[Row] = [
            row_from_json(row.kind, json.loads(json.dumps(row.to_json())))
            for row in whole.rows[:length]
        ]
        again = hand(FORK, rows=rows, messages=messages)
        again.give(Resume(0, 0, 2))
        assert set(again.machine.open_calls.values()) == open_
        ends = [*(r for r in rows if r.kind == "draft_skipped"), *skipped(again)]
        assert len(ends) == len(skipped(whole))


def test_cancelled_before_it_began_nothing_is_routed() -> None:
    held = hand(FORK)
    held.give(Cancel(0))
    assert held.ended().status == "cancelled"
    assert set(skipped(held).values()) == {""}


def test_cancelled_on_its_branch_the_other_stays_not_taken() -> None:
    held = begun(messages=HARD)
    held.give(Cancel(5))
    assert held.ended().status == "cancelled"
    assert skipped(held) == {"4.A.1": NOT_TAKEN, "3.Z.1": ""}


def test_what_a_parent_gave_to_the_other_branch_stays_given() -> None:
    given = Branch(given={"2.A.1": GivenDraft("fast", "there")})
    held = begun(branch=given)
    assert held.row(DraftGiven).key == "2.A.1"
    assert set(skipped(held)) == {"2.B.1", "3.Z.1"}


def test_ceiling_is_that_of_the_dearer_branch() -> None:
    known, above = cards(), recipe(*route()["above"])
    own = plan_ceiling(parse(FORK), known, PROMPT, {})
    assert own == plan_ceiling(parse(above), known, PROMPT, {})
    below = route(below=[draft(slot("spare", params={"max_tokens": 5000}))])
    assert (plan_ceiling(parse(recipe(below)), known, PROMPT, {}) or 0) > (own or 0)


def test_ceiling_of_what_follows_counts_the_branch_that_it_may_read() -> None:
    known = cards()
    above = recipe(*JOINED["layers"][0]["above"], aggregate())
    assert plan_ceiling(parse(JOINED), known, PROMPT, {}) == plan_ceiling(
        parse(above), known, PROMPT, {}
    )


def test_run_keeps_the_answers_part_of_the_branch_it_is_on() -> None:
    """Below costs little: a limit that is too low for above is enough for it."""
    held = begun(recipe(route(), limits={"max_cost_usd": 0.0005}))
    held.done("4.A.1")
    assert held.ended().status == "done"
    assert (
        begun(recipe(route(), limits={"max_cost_usd": 0.0005}), HARD).ended().reason
        == "limit"
    )


@pytest.mark.parametrize(("messages", "key"), [(PROMPT, "4.A.1"), (HARD, "3.Z.1")])
def test_caller_asks_of_who_answers_on_either_branch(messages: Any, key: str) -> None:
    held = begun(messages=messages, overrides=AnswerOverrides(max_tokens=7))
    for other in ("2.A.1", "2.B.1"):
        if messages is HARD:
            assert held.sent[held.n(other)].params.max_tokens == 100
            held.done(other)
    assert held.sent[held.n(key)].params.max_tokens == 7


def test_layers_are_numbered_in_reading_order() -> None:
    plan = parse(JOINED)
    assert [(each.index, each.kind, each.side, each.path) for each in plan.layers] == [
        (1, "route", None, "layers[0]"),
        (2, "draft", "above", "layers[0].above[0]"),
        (3, "draft", "below", "layers[0].below[0]"),
        (4, "aggregate", None, "layers[1]"),
    ]
    assert [each.name for each in plan.layers][1:3] == ["Layer 2", "Layer 3"]
    assert [each.sees for each in plan.layers][1:] == ["none", "none", "previous"]


def test_calls_are_counted_by_branch() -> None:
    assert call_range(parse(FORK)) == (1, 3)
    assert call_range(parse(JOINED)) == (2, 3)
    assert call_range(parse(recipe(aggregate()))) == (1, 1)
    assert (longest(parse(FORK)), longest(parse(JOINED))) == (2, 2)


def test_models_of_branches_are_looked_up_by_their_path() -> None:
    document = recipe(
        route(above=[draft(slot(fallback=["away"])), aggregate(slot("gone"))])
    )
    assert [each.path for each in check_aliases(parse(document), cards())] == [
        "layers[0].above[0].slots[0].fallback[0]",
        "layers[0].above[1].slots[0].model",
    ]


@pytest.mark.parametrize(
    ("document", "path", "words"),
    [
        (recipe(aggregate(), route()), "layers[1].kind", "first layer of a recipe"),
        (
            recipe(route(below=[route()])),
            "layers[0].below[0].kind",
            "first layer of a recipe",
        ),
        (recipe(route(above=[])), "layers[0].above", "at least one layer"),
        (recipe(route(below=None)), "layers[0].below", "is required"),
        (recipe(route(threshold=None)), "layers[0].threshold", "is required"),
        (recipe(route(by="dice")), "layers[0].by", "model or rules"),
        (recipe(route(rules=[])), "layers[0].rules", "at least one rule"),
        (recipe(route(by="rules", slots=[slot()])), "layers[0].slots", "no model"),
        (recipe(route(slots=[slot(), slot()])), "layers[0].slots", "asks one model"),
        (
            recipe(route(slots=[slot(samples=2)])),
            "layers[0].slots[0].samples",
            "asks once",
        ),
        (
            recipe(route(slots=[slot()], rules=[{"score": 1}])),
            "layers[0].rules",
            "say by: rules",
        ),
        (
            recipe(route(slots=[slot()], threshold=6)),
            "layers[0].threshold",
            "from 1 to 5",
        ),
        (recipe(route({"min_chars": 1})), "layers[0].rules[0].score", "is required"),
        (
            recipe(route({"score": 1, "regex": "("})),
            "layers[0].rules[0].regex",
            "RE2",
        ),
        (
            recipe(route({"score": 1, "min_chars": 5, "max_chars": 4})),
            "layers[0].rules[0].max_chars",
            "less than min_chars (5)",
        ),
        (
            recipe(route({"score": 1, "length": 5})),
            "layers[0].rules[0].length",
            "unknown key",
        ),
        (recipe(route(pack={})), "layers[0].pack", "unknown key"),
        (
            recipe(route(above=[draft(slot(), slot("bold"))])),
            "layers[0].above[0]",
            "exactly one draft",
        ),
        (
            recipe(route(), draft(slot(), slot())),
            "layers[1]",
            "exactly one draft",
        ),
        (
            recipe(route(above=[draft(slot(), sees="previous")])),
            "layers[0].above[0].sees",
            "nothing to see",
        ),
        (
            recipe(route(above=[vote()])),
            "layers[0].above[0].kind",
            "a vote needs a layer",
        ),
        (
            recipe(route(above=[draft(slot(prompt="{{nobody}}"))])),
            "layers[0].above[0].slots[0].prompt",
            "nobody",
        ),
        (
            recipe(route(), vote(quorum=2)),
            "layers[1].quorum",
            "asks for 2 drafts and the layer before passes on 1",
        ),
    ],
)
def test_route_is_refused(document: Json, path: str, words: str) -> None:
    with pytest.raises(RecipeError) as caught:
        parse(document)
    told = [each for each in caught.value.problems if each.path == path]
    assert any(words in each.message for each in told), caught.value.problems
    assert len(told) == len(set(told))


def test_estimate_knows_the_branch_that_rules_choose() -> None:
    easy, hard = (_estimate(FORK, messages) for messages in (PROMPT, HARD))
    assert (easy.foreseen, hard.foreseen) == ("below", "above")
    assert (easy.least_calls, easy.total.calls) == (1, 1)
    assert (hard.least_calls, hard.total.calls) == (3, 3)
    assert easy.total == easy.ways["below"]
    assert easy.ways.keys() == {"above", "below"}
    assert [each.layer.index for each in easy.layers] == [1, 2, 3, 4]


def test_estimate_spans_both_branches_where_a_model_chooses() -> None:
    found = _estimate(recipe(route(slots=[slot()])), PROMPT)
    assert found.foreseen is None
    assert (found.least_calls, found.total.calls) == (2, 4)
    above, below = found.ways["above"], found.ways["below"]
    assert found.total.cost.low == below.cost.low
    assert found.total.cost.likely == above.cost.likely
    assert found.total.cost.ceiling == above.cost.ceiling


def _estimate(document: Json, messages: Any) -> Any:
    return estimate(
        parse(document),
        cards=cards(),
        messages=messages,
        variables={},
        outlook=Outlook({}, {}),
    )


def test_prompt_too_long_for_the_branch_not_taken_is_no_hindrance() -> None:
    """That is what a route by length is for."""
    known = cards() | {"spare": Card("spare", "stub", "m", 10, 10, None)}
    long = recipe(route({"min_chars": 500, "score": 5}))
    certain = [
        certain_overflows(
            parse(long), known, (Message("user", "x" * size),), {}, Branch()
        )
        for size in (499, 600)
    ]
    assert [len(found) for found in certain] == [1, 0]


def test_route_whose_model_was_stopped_takes_the_dearer_branch_and_is_degraded() -> (
    None
):
    held = begun(recipe(route(by="model", slots=[slot("spare")])))
    held.stop("1.A.1")
    routing = held.closed_layer(1).routing
    assert routing is not None
    assert routing.is_fallback
    while held.machine.ended is None:
        held.done(next(iter(held.machine.open_calls.values())))
    assert (held.ended().status, held.ended().degraded) == ("done", True)


def test_a_layer_that_sees_all_sees_nothing_of_a_route() -> None:
    document = recipe(
        route(above=[draft(slot())], below=[draft(slot())]),
        draft(slot(), sees="all"),
    )
    ceiling = plan_ceiling(parse(document), cards(), PROMPT, {})
    alone = plan_ceiling(
        parse(recipe(draft(slot()), draft(slot(), sees="all"))), cards(), PROMPT, {}
    )
    assert ceiling == alone
