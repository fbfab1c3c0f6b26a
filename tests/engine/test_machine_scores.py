"""A route by model in a run: asked once, once more when it cannot be read, and then
counted as hard, never silently."""

from __future__ import annotations

import json
from typing import Any

import pytest

from playground.engine.branches import Branch, GivenDraft
from playground.engine.demand import plan_ceiling
from playground.engine.events import (
    CallOpened,
    DraftDone,
    DraftSkipped,
    Resume,
    Row,
    row_from_json,
)
from playground.engine.messages import Message
from playground.engine.plan import parse
from playground.engine.routes import Routing
from tests.engine.house import PROMPT, Hand, Json, cards, hand, recipe, route, slot


def asked(messages: Any = PROMPT, limits: Json | None = None, **more: Any) -> Hand:
    """A run at the moment when its router is asked."""
    fork = route(slots=[slot(**more.pop("seat", {}))], **more)
    held = hand(recipe(fork, limits=limits or {}), messages=messages)
    held.start()
    return held


@pytest.mark.parametrize(
    ("score", "side", "called"),
    [
        (3, "above", ["2.A.1", "2.B.1"]),
        (5, "above", ["2.A.1", "2.B.1"]),
        (2.5, "below", ["4.A.1"]),
    ],
)
def test_score_of_the_model_chooses_the_branch(
    score: float, side: str, called: list[str]
) -> None:
    held = asked()
    assert list(held.machine.open_calls.values()) == ["1.A.1"]
    held.done("1.A.1", json.dumps({"why": "so", "score": score}))
    closed = held.closed_layer(1)
    assert closed.routing == Routing(side, 3, "model", score)  # type: ignore[arg-type]
    assert closed.passed_on == ()
    assert sorted(held.machine.open_calls.values()) == called


def test_router_is_shown_the_talk_and_asked_for_a_score() -> None:
    talk = (Message("user", "Hi."), Message("assistant", "Hello."), *PROMPT)
    held = asked(talk)
    said = held.sent[1].messages
    assert said[:2] == talk[:2]
    assert said[-1].content.startswith(
        "Why is the sky blue?\n\nDo not reply to the prompt"
    )
    assert '"score": 3' in said[-1].content


def test_layers_behind_it_are_not_asked_for_scores() -> None:
    held = asked()
    held.done("1.A.1", "4")
    assert held.sent[2].messages == PROMPT


def test_reply_that_cannot_be_read_is_asked_for_once_more() -> None:
    held = asked()
    held.done("1.A.1", "hard to say")
    assert [row.repairs for row in held.rows if isinstance(row, CallOpened)] == [
        None,
        1,
    ]
    assert "it has no JSON object" in held.sent[2].messages[-1].content
    held.done("1.A.1", "1")
    held.done("4.A.1")
    end = held.ended()
    assert (end.status, end.answer, end.degraded) == ("done", "4.A.1", False)


def test_without_a_score_the_prompt_counts_as_hard_and_the_run_says_so() -> None:
    held = asked()
    held.done("1.A.1", "hard to say")
    held.done("1.A.1", "I would rather not")
    closed = held.closed_layer(1)
    assert closed.routing == Routing("above", 3, "fallback")
    assert closed.notes == (
        "no score of 1 to 5 could be read, so the prompt counts as hard: above",
        "1.A.1 could not be read: it has no JSON object",
    )
    for key in ("2.A.1", "2.B.1", "3.Z.1"):
        held.done(key)
    end = held.ended()
    assert (end.status, end.answer, end.degraded) == ("done", "3.Z.1", True)


def test_router_that_fails_counts_as_hard_too() -> None:
    held = asked()
    held.exhaust("1.A.1")
    assert held.closed_layer(1).routing == Routing("above", 3, "fallback")
    for key in ("2.A.1", "2.B.1", "3.Z.1"):
        held.done(key)
    assert (held.ended().status, held.ended().degraded) == ("done", True)


@pytest.mark.parametrize(
    ("keys", "reason"), [({"on_fail": "abort"}, "abort"), ({"quorum": 1}, "quorum")]
)
def test_route_that_needs_a_score_ends_the_run_without(
    keys: dict[str, Any], reason: str
) -> None:
    held = asked(**keys)
    held.done("1.A.1", "no")
    held.done("1.A.1", "no")
    end = held.ended()
    assert (end.status, end.reason) == ("failed", reason)
    assert {r.key for r in held.rows if isinstance(r, DraftSkipped)} == {
        *("2.A.1", "2.B.1", "3.Z.1", "4.A.1")
    }


def test_late_score_counts_as_none() -> None:
    held = asked(timeout_s=5)
    held.tick(5000)
    assert held.closed_layer(1).routing == Routing("above", 3, "fallback")


def test_ceiling_has_the_router_twice_and_the_dearer_branch() -> None:
    known = cards()
    by_rules = plan_ceiling(parse(recipe(route())), known, PROMPT, {}) or 0
    one = parse(recipe(route(slots=[slot()])))
    assert (plan_ceiling(one, known, PROMPT, {}) or 0) > by_rules + 2 * 100 * 1000
    unpriced = {**known, "fast": cards(usd=None)["fast"]}
    assert plan_ceiling(one, unpriced, PROMPT, {}) is None


def test_most_calls_are_kept() -> None:
    held = asked(limits={"max_calls": 3})
    held.done("1.A.1", "5")
    assert list(held.machine.open_calls.values()) == ["2.A.1"]
    held.done("2.A.1")
    held.done("3.Z.1")
    assert (held.ended().status, held.ended().answer) == ("done", "3.Z.1")
    assert len(held.sent) == 3


def test_score_given_by_a_parent_is_read_again() -> None:
    document = recipe(route(slots=[slot()]))
    given = Branch(given={"1.A.1": GivenDraft("fast", '{"score": 1}')})
    held = hand(document, branch=given)
    held.start()
    assert held.closed_layer(1).routing == Routing("below", 3, "model", 1)
    assert list(held.machine.open_calls.values()) == ["4.A.1"]


def test_journal_cut_at_any_row_goes_the_same_way() -> None:
    whole = asked()
    whole.done("1.A.1", "who knows")
    whole.done("1.A.1", '{"score": 2}')
    for length in range(len(whole.rows) + 1):
        rows: list[Row] = [
            row_from_json(row.kind, json.loads(json.dumps(row.to_json())))
            for row in whole.rows[:length]
        ]
        again = hand(recipe(route(slots=[slot()])), rows=rows)
        again.give(Resume(0, 0, 2))
        routed = [*rows, *again.rows]
        if any(isinstance(row, DraftDone) for row in rows):
            sides = [r.routing.side for r in routed if getattr(r, "routing", None)]  # type: ignore[union-attr]
            assert sides == ["below"]
            assert list(again.machine.open_calls.values()) == ["4.A.1"]
        else:
            assert list(again.machine.open_calls.values()) == ["1.A.1"]
