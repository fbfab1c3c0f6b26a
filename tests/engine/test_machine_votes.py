"""A vote in a run: what it passes on, whom it spares, and what it costs, which is nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from playground.engine.branches import Branch, GivenDraft
from playground.engine.demand import plan_ceiling
from playground.engine.errors import RecipeError
from playground.engine.events import (
    CallEnded,
    Cancel,
    DraftStopped,
    LayerOpened,
    Resume,
    row_from_json,
)
from playground.engine.plan import AnswerOverrides, parse
from playground.engine.strategies import DECIDED, LAST_RESORT
from tests.engine.house import (
    PROMPT,
    Hand,
    aggregate,
    cards,
    draft,
    hand,
    recipe,
    slot,
    vote,
)

FIVE = draft(slot(samples=5))


def voted(*texts: str, samples: int = 0, **keys: Any) -> Hand:
    """A run of a vote at its end, as far as these drafts take it."""
    count = samples or len(texts)
    held = hand(recipe(draft(slot(samples=count)), vote(**keys)))
    held.start()
    for number, text in enumerate(texts, start=1):
        held.done(f"1.A.{number}", text)
    return held


def test_winner_is_the_answer_and_no_draft_is_written() -> None:
    held = voted("41", "42", "42")
    end = held.ended()
    assert (end.status, end.answer, end.degraded) == ("done", "1.A.2", False)
    assert held.closed_layer(2).passed_on == ("1.A.2",)
    assert [call.key for call in held.sent.values()] == ["1.A.1", "1.A.2", "1.A.3"]


def test_next_layer_reads_the_winner_alone() -> None:
    held = hand(recipe(draft(slot(samples=2)), vote(), aggregate(slot())))
    held.start()
    held.done("1.A.1", "no number")
    held.done("1.A.2", "it is 42")
    assert "it is 42" in held.sent[3].messages[-1].content
    assert "no number" not in held.sent[3].messages[-1].content
    held.done("3.Z.1", "so 42")
    assert held.ended().answer == "3.Z.1"


def test_journal_keeps_who_voted_for_what() -> None:
    row = voted("41", "none", "42").closed_layer(2)
    again = row_from_json(row.kind, json.loads(json.dumps(row.to_json())))
    assert again == row
    assert row.ballot is not None
    assert [vote.answer for vote in row.ballot.votes] == ["41", None, "42"]
    assert row.ballot.by == "first"


def test_spare_calls_are_stopped_and_the_run_is_not_degraded() -> None:
    held = voted("42", "41", "42", "42", samples=5, stop_early=True)
    layer = held.closed_layer(1)
    assert (layer.closed_by, layer.notes) == ("quorum", (DECIDED,))
    assert held.row(DraftStopped).key == "1.A.5"
    assert held.row(CallEnded, key="1.A.5").status == "cancelled"
    assert held.closed == [5]
    assert (held.ended().status, held.ended().degraded) == ("done", False)


def test_without_stop_early_all_are_waited_for() -> None:
    held = voted("42", "42", "42", "42", samples=5)
    assert list(held.machine.open_calls.values()) == ["1.A.5"]


def test_what_a_person_stopped_still_degrades_a_run_that_was_decided() -> None:
    held = hand(recipe(FIVE, vote(stop_early=True)))
    held.start()
    held.stop("1.A.1")
    for number in (2, 3, 4):
        held.done(f"1.A.{number}", "42")
    assert held.closed_layer(1).notes == (DECIDED,)
    assert held.ended().degraded


def test_what_a_person_wants_again_is_waited_for() -> None:
    held = hand(recipe(FIVE, vote(stop_early=True)))
    held.start()
    held.retry("1.A.5")
    for number in (1, 2, 3, 4):
        held.done(f"1.A.{number}", "42")
    assert list(held.machine.open_calls.values()) == ["1.A.5"]


def test_vote_is_not_decided_before_the_layers_own_quorum() -> None:
    held = hand(
        recipe(draft(slot(samples=5), quorum=4, grace_s=60), vote(stop_early=True))
    )
    held.start()
    for number in (1, 2, 3):
        held.done(f"1.A.{number}", "42")
    assert held.machine.ended is None
    held.done("1.A.4", "42")
    assert not held.ended().degraded


def test_without_an_answer_the_first_draft_stands_and_says_so() -> None:
    held = voted("one", "two")
    ballot = held.closed_layer(2).ballot
    assert ballot is not None
    assert (ballot.by, ballot.winner) == ("fallback", "1.A.1")
    end = held.ended()
    assert (end.status, end.answer, end.degraded) == ("done", "1.A.1", True)
    assert LAST_RESORT not in held.closed_layer(2).notes


@pytest.mark.parametrize(
    ("keys", "reason", "needed"),
    [({"on_fail": "abort"}, "abort", "1 draft"), ({"quorum": 2}, "quorum", "2 drafts")],
)
def test_without_answers_that_are_needed_the_run_fails(
    keys: dict[str, Any], reason: str, needed: str
) -> None:
    held = voted("one", "two", **keys)
    end = held.ended()
    assert (end.status, end.reason, end.answer) == ("failed", reason, None)
    assert end.message == f"Layer 2 needs {needed} with an answer and found 0 among 2."
    ballot = held.closed_layer(2).ballot
    assert ballot is not None
    assert ballot.notes[0] == "the vote failed: an answer was found in 0 of 2"


def test_vote_counts_the_drafts_that_came() -> None:
    held = hand(recipe(draft(slot(samples=3, retries=0)), vote()))
    held.start()
    held.fail("1.A.1")
    held.done("1.A.2", "42")
    held.done("1.A.3", "42")
    ballot = held.closed_layer(2).ballot
    assert ballot is not None
    assert [each.key for each in ballot.votes] == ["1.A.2", "1.A.3"]
    assert held.ended().degraded


def test_left_out_and_given_drafts_vote_as_they_are() -> None:
    given = {"1.A.1": GivenDraft("bold", "41"), "1.A.2": GivenDraft("bold", "42")}
    branch = Branch(given, frozenset({"1.A.3"}), {})
    held = hand(recipe(draft(slot(samples=3)), vote(ties="shortest")), branch=branch)
    held.start()
    assert held.ended().answer == "1.A.1"
    assert held.sent == {}


def test_journal_cut_at_any_row_elects_the_same() -> None:
    document = recipe(FIVE, vote(stop_early=True), aggregate(slot()))
    whole = hand(document)
    whole.start()
    for number in (3, 1, 4):
        whole.done(f"1.A.{number}", "42")
    for length in range(len(whole.rows) + 1):
        again = hand(document, rows=whole.rows[:length])
        again.give(Resume(0, 0, 2))
        for key in ("1.A.3", "1.A.1", "1.A.4"):
            if key in again.machine.open_calls.values():
                again.done(key, "42")
        assert list(again.machine.open_calls.values()) == ["3.Z.1"]
        rows = whole.rows[:length] + again.rows
        opened = [row for row in rows if isinstance(row, LayerOpened)]
        assert opened[-1].inputs == ("1.A.1",)


def test_run_can_be_stopped_between_the_vote_and_its_count() -> None:
    whole = voted("41", "42")
    place = next(
        at
        for at, row in enumerate(whole.rows)
        if row == LayerOpened(2, 0, ("1.A.1", "1.A.2"))
    )
    again = hand(recipe(draft(slot(samples=2)), vote()), rows=whole.rows[: place + 1])
    again.give(Cancel(0))
    assert again.ended().status == "cancelled"


def test_vote_costs_nothing_and_passes_one_draft_on() -> None:
    def ceiling(*layers: Any) -> int:
        found = plan_ceiling(parse(recipe(*layers)), cards(), PROMPT, {})
        assert found is not None
        return found

    drafts, last = draft(slot(samples=3)), aggregate(slot())
    alone = ceiling(draft(slot(samples=1)), last)
    assert ceiling(drafts, vote()) == 3 * (
        alone - ceiling(draft(slot()), last) + ceiling(draft(slot()))
    )
    assert ceiling(drafts, vote(), last) - ceiling(drafts, vote()) == alone - ceiling(
        draft(slot())
    )
    everything = aggregate(slot(), sees="all")
    assert ceiling(drafts, vote(), everything) == ceiling(drafts, everything)


def test_callers_wishes_go_to_the_drafts_of_which_one_is_the_answer() -> None:
    asked = AnswerOverrides(temperature=0.25)
    held = hand(recipe(draft(slot(samples=2)), vote()), overrides=asked)
    held.start()
    assert [call.params.temperature for call in held.sent.values()] == [0.25, 0.25]


def test_the_answers_part_is_kept_for_the_drafts_that_are_voted_on() -> None:
    limits = {"max_cost_usd": 0.0003}
    held = hand(recipe(draft(slot(samples=3)), vote(), limits=limits))
    held.start()
    assert len(held.sent) == 2


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        ([vote()], "layers[0].kind: a vote needs a layer before it that writes drafts"),
        ([FIVE, vote(slots=[slot()])], "layers[1].slots: a vote calls no model"),
        ([FIVE, vote(sees="all")], "layers[1].sees: unknown key"),
        ([FIVE, vote("median")], "layers[1].extract: must be exact, number, choice"),
        ([FIVE, vote("regex")], "layers[1].pattern: is required"),
        (
            [FIVE, vote("regex", pattern="a")],
            "layers[1].pattern: must have a named group",
        ),
        ([FIVE, vote(pattern="a")], "layers[1].pattern: is for `extract: regex`"),
        ([FIVE, vote(ties="last")], "layers[1].ties: must be first or shortest"),
        ([FIVE, vote("medoid", stop_early=True)], "layers[1].stop_early: a medoid is"),
        ([FIVE, vote(quorum=6)], "layers[1].quorum: asks for 6 drafts"),
        ([FIVE, vote(), vote(quorum=2)], "layers[2].quorum: asks for 2 drafts"),
        (
            [draft(slot(samples=100), slot()), vote("medoid")],
            "layers[1].extract: a medoid compares at most 100 drafts, here are 101",
        ),
        ([draft(slot(), extract="number")], "layers[0].extract: unknown key"),
    ],
)
def test_refusals_name_the_layer_and_the_key(layers: list[Any], told: str) -> None:
    with pytest.raises(RecipeError) as caught:
        parse(recipe(*layers))
    assert any(str(problem).startswith(told) for problem in caught.value.problems)


def test_vote_takes_what_all_layers_have() -> None:
    plan = parse(
        recipe(FIVE, vote(slots=[], name="Count", quorum=2, timeout_s=5, x_note="kept"))
    )
    layer = plan.layers[1]
    assert (layer.name, layer.sees, layer.drafts(), layer.quorum) == (
        *("Count", "previous", ()),
        2,
    )
    assert plan.call_count() == 5
