"""Layers with a `window`: which calls follow each other, what they read, what goes on."""

from __future__ import annotations

from typing import Any

import pytest

from playground.engine.branches import Branch, GivenDraft
from playground.engine.chains import NOTHING_NEW
from playground.engine.demand import plan_ceiling
from playground.engine.errors import KeyRefused, RecipeError
from playground.engine.events import (
    CallEnded,
    CallOpened,
    Cancel,
    CloseCall,
    DraftSkipped,
    DraftStopped,
    RetryAsked,
)
from playground.engine.plan import AnswerOverrides, parse
from playground.engine.strategies import DECIDED
from tests.engine.house import (
    PROMPT,
    Hand,
    Json,
    aggregate,
    cards,
    draft,
    hand,
    recipe,
    resumed,
    slot,
    vote,
)

KEY = KeyRefused("refused", status=401)


def chain(samples: int = 5, window: int = 2, **more: Any) -> Json:
    return draft(slot(samples=samples), window=window, **more)


def begun(document: Json, **more: Any) -> Hand:
    held = hand(document, **more)
    held.start()
    return held


def write(held: Hand, *numbers: int, label: str = "A") -> None:
    for number in numbers:
        held.done(f"1.{label}.{number}", f"text {label}{number}")


def read_by(held: Hand, key: str) -> tuple[str, ...]:
    return held.row(CallOpened, key=key).references


def test_best_so_far_is_refined_with_the_next_samples_one_window_after_the_other() -> (
    None
):
    held = begun(recipe(chain()))
    assert sorted(held.machine.open_calls.values()) == [
        f"1.A.{number}" for number in range(1, 6)
    ]
    write(held, 1, 2, 3)
    assert read_by(held, "1.A.6") == ("1.A.1", "1.A.2", "1.A.3")
    write(held, 4, 5)
    assert "1.A.7" not in held.machine.open_calls.values()
    write(held, 6)
    assert read_by(held, "1.A.7") == ("1.A.6", "1.A.6", "1.A.4", "1.A.5")
    write(held, 7)
    layer = held.closed_layer(1)
    assert (layer.closed_by, layer.passed_on) == ("all", ("1.A.7",))
    end = held.ended()
    assert (end.status, end.answer, end.degraded) == ("done", "1.A.7", False)
    assert len(held.sent) == parse(recipe(chain())).call_count() == 7


def test_refinement_is_told_what_is_repeated_and_asked_the_prompt() -> None:
    held = begun(recipe(chain(samples=4, window=1)))
    write(held, 1, 2, 3, 4, 5)
    shown = held.sent[held.n("1.A.6")].messages[-1].content
    assert shown.startswith("Why is the sky blue?")
    assert "is the best answer so far" in shown
    assert "Draft A.5, written by fast:\n\ntext A5" in shown
    assert "Draft A.3, written by fast:\n\ntext A3" in shown
    assert "text A2" not in shown
    assert "Other models" not in shown


def test_repeated_best_has_one_name() -> None:
    held = begun(recipe(chain(pack={"anonymise": True})))
    write(held, 1, 2, 3, 4, 5, 6)
    shown = held.sent[held.n("1.A.7")].messages[-1].content
    assert shown.count("Draft 1:\n\ntext A6") == 2
    assert shown.count("Draft 2:\n\ntext A4") == 1
    assert shown.count("Draft 3:\n\ntext A5") == 1


def test_pack_header_and_shuffle_are_the_layers_own() -> None:
    held = begun(recipe(chain(pack={"header": "Improve this.", "order": "shuffle"})))
    write(held, 1, 2, 3)
    opened = held.row(CallOpened, key="1.A.6")
    assert opened.seed is not None
    assert sorted(opened.references) == ["1.A.1", "1.A.2", "1.A.3"]
    shown = held.sent[opened.n].messages[-1].content
    assert "Improve this." in shown
    assert "best answer so far" not in shown
    assert held.row(CallOpened, key="1.A.1").seed is None


def test_samples_of_a_later_layer_read_it_and_refinements_only_their_window() -> None:
    held = begun(recipe(draft(slot("bold")), chain(samples=2, window=1)))
    held.done("1.A.1", "from layer one")
    assert read_by(held, "2.A.1") == read_by(held, "2.A.2") == ("1.A.1",)
    held.done("2.A.1", "one")
    held.done("2.A.2", "two")
    assert read_by(held, "2.A.3") == ("2.A.1", "2.A.2")
    assert "from layer one" not in held.sent[held.n("2.A.3")].messages[-1].content


