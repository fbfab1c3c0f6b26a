"""Fragments are the page's own parts, told once, in order, and without SQL."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.template.loader import render_to_string
from pytest_django import DjangoAssertNumQueries

from playground.live.costs import costs_of
from playground.live.fragments import PAGE, RunFragments, page_context
from playground.live.records import run_view
from playground.runs.feed import Entry
from playground.runs.models import Draft, Run
from playground.runs.queries import Snapshot, calls_of, drafts_of, layers_of
from playground.runs.states import RunStatus
from tests.runs.factories import a_call, a_run

pytestmark = pytest.mark.django_db

USAGE = {"in": 10, "cached": 0, "out": 20, "reasoning": 0, "estimated": False}
REFUSED = {"kind": "key", "message": "stub refused <the> key", "status": 401}


def fragments_of(run: Run, last: str = "0-0") -> RunFragments:
    """Fragments of a run as SQL has it, without a feed."""
    return RunFragments(
        run_view(Snapshot(run, drafts_of(run), calls_of(run), layers_of(run), last))
    )


def entries(*bodies: dict[str, Any]) -> list[Entry]:
    """A feed's first epoch."""
    return [
        Entry(f"1-{seq}", {"t": seq * 100, **body})
        for seq, body in enumerate(bodies, start=1)
    ]


def sent(key: str, n: int, **more: Any) -> dict[str, Any]:
    return {
        "k": "draft",
        "key": key,
        "status": "writing",
        "n": n,
        "model": "fast",
        "references": [],
        "seed": None,
        **more,
    }


def ended(key: str, n: int, status: str, **more: Any) -> dict[str, Any]:
    return {
        "k": "draft",
        "key": key,
        "status": status,
        "n": n,
        "call": "done" if status == "done" else "failed",
        "error": None,
        "usage": USAGE,
        "cost_nanos": 2_000,
        "first_token_ms": 50,
        **more,
    }


def layer(number: int, state: str, **more: Any) -> dict[str, Any]:
    closing = {"closed_by": "all", "passed_on": ["1.A.1", "1.B.1"], "notes": []}
    return (
        {"k": "layer", "layer": number, "state": state, "inputs": []}
        | (closing if state == "closed" else {})
        | more
    )


OPENING = {"k": "run", "status": "running", "epoch": 1, "after": "0-0", "lost": []}
WHOLE = entries(
    OPENING,
    layer(1, "open"),
    sent("1.A.1", 1),
    sent("1.B.1", 2),
    {"k": "delta", "x": [["1.A.1", 1, 0, "**one**"], ["1.B.1", 2, 0, "half"]]},
    ended("1.B.1", 2, "waiting", error=REFUSED, retry_at=900, usage=None),
    sent("1.B.1", 3),
    {"k": "delta", "x": [["1.B.1", 3, 0, "two"]]},
    ended("1.A.1", 1, "done", length=7),
    ended("1.B.1", 3, "done", length=3),
    layer(1, "closed"),
    layer(2, "open"),
    sent("2.Z.1", 4, references=["1.A.1", "1.B.1"]),
    {"k": "note", "key": "2.Z.1", "n": 4, "reasoning": 12},
    {"k": "delta", "x": [["2.Z.1", 4, 0, "<img src=x onerror=x()>"]]},
    ended("2.Z.1", 4, "done", length=23),
    layer(2, "closed", passed_on=["2.Z.1"]),
    {"k": "end", "status": "done", "reason": None, "answer": "2.Z.1", "message": ""},
)


def page_of(fragments: RunFragments) -> str:
    return render_to_string(PAGE, {"words": 1, **page_context(fragments.view)})


def parts_of(html: str) -> list[str]:
    return [part for part in html.split(' hx-swap-oob="true"') if part]


def without_clock(html: str) -> str:
    """Seconds and bars that run on are others in the next moment."""
    html = re.sub(r'(data-tick="\d+">)[^<]*', r"\1", html)
    html = re.sub(r' (x1?|x2|width)="[\d.]+%"', "", html)
    html = re.sub(r' dx="-?6" y="\d+" text-anchor="\w+"', "", html)
    return re.sub(r'aria-label="Waited [^"]*"', "", html)


def test_every_fragment_is_a_part_of_the_page_as_it_then_is() -> None:
    fragments = fragments_of(a_run())
    told = 0
    for entry in WHOLE:
        html = fragments.advance(entry)
        page = without_clock(page_of(fragments))
        for part in parts_of(without_clock(html or ""))[1:-1]:
            inner = part[: part.rindex("<")].strip()
            assert inner in page, (entry, inner)
            told += 1
    assert told > 20


def waits(key: str, n: int, why: str | None) -> dict[str, Any]:
    return {"k": "note", "key": key, "n": n, "waits": why}


