"""Retries, fallbacks, waiting and what each call costs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from playground.engine.errors import Blank, Cut, KeyRefused, Paused, RateLimited
from playground.engine.events import (
    CallEnded,
    DraftDone,
    DraftFailed,
)
from playground.engine.shapes import Card
from playground.engine.usage import Usage
from tests.engine.house import (
    SINGLE,
    aggregate,
    cards,
    draft,
    hand,
    recipe,
    slot,
)


def test_retries_are_calls_and_begin_afresh_for_each_fallback() -> None:
    held = hand(recipe(draft(slot(retries=2, fallback=["bold"]))))
    held.start()
    held.exhaust("1.A.1")
    assert held.calls_of("1.A.1") == ["fast"] * 3 + ["bold"] * 3
    assert held.row(DraftFailed).cause == "fast: busy (3 calls); bold: busy (3 calls)"
    assert held.ended().reason == "no_answer"


def test_backoff_doubles_and_is_spread() -> None:
    held = hand(recipe(draft(slot(retries=8))))
    held.start()
    waits: list[int] = []
    while held.machine.ended is None and len(waits) < 8:
        held.fail("1.A.1")
        due = held.machine.due_at
        assert due is not None
        waits.append(due - held.at)
        held.tick(due)
    for asked, wait in enumerate(waits):
        longest = min(8000, 500 * 2**asked)
        assert longest / 2 <= wait <= longest + 1


def test_error_that_waiting_does_not_help_goes_to_the_fallback_at_once() -> None:
    held = hand(recipe(draft(slot(fallback=["bold"]))))
    held.start()
    held.fail("1.A.1", KeyRefused("the key is refused", status=401))
    assert held.calls_of("1.A.1") == ["fast", "bold"]
    held.done("1.A.1")
    assert (held.ended().status, held.ended().degraded) == ("done", True)


def test_provider_is_given_the_time_that_it_asked_for() -> None:
    held = hand(SINGLE)
    held.start()
    held.fail("1.A.1", RateLimited("slow down", after=1.5), at=100)
    assert held.row(CallEnded).retry_at == 1600
    held.tick(1599)
    assert held.machine.open_calls == {}
    held.tick(1600)
    assert held.machine.open_calls == {2: "1.A.1"}


@pytest.mark.parametrize("after", [60.0, float("inf")])
def test_wait_that_outlasts_the_layer_is_the_fallbacks_turn(after: float) -> None:
    held = hand(recipe(draft(slot(fallback=["bold"]), timeout_s=10)))
    held.start()
    held.fail("1.A.1", RateLimited("slow down", after=after))
    assert held.calls_of("1.A.1") == ["fast", "bold"]


def test_wait_that_outlasts_the_deadline_is_no_retry_either() -> None:
    held = hand(recipe(draft(slot()), limits={"deadline_s": 5}))
    held.start()
    held.fail("1.A.1", RateLimited("slow down", after=6))
    assert held.ended().reason == "no_answer"


def test_blank_text_is_charged_and_tried_again() -> None:
    held = hand(SINGLE)
    held.start()
    held.done("1.A.1", " \n", usage=Usage(tokens_in=10, tokens_out=2))
    ended = held.row(CallEnded)
    assert (ended.status, ended.cost_nanos, ended.error and ended.error.kind) == (
        *("failed", 12_000, "blank"),
    )
    assert ended.retry_at is not None
    held.tick(ended.retry_at)
    held.fail("1.A.1", Blank("nothing"))
    assert held.row(CallEnded).cost_nanos


@pytest.mark.parametrize(
    "text", ["<think>Hm.</think>\n", "<thinking>It never ends", "Hm.\n</think> \n"]
)
def test_text_that_is_nothing_but_thoughts_is_blank(text: str) -> None:
    held = hand(recipe(draft(slot(retries=0)), aggregate()))
    held.start()
    held.done("1.A.1", text)
    fault = held.row(CallEnded).error
    assert fault is not None
    assert (fault.kind, held.ended().reason) == ("blank", "no_answer")


def test_text_with_thoughts_before_it_is_a_draft() -> None:
    held = hand(SINGLE)
    held.start()
    held.done("1.A.1", "<think>Hm.</think>Yes")
    assert held.row(DraftDone).text == "<think>Hm.</think>Yes"


def test_call_refused_before_any_byte_costs_nothing() -> None:
    held = hand(SINGLE)
    held.start()
    held.fail("1.A.1")
    assert (held.row(CallEnded).usage, held.row(CallEnded).cost_nanos) == (None, 0)


def test_call_cut_after_text_is_charged_by_estimate_or_by_the_providers_count() -> None:
    held = hand(SINGLE)
    held.start()
    held.fail("1.A.1", Cut("cut"), text="abcd", reasoning="ab")
    assert held.row(CallEnded).usage == Usage(26, 0, 2, 0, estimated=True)
    held.tick(9000)
    held.fail("1.A.1", Cut("cut"), text="ab", usage=Usage(5, 0, 1))
    assert held.row(CallEnded).cost_nanos == 6000


def test_estimate_never_exceeds_max_tokens() -> None:
    held = hand(SINGLE)
    held.start()
    held.done("1.A.1", "x" * 5000)
    usage = held.row(CallEnded).usage
    assert usage is not None
    assert usage.tokens_out == 100


def test_unpriced_call_has_no_cost() -> None:
    held = hand(SINGLE, known=cards(usd=None))
    held.start()
    held.done("1.A.1", usage=Usage(5, 0, 5))
    assert held.row(CallEnded).cost_nanos is None


def with_another_provider(*aliases: str) -> dict[str, Card]:
    return {
        alias: replace(card, provider="other" if alias in aliases else card.provider)
        for alias, card in cards().items()
    }


def test_fallback_of_another_provider_is_asked_while_one_is_held_back() -> None:
    known = with_another_provider("bold")
    held = hand(recipe(draft(slot(fallback=["spare", "bold"]))), known=known)
    held.start()
    held.fail("1.A.1", Paused("held back", after=2), at=10)
    held.fail("1.A.1", Paused("held back", after=2), at=10)

    assert held.calls_of("1.A.1") == ["fast", "spare", "bold"]
    assert [row.cost_nanos for row in held.rows if isinstance(row, CallEnded)] == [0, 0]
    held.done("1.A.1")
    assert (held.ended().status, held.ended().degraded) == ("done", True)


def test_call_that_is_held_back_waits_where_nobody_else_can_be_asked() -> None:
    held = hand(recipe(draft(slot(retries=2, fallback=["spare"]))))
    held.start()
    held.fail("1.A.1", Paused("held back", after=2), at=10)
    assert held.row(CallEnded).retry_at == 2010
    held.tick(2010)
    held.exhaust("1.A.1", Paused("held back", after=4))

    assert held.calls_of("1.A.1") == ["fast"] * 3 + ["spare"] * 3
    assert held.ended().reason == "no_answer"


def test_pause_that_outlasts_the_layer_ends_the_draft_at_once() -> None:
    held = hand(recipe(draft(slot(), timeout_s=30)))
    held.start()
    held.fail("1.A.1", Paused("held back until noon", after=31))

    assert held.row(DraftFailed).cause == "fast: held back until noon (1 call)"
    assert held.ended().at == 0