def test_next_layer_reads_the_last_refinement_of_each_slot() -> None:
    seats = slot(samples=2), slot("bold")
    held = begun(recipe(draft(*seats, window=1), aggregate()))
    write(held, 1, 2)
    write(held, 1, label="B")
    write(held, 3)
    assert held.closed_layer(1).passed_on == ("1.A.3", "1.B.1")
    assert read_by(held, "2.Z.1") == ("1.A.3", "1.B.1")


def test_refinement_goes_before_samples_that_wait_for_a_place() -> None:
    held = begun(recipe(chain(samples=4, window=1, max_parallel=1)))
    write(held, 1, 2, 5, 3, 6, 4, 7)
    assert held.ended().answer == "1.A.7"
    assert [call.key for call in held.sent.values()] == [
        f"1.A.{number}" for number in (1, 2, 5, 3, 6, 4, 7)
    ]


def test_failed_sample_is_missing_in_its_window_and_the_run_is_degraded() -> None:
    held = begun(recipe(chain()))
    held.fail("1.A.2", KEY)
    write(held, 1, 3, 4, 5)
    assert read_by(held, "1.A.6") == ("1.A.1", "1.A.3")
    write(held, 6, 7)
    assert (held.ended().answer, held.ended().degraded) == ("1.A.7", True)


def test_first_usable_sample_stands_for_the_first() -> None:
    held = begun(recipe(chain()))
    held.fail("1.A.1", KEY)
    write(held, 2, 3)
    assert read_by(held, "1.A.6") == ("1.A.2", "1.A.3")


def test_window_without_a_usable_sample_is_passed_over() -> None:
    held = begun(recipe(chain(samples=3, window=1)))
    held.fail("1.A.2", KEY)
    write(held, 1)
    assert held.row(DraftSkipped) == DraftSkipped("1.A.4", NOTHING_NEW)
    write(held, 3)
    assert read_by(held, "1.A.5") == ("1.A.1", "1.A.3")
    write(held, 5)
    assert held.ended().answer == "1.A.5"


def test_lone_usable_sample_is_passed_on_without_a_call() -> None:
    held = begun(recipe(chain(samples=3, window=1)))
    held.fail("1.A.1", KEY)
    held.fail("1.A.2", KEY)
    write(held, 3)
    assert (held.ended().status, held.ended().answer) == ("done", "1.A.3")
    assert len(held.sent) == 3


def test_failed_refinement_leaves_the_best_so_far_which_is_not_repeated() -> None:
    held = begun(recipe(chain()))
    write(held, 1, 2, 3, 4, 5)
    held.fail("1.A.6", KEY)
    assert read_by(held, "1.A.7") == ("1.A.1", "1.A.4", "1.A.5")
    held.fail("1.A.7", KEY)
    assert held.closed_layer(1).passed_on == ("1.A.1",)
    assert (held.ended().answer, held.ended().degraded) == ("1.A.1", True)


def test_failed_refinement_ends_the_run_where_no_slot_may_fail() -> None:
    held = begun(recipe(chain(on_fail="abort")))
    write(held, 1, 2, 3)
    held.fail("1.A.6", KEY)
    assert (held.ended().status, held.ended().reason) == ("failed", "abort")


def test_without_a_usable_sample_the_run_fails() -> None:
    held = begun(recipe(chain(samples=2, window=1)))
    held.fail("1.A.1", KEY)
    held.fail("1.A.2", KEY)
    assert (held.ended().status, held.ended().reason) == ("failed", "no_answer")
    assert held.row(DraftSkipped).key == "1.A.3"


def test_quorum_counts_samples_and_the_chain_goes_on_without_the_others() -> None:
    held = begun(recipe(chain(quorum=3, grace_s=1)))
    write(held, 1, 2, 4)
    assert held.row(CallOpened).key == "1.A.5"
    step = held.tick(1000)
    assert held.row(DraftStopped, key="1.A.3")
    assert held.row(DraftStopped, key="1.A.5")
    assert held.row(CallEnded, key="1.A.3").status == "cancelled"
    assert [type(each) for each in step.commands[:2]] == [CloseCall, CloseCall]
    assert read_by(held, "1.A.6") == ("1.A.1", "1.A.2")
    write(held, 6)
    assert read_by(held, "1.A.7") == ("1.A.6", "1.A.4")
    write(held, 7)
    layer = held.closed_layer(1)
    assert (layer.closed_by, layer.passed_on) == ("quorum", ("1.A.7",))
    assert held.ended().degraded


