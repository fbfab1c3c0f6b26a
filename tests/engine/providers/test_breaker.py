"""When calls to a provider stop, who finds out that it is back, and what counts."""

from __future__ import annotations

import pytest

from playground.engine.errors import (
    CallError,
    ConnectFailed,
    Cut,
    Garbled,
    KeyRefused,
    PromptTooLong,
    QuotaSpent,
    RateLimited,
    RequestRefused,
    ServerFailed,
    TimedOut,
    Withheld,
)
from playground.engine.providers.breaker import (
    FEWEST_DRAFTS,
    LONGEST_PAUSE_S,
    MOST_FAILURES,
    PROBE_S,
    WINDOW_S,
    Breaker,
    Pause,
    speaks_of_provider,
)


def opened(*, at: float = 0.0, after: float | None = None) -> Breaker:
    breaker = Breaker()
    for n in range(MOST_FAILURES):
        breaker.failed(f"draft {n % FEWEST_DRAFTS}", "busy", now=at, after=after)
    return breaker


def acts(breaker: Breaker, *times: float) -> list[str]:
    return [breaker.ask(at).act for at in times]


def test_failures_in_a_row_stop_calls_until_the_pause_is_over() -> None:
    breaker = opened(at=10)

    assert breaker.pause == Pause(12.0, 1, "busy")
    assert breaker.ask(11.5).seconds == 0.5
    assert acts(breaker, 10, 11.9, 12) == ["stop", "stop", "probe"]


def test_fewer_failures_or_an_answer_between_them_stop_nothing() -> None:
    breaker = Breaker()
    for n in range(3 * MOST_FAILURES):
        breaker.failed(f"draft {n}", "busy", now=n / 10)
        if n % (MOST_FAILURES - 1) == 0:
            breaker.worked()

    assert breaker.ask(99).act == "go"


def test_failures_of_few_drafts_may_be_their_prompts_fault() -> None:
    breaker = Breaker()
    for n in range(5 * MOST_FAILURES):
        breaker.failed(f"draft {n % (FEWEST_DRAFTS - 1)}", "busy", now=n / 10)
    assert breaker.ask(9).act == "go"

    breaker.failed("another", "busy", now=9)
    assert breaker.ask(9).act == "stop"


def test_failures_long_ago_are_no_run_of_them() -> None:
    breaker = Breaker()
    for n in range(MOST_FAILURES):
        breaker.failed(f"draft {n}", "busy", now=0 if n == 0 else WINDOW_S + 1)
    assert breaker.ask(WINDOW_S + 1).act == "go"

    breaker.failed("another", "busy", now=WINDOW_S + 2)
    assert breaker.ask(WINDOW_S + 2).act == "stop"


def test_one_call_probes_and_the_others_wait_for_its_word() -> None:
    breaker = opened()

    assert acts(breaker, 2, 2, 3) == ["probe", "wait", "wait"]
    assert breaker.ask(3).seconds == PROBE_S - 1
    assert acts(breaker, 2 + PROBE_S, 2 + PROBE_S) == ["probe", "wait"]
    assert breaker.worked()
    assert acts(breaker, 3, 3) == ["go", "go"]
    assert not breaker.worked()


def test_probe_that_fails_doubles_the_pause_up_to_a_limit() -> None:
    breaker, now, pauses = opened(), 2.0, []
    for _ in range(8):
        assert breaker.ask(now).act == "probe"
        pause = breaker.failed("x", "still busy", now=now, is_probe=True)
        assert pause is not None
        pauses.append(pause.until - now)
        now = pause.until

    assert pauses == [4, 8, 16, 32, 60, 60, 60, 60]


def test_first_pause_after_it_worked_is_short_again() -> None:
    breaker = opened()
    breaker.ask(2)
    breaker.failed("x", "busy", now=2, is_probe=True)
    breaker.worked()
    for n in range(MOST_FAILURES):
        breaker.failed(f"draft {n}", "busy", now=50)

    assert breaker.pause == Pause(52.0, 1, "busy")


def test_pause_is_as_long_as_the_provider_asks_within_reason() -> None:
    assert opened(after=20.0).pause == Pause(20.0, 1, "busy")
    assert opened(after=9000.0).pause == Pause(LONGEST_PAUSE_S, 1, "busy")


def test_what_was_sent_before_the_pause_does_not_lengthen_it() -> None:
    breaker = opened()

    assert breaker.failed("late", "busy", now=1.5) is None
    assert acts(breaker, 2) == ["probe"]


def test_probe_that_is_given_up_leaves_its_place_to_the_next() -> None:
    breaker = opened()
    breaker.ask(2)

    assert breaker.let_go()
    assert acts(breaker, 2, 2) == ["probe", "wait"]
    breaker.worked()
    assert not breaker.let_go()


def test_pause_of_another_worker_is_taken_over_once() -> None:
    breaker = Breaker()

    assert breaker.take_over(Pause(5.0, 2, "theirs"))
    assert acts(breaker, 4, 5) == ["stop", "probe"]
    assert not breaker.take_over(Pause(5.0, 2, "theirs"))
    assert acts(breaker, 5) == ["wait"]
    assert breaker.take_over(Pause(9.0, 3, "theirs"))
    assert acts(breaker, 6) == ["stop"]


@pytest.mark.parametrize(
    ("kind", "counts", "counts_after_a_word"),
    [
        (ConnectFailed, True, True),
        (ServerFailed, True, True),
        (TimedOut, True, False),
        (Cut, True, False),
        (Garbled, False, False),
        (RateLimited, False, False),
        (RequestRefused, False, False),
        (PromptTooLong, False, False),
        (KeyRefused, False, False),
        (QuotaSpent, False, False),
        (Withheld, False, False),
    ],
)
def test_only_what_speaks_of_the_provider_counts(
    kind: type[CallError], counts: bool, counts_after_a_word: bool
) -> None:
    error = kind("it failed")

    assert speaks_of_provider(error, heard=False) is counts
    assert speaks_of_provider(error, heard=True) is counts_after_a_word


def test_probe_of_another_worker_holds_calls_back_here_too() -> None:
    breaker = opened()
    pause = breaker.pause
    assert pause is not None
    breaker.probed_elsewhere(pause.until + PROBE_S)
    assert breaker.is_probed(pause.until)
    assert acts(breaker, pause.until) == ["wait"]
    assert not breaker.is_probed(pause.until + PROBE_S)
