"""The answer beside what it came from."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from playground.live.comparing import comparing_of
from playground.live.figures import RunView
from playground.live.records import run_view
from playground.live.worth import Sourced, sourced_answer, worth_of
from playground.runs.models import Call, Draft, Run
from playground.runs.queries import Snapshot, calls_of, drafts_of, layers_of
from tests.runs.factories import a_run

pytestmark = pytest.mark.django_db

TEXTS = {
    "1.A.1": "Keep the monolith for the next year. Nobody is waiting for it.",
    "1.B.1": "Split it into two services at once.",
    "2.Z.1": "Keep the monolith for the next year. We say so for good reasons.",
}


def a_view(**texts: str) -> RunView:
    """A run that is done, with a call of 1 s and $0.001 behind each draft."""
    began = timezone.now() - timedelta(seconds=60)
    run = a_run(
        status="done",
        answer_key="2.Z.1",
        started_at=began,
        ended_at=began + timedelta(seconds=2),
    )
    for n, draft in enumerate(Draft.objects.filter(run=run), start=1):
        draft.status, draft.text = "done", {**TEXTS, **texts}[draft.key]
        draft.references = ["1.A.1", "1.B.1"] if draft.layer == 2 else []
        draft.save()
        Call.objects.create(
            run=run,
            draft=draft,
            n=n,
            epoch=1,
            alias="fast",
            provider="stub",
            model="m",
            status="done",
            opened_ms=1000 * (draft.layer - 1),
            ended_ms=1000 * draft.layer,
            started_at=began,
            tokens_in=10,
            tokens_out=10,
            cost_nanos=1_000_000,
            messages_hash="",
        )
    return run_view(Snapshot(run, drafts_of(run), calls_of(run), layers_of(run), "0-0"))


def test_answer_has_a_letter_behind_a_sentence_that_a_draft_has() -> None:
    sourced = sourced_answer(a_view())
    assert sourced.html == (
        '<p>Keep the monolith for the next year.<sup class="from">'
        '<a href="#draft-1-A-1" data-slot="a" title="Nearest words: 1A, 100 % alike">1A'
        "</a></sup> We say so for good reasons.</p>\n"
    )
    assert sourced.held.shares == {"1.A.1": 7 / 13, "1.B.1": 0.0}
    assert sourced.held.own == pytest.approx(6 / 13)


def test_letters_are_not_repeated_within_a_paragraph() -> None:
    answer = "Keep the monolith for the next year. Nobody is waiting for it.\n\nNobody is waiting for it."
    html = sourced_answer(a_view(**{"2.Z.1": answer})).html
    assert html.count('class="from"') == 2


def test_letters_cannot_be_made_by_a_draft() -> None:
    evil = '<sup class="from"><a href="#x">1A</a></sup> is written in here by hand.'
    html = sourced_answer(a_view(**{"2.Z.1": evil, "1.A.1": evil})).html
    assert "&lt;sup" in html
    assert html.count("<sup") == 1


def test_worth_counts_words_seconds_money_and_what_lies_near() -> None:
    view = a_view()
    worth = worth_of(view, sourced_answer(view), None)
    assert worth is not None
    assert (worth.answer.words, worth.answer.ready_ms) == (13, 2000)
    first, second = worth.rivals
    assert (first.name, first.words, first.ready_ms) == ("1A", 12, 1000)
    assert (first.cost_nanos, first.time_width) == (1_000_000, "50.0%")
    assert (first.share, second.share) == (7 / 13, 0.0)
    assert worth.sentence == (
        "1A is nearest: 54 % of the answer\u2019s words stand in it, 1.0 s earlier, "
        "for $0.0010, where the answer took 3.0 times that."
    )


def test_worth_of_an_answer_includes_all_that_it_read() -> None:
    view = a_view()
    Run.objects.filter(pk=view.run.pk).update(cost_nanos=3_000_000)
    worth = worth_of(view, Sourced(sourced_answer(view).html), view.run)
    assert worth is not None
    assert worth.rivals[-1].name == "Single run"
    assert worth.rivals[-1].ready_ms == 2000


def test_worth_is_not_asked_of_a_run_without_an_answer() -> None:
    view = a_view()
    view.answer_key = ""
    assert worth_of(view, Sourced(sourced_answer(view).html), None) is None


def test_worth_table_shows_each_text() -> None:
    view = a_view()
    worth = worth_of(view, sourced_answer(view), None)
    html = render_to_string(
        "runs/_worth.html", {"worth": worth, "run": view.run, "may_branch": True}
    )
    assert html.count('<th scope="row">') == 3
    assert f'action="/runs/{view.run.pk}/alone/"' in html
    assert "style=" not in html


def test_compare_picks_the_answer_and_what_it_read() -> None:
    comparing = comparing_of(a_view(), {})
    assert comparing is not None
    assert (comparing.left.key, comparing.right.key) == ("1.A.1", "2.Z.1")
    assert [row.kind for row in comparing.rows] == ["same", "left", "right"]


def test_compare_takes_what_is_asked_and_shows_what_differs() -> None:
    view = a_view()
    asked = {"left": "2.Z.1", "right": "1.A.1", "layout": "inline", "only": "changed"}
    comparing = comparing_of(view, asked)
    assert comparing is not None
    assert (comparing.left.key, comparing.right.key) == ("2.Z.1", "1.A.1")
    assert [row.kind for row in comparing.rows] == ["left", "right"]
    html = render_to_string(
        "runs/_diff.html", {"comparing": comparing, "run": view.run}
    )
    assert "<del>We say so for good reasons.</del>" in html
    assert "<ins>Nobody is waiting for it.</ins>" in html


def test_compare_needs_two_texts() -> None:
    view = a_view(**{"1.A.1": "", "1.B.1": ""})
    assert comparing_of(view, {"left": "nonsense"}) is None