def test_too_few_samples_fail_the_run_before_anything_is_refined_in_vain() -> None:
    held = begun(recipe(chain(samples=2, window=1, quorum=2)))
    held.fail("1.A.1", KEY)
    write(held, 2)
    assert (held.ended().status, held.ended().reason) == ("failed", "quorum")
    assert len(held.sent) == 2


def test_timeout_passes_on_the_best_so_far() -> None:
    held = begun(recipe(chain(timeout_s=10), aggregate()))
    write(held, 1, 2, 3, 4, 5, 6)
    held.tick(10_000)
    layer = held.closed_layer(1)
    assert (layer.closed_by, layer.passed_on) == ("timeout", ("1.A.6",))
    assert held.row(CallEnded, key="1.A.7").status == "failed"


def test_cancel_stops_what_is_written_and_skips_the_rest() -> None:
    held = begun(recipe(chain()))
    write(held, 1, 2, 3)
    held.give(Cancel(5))
    stopped = [row.key for row in held.rows if isinstance(row, DraftStopped)]
    assert stopped == ["1.A.4", "1.A.5", "1.A.6"]
    assert held.row(DraftSkipped).key == "1.A.7"
    assert held.ended().status == "cancelled"


def test_lost_refinement_is_made_again_as_it_was() -> None:
    document = recipe(chain())
    held = begun(document)
    write(held, 1, 2, 3)
    sent = held.sent[held.n("1.A.6")]
    again = resumed(document, held.rows, at=9)
    assert again.sent[again.n("1.A.6")].messages == sent.messages
    assert read_by(again, "1.A.6") == ("1.A.1", "1.A.2", "1.A.3")


def test_person_stops_a_refinement_and_the_chain_goes_on() -> None:
    held = begun(recipe(chain()))
    write(held, 1, 2, 3, 4, 5)
    held.stop("1.A.6")
    assert read_by(held, "1.A.7") == ("1.A.1", "1.A.4", "1.A.5")
    write(held, 7)
    assert (held.closed_layer(1).closed_by, held.ended().degraded) == ("all", True)


def test_retry_of_what_a_refinement_has_read_leaves_no_row() -> None:
    held = begun(recipe(chain()))
    write(held, 1, 2, 3)
    before = len(held.rows)
    for key in ("1.A.1", "1.A.3"):
        held.retry(key)
    assert held.rows[before:] == []
    held.retry("1.A.4")
    assert held.row(RetryAsked).key == "1.A.4"


def test_chain_waits_for_a_sample_that_is_retried() -> None:
    held = begun(recipe(chain(samples=3, window=2)))
    write(held, 1, 2)
    held.retry("1.A.2")
    write(held, 3)
    assert "1.A.4" not in held.machine.open_calls.values()
    held.done("1.A.2", "better")
    assert "better" in held.sent[held.n("1.A.4")].messages[-1].content


def test_last_refinement_is_retried() -> None:
    held = begun(recipe(draft(slot(samples=2), slot("bold"), window=1), aggregate()))
    write(held, 1, 2, 3)
    held.retry("1.A.3", "careful")
    assert held.calls_of("1.A.3") == ["fast", "careful"]


def test_no_quorum_passes_over_a_sample_that_a_person_waits_for() -> None:
    held = begun(recipe(chain(samples=3, window=2, quorum=2)))
    held.fail("1.A.3", KEY)
    write(held, 1)
    held.retry("1.A.1")
    write(held, 2)
    assert "1.A.4" not in held.machine.open_calls.values()
    write(held, 1)
    assert read_by(held, "1.A.4") == ("1.A.1", "1.A.2")


def test_given_samples_are_refined_anew() -> None:
    texts = {f"1.A.{number}": GivenDraft("fast", f"old {number}") for number in (1, 3)}
    branch = Branch(texts, frozenset({"1.A.2"}))
    held = begun(recipe(chain(samples=3, window=2)), branch=branch)
    assert read_by(held, "1.A.4") == ("1.A.1", "1.A.3")
    assert len(held.sent) == 1
    held.done("1.A.4")
    assert (held.ended().answer, held.ended().degraded) == ("1.A.4", False)


