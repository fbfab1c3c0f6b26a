"""Refusals that teach: the next call is another request, and no try is used up."""

from __future__ import annotations

from typing import Any

import pytest

from playground.engine.errors import NotTaken, ServerFailed
from playground.engine.events import CallEnded, CallOpened, Row
from playground.engine.lessons import MOST_LESSONS, Lesson
from playground.engine.messages import Message
from playground.engine.usage import Usage
from tests.engine.house import SINGLE, aggregate, draft, hand, recipe, slot

NO_TEMPERATURE = Lesson("temperature")
NO_SEED = Lesson("seed")
RENAMED = Lesson("max_tokens", "max_completion_tokens")
PARAMS = {"max_tokens": 100, "temperature": 0.2, "seed": 3}


def refused(lesson: Lesson) -> NotTaken:
    return NotTaken("not taken", lesson=lesson, status=400)


def asking(**more: Any) -> Any:
    return {**slot(**more), "params": PARAMS}


def test_refusal_that_teaches_is_asked_again_at_once_and_otherwise() -> None:
    held = hand(recipe(draft(asking(retries=0))))
    held.start()
    held.fail("1.A.1", refused(NO_TEMPERATURE), at=40)

    row = held.row(CallEnded, n=1)
    assert (row.status, row.retry_at, row.lesson) == ("failed", 40, NO_TEMPERATURE)
    assert (row.usage, row.cost_nanos) == (None, 0)
    assert (held.sent[1].lessons, held.sent[2].lessons) == ((), (NO_TEMPERATURE,))
    assert held.sent[2].params == held.sent[1].params
    held.done("1.A.1")
    assert (held.ended().status, held.ended().degraded) == ("done", False)


def test_lesson_uses_up_no_retry() -> None:
    held = hand(recipe(draft(asking(retries=1))))
    held.start()
    held.fail("1.A.1", refused(NO_TEMPERATURE))
    held.fail("1.A.1", refused(NO_SEED))
    held.exhaust("1.A.1", ServerFailed("busy"))

    assert len(held.calls_of("1.A.1")) == 4


def test_the_same_lesson_twice_is_a_refusal() -> None:
    held = hand(recipe(draft(asking(fallback=["bold"]))))
    held.start()
    held.fail("1.A.1", refused(NO_SEED))
    held.fail("1.A.1", refused(NO_SEED))

    assert held.calls_of("1.A.1") == ["fast", "fast", "bold"]
    assert held.row(CallEnded, n=2).lesson is None


def test_who_refuses_everything_comes_to_an_end() -> None:
    held = hand(SINGLE)
    held.start()
    for n in range(100):
        if "1.A.1" in held.machine.open_calls.values():
            held.fail("1.A.1", refused(Lesson(f"x{n}")))

    assert len(held.sent) == MOST_LESSONS + 1
    assert held.ended().reason == "no_answer"


def test_all_drafts_of_the_run_profit_and_other_models_do_not() -> None:
    held = hand(
        recipe(
            draft(asking(), asking(), asking(model="bold"), max_parallel=1), aggregate()
        )
    )
    held.start()
    held.fail("1.A.1", refused(NO_SEED))
    held.done("1.A.1")
    held.done("1.B.1")

    assert [call.lessons for call in held.sent.values()] == [
        (),
        (NO_SEED,),
        (NO_SEED,),
        (),
    ]


def test_what_is_known_from_elsewhere_is_in_force_at_once_where_it_matters() -> None:
    known = {"fast": [NO_SEED, RENAMED, Lesson("top_p"), Lesson("system", "developer")]}
    held = hand(recipe(draft(asking())), learned=known)
    held.start()

    assert held.sent[1].lessons == (RENAMED, NO_SEED)
    assert held.row(CallOpened).lessons == (RENAMED, NO_SEED)


def test_journal_keeps_the_lessons_and_no_other_source_is_asked() -> None:
    document = recipe(draft(asking(), asking()), aggregate())
    held = hand(document, learned={"fast": [RENAMED]})
    held.start()
    held.fail("1.A.1", refused(NO_SEED))
    again = hand(document, rows=held.rows)

    assert again.machine.sent(3) == held.sent[3]
    assert again.machine.sent(3).lessons == (RENAMED, NO_SEED)


@pytest.mark.parametrize(
    ("words", "counted", "told"),
    [(600, 100, 601), (600, 590, None), (200, 10, None), (600, 540, 601)],
)
def test_prompt_that_was_cut_in_silence_is_noted(
    words: int, counted: int, told: int | None
) -> None:
    prompt = (Message("user", "word " * words + "end"),)
    held = hand(SINGLE, messages=prompt)
    held.start()
    held.done("1.A.1", usage=Usage(counted, 0, 5))

    assert held.row(CallEnded).least_in == told


def test_estimate_says_nothing_of_a_cut_prompt() -> None:
    held = hand(SINGLE, messages=(Message("user", "a " * 9000),))
    held.start()
    held.done("1.A.1")
    rows: list[Row] = held.rows

    assert [row.least_in for row in rows if isinstance(row, CallEnded)] == [None]