def test_call_that_waits_for_its_turn_is_not_said_to_be_sent() -> None:
    fragments = fragments_of(a_run())
    *before, turn, pause, goes = entries(
        OPENING,
        layer(1, "open"),
        sent("1.A.1", 1),
        sent("1.B.1", 2),
        waits("1.A.1", 1, "turn"),
        waits("1.B.1", 2, "pause"),
        waits("1.A.1", 1, None),
    )
    for entry in before:
        fragments.advance(entry)
    a, b = (fragments.view.drafts[key] for key in ("1.A.1", "1.B.1"))
    assert (a.state, a.word) == ("sent", "no word yet")
    for entry, said in (
        (turn, "takes only so many calls at once"),
        (pause, "asked all calls to wait"),
        (goes, "Its first word has not come yet"),
    ):
        html = fragments.advance(entry) or ""
        page = without_clock(page_of(fragments))
        assert said in html
        for part in parts_of(without_clock(html))[1:-1]:
            assert part[: part.rindex("<")].strip() in page
    assert [(d.state, d.word, d.gate_word) for d in (a, b)] == [
        ("sent", "no word yet", "asked"),
        ("waiting", "waits", "waiting"),
    ]


def test_page_that_is_loaded_knows_who_waits() -> None:
    run = a_run(status=RunStatus.RUNNING)
    Draft.objects.filter(run=run, key="1.A.1").update(status="writing")
    a_call(run, n=1, status="sent", opened_ms=3, ended_ms=None)
    shot = Snapshot(
        run,
        drafts_of(run),
        calls_of(run),
        layers_of(run),
        last="1-5",
        waits={1: "turn"},
    )
    view = run_view(shot)
    seat, costs = view.drafts["1.A.1"], costs_of(view)
    assert (view.calls_open, costs.open_calls, costs.ended) == (0, 0, 0)
    assert (seat.state, seat.tick_from) == ("waiting", 3)


def test_only_text_entries_have_no_html() -> None:
    fragments = fragments_of(a_run())
    silent = [entry.kind for entry in WHOLE if fragments.advance(entry) is None]
    assert silent == ["delta", "delta", "note", "delta"]


def test_advancing_asks_no_database(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    fragments = fragments_of(a_run())
    with django_assert_num_queries(0):
        for entry in WHOLE:
            fragments.advance(entry)


def test_a_draft_that_is_done_is_rendered_and_what_it_says_cannot_act() -> None:
    fragments = fragments_of(a_run())
    html = [fragments.advance(entry) or "" for entry in WHOLE]
    assert "<p><strong>one</strong></p>" in html[8]
    assert "&lt;img src=x onerror=x()&gt;" in html[-1]
    assert not any("<img" in part or " style=" in part for part in html)


def test_a_retry_names_its_cause_at_the_card() -> None:
    fragments = fragments_of(a_run())
    html = [fragments.advance(entry) or "" for entry in WHOLE]
    assert "key refused" in html[5]
    assert "Stub refused &lt;the&gt; key" in html[5]
    assert "second call" in html[9]


def test_a_hole_in_the_feed_says_nothing_more() -> None:
    fragments = fragments_of(a_run())
    fragments.advance(WHOLE[0])
    assert fragments.advance(WHOLE[2]) is None
    assert fragments.advance(WHOLE[3]) is None
    assert fragments.broken


def test_an_old_entry_is_told_by_the_state_of_now_and_changes_nothing() -> None:
    fragments = fragments_of(a_run())
    for entry in WHOLE:
        fragments.advance(entry)
    before = page_of(fragments)
    again = fragments.advance(WHOLE[2])
    assert again is not None
    assert 'data-final="1.A.1"' in again
    assert page_of(fragments) == before


def test_a_lost_call_is_made_again_in_the_next_epoch() -> None:
    fragments = fragments_of(a_run())
    for entry in WHOLE[:5]:
        fragments.advance(entry)
    opening = {"t": 900, "k": "run", "status": "running", "epoch": 2}
    resumed = Entry("2-1", {**opening, "after": "1-5", "lost": [1, 2]})
    assert "lost with its worker" in (fragments.advance(resumed) or "")
    assert not fragments.broken
    assert fragments.view.drafts["1.A.1"].state == "retry"


def test_texts_count_in_utf16_and_overlaps_add_only_the_rest() -> None:
    draft = fragments_of(a_run()).view.drafts["1.A.1"]
    assert draft.write(1, 0, "a\N{GRINNING FACE}")
    assert draft.write(1, 1, "\N{GRINNING FACE}b")
    assert (draft.text, draft.length) == ("a\N{GRINNING FACE}b", 4)
    assert not draft.write(1, 9, "hole")
    assert draft.write(2, 0, "afresh")
    assert draft.write(1, 4, "late word of the first call")
    assert draft.text == "afresh"


def test_a_failed_run_lists_every_cause_and_what_to_do() -> None:
    fragments = fragments_of(a_run())
    feed = entries(
        OPENING,
        layer(1, "open"),
        sent("1.A.1", 1),
        sent("1.B.1", 2),
        ended("1.A.1", 1, "failed", error=REFUSED, cause="key refused"),
        ended("1.B.1", 2, "failed", error=REFUSED, cause="key refused"),
        layer(1, "closed", passed_on=[]),
        {"k": "draft", "key": "2.Z.1", "status": "skipped"},
        {"k": "end", "status": "failed", "reason": "no_answer", "message": "Nothing."},
    )
    last = [fragments.advance(entry) or "" for entry in feed][-1]
    assert last.count("Ask an admin to renew the provider") == 2
    assert "?replay" in last
    assert "No answer came about." in last