def test_vote_counts_the_last_refinements_and_spares_chains_once_it_is_decided() -> (
    None
):
    seats = [slot(samples=2), slot(samples=2), slot(samples=2)]
    held = begun(recipe(draft(*seats, window=1), vote(stop_early=True)))
    for label in "ABC":
        held.done(f"1.{label}.1", "1")
        held.done(f"1.{label}.2", "1")
    held.done("1.A.3", "42")
    held.done("1.B.3", "42")
    layer = held.closed_layer(1)
    assert (layer.closed_by, DECIDED in layer.notes) == ("quorum", True)
    assert layer.passed_on == ("1.A.3", "1.B.3", "1.C.1")
    assert (held.ended().answer, held.ended().degraded) == ("1.A.3", False)


def test_callers_overrides_reach_samples_and_refinements_of_an_answering_chain() -> (
    None
):
    asked = AnswerOverrides(max_tokens=50)
    held = begun(recipe(chain(samples=2, window=1)), overrides=asked)
    write(held, 1, 2)
    assert [call.params.max_tokens for call in held.sent.values()] == [50, 50, 50]


def test_samples_and_refinements_are_sent_with_seeds_of_their_own() -> None:
    seeded = slot(samples=2, params={"max_tokens": 100, "seed": 5})
    held = begun(recipe(draft(seeded, window=1)))
    write(held, 1, 2)
    assert [call.params.seed for call in held.sent.values()] == [5, 6, 7]


def test_ceiling_holds_the_chain_at_its_longest() -> None:
    ceiling = plan_ceiling(parse(recipe(chain())), cards(), PROMPT, {})
    held = begun(recipe(chain()))
    # As long as a draft is counted that is not yet written: 125 tokens.
    for number in range(1, 8):
        held.done(f"1.A.{number}", "x" * 250)
    opened = [row for row in held.rows if isinstance(row, CallOpened)]
    spent = sum(row.ceiling_nanos or 0 for row in opened)
    assert ceiling is not None
    # The names of models that might write are longer than those of who wrote.
    assert spent <= ceiling <= spent + 50_000


def test_ceiling_of_a_chain_with_an_unpriced_refiner_is_not_known() -> None:
    known = cards() | {"spare": cards(usd=None)["spare"]}
    given = {f"1.A.{number}": GivenDraft("fast", "text") for number in (1, 2)}
    branch = Branch(given, models={"1.A.3": "spare"})
    plan = parse(recipe(chain(samples=2, window=1)))
    assert plan_ceiling(plan, known, PROMPT, {}, branch=branch) is None


@pytest.mark.parametrize(
    ("layer", "path", "words"),
    [
        (draft(slot(), window=2), "layers[0].window", "give a slot more `samples`"),
        (chain(window=0), "layers[0].window", "at least 1"),
        (chain(window=101), "layers[0].window", "at most 100"),
        (chain(window=True), "layers[0].window", "a whole number"),
        (
            draft(slot(samples=2), slot(), window=1),
            "layers[0]",
            "this one leaves 2",
        ),
        (
            chain(quorum=6),
            "layers[0].quorum",
            "asks for 6 drafts and the layer writes 5",
        ),
    ],
)
def test_window_is_refused(layer: Json, path: str, words: str) -> None:
    with pytest.raises(RecipeError) as caught:
        parse(recipe(layer))
    told = {problem.path: problem.message for problem in caught.value.problems}
    assert words in told[path]


def test_vote_counts_one_draft_of_each_slot_with_a_window() -> None:
    seats = slot(samples=2), slot(samples=2)
    with pytest.raises(RecipeError, match="passes on 2"):
        parse(recipe(draft(*seats, window=1), vote(quorum=3)))


def test_references_may_be_asked_for_by_a_slot_with_a_window() -> None:
    asking = slot(samples=2, prompt="{{prompt}}\n{{references}}\nGo.")
    held = begun(recipe(draft(asking, window=1)))
    assert held.sent[1].messages[-1].content == "Why is the sky blue?\n\nGo."
    write(held, 1, 2)
    assert held.sent[3].messages[-1].content.endswith("]\nGo.")
