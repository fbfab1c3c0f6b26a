"""Layers with a `window` on the run's page, and what a later run reuses of them."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from playground.engine.errors import KeyRefused
from playground.engine.events import CallFailed
from playground.live.fragments import RunFragments
from playground.live.worth import sourced_answer, worth_of
from playground.runs.execution.telling import told_by
from playground.runs.export import export_run
from playground.runs.feed import Entry
from playground.runs.models import Run
from tests.live.views import view_of
from tests.runs.chained import over, started, written
from tests.runs.driving import Driven

pytestmark = pytest.mark.django_db
KEY = KeyRefused("refused", status=401)
EVIL = "<script>window.pwned=1;</script>"


def page_of(run: Run, **query: str) -> str:
    client = Client()
    client.force_login(run.user)
    return client.get(f"/runs/{run.pk}/", query).content.decode()


def steps_of(page: str) -> list[str]:
    """The steps of the chain as one reads them."""
    chain = page.partition('<ol class="chain"')[2].partition("</ol>")[0]
    items = re.findall(r"<li[^>]*>(.*?)</li>", chain, re.DOTALL)
    bare = (
        re.sub(r"<svg.*?</svg>|<[^>]+>", "", item, flags=re.DOTALL) for item in items
    )
    return [re.sub(r"\s+", " ", item).strip() for item in bare]


def test_chain_shows_what_each_refinement_is_made_of() -> None:
    steps = steps_of(page_of(over()))
    assert steps == [
        "1A·1+1A·2 →make 1A·r1done in 0.0 s",
        "1A·r1+1A·3 →make 1A·r2done in 0.0 s goes on",
    ]


def test_best_that_is_laid_several_times_says_so() -> None:
    run = started(samples=5, window=2)
    written(run, 1, 2, 3, 4, 5, 6, 7)
    assert "r1\N{MULTIPLICATION SIGN} 2+1A·4+1A·5" in steps_of(page_of(run))[1]


def test_chain_that_came_to_nothing_names_the_sample_that_goes_on() -> None:
    run = started()
    driven = Driven(run)
    driven.done("1.A.1", "one")
    for key in ("1.A.2", "1.A.3"):
        n = next(n for n, at in driven.machine.open_calls.items() if at == key)
        driven.give(CallFailed(n, 10, KEY))
    run.refresh_from_db()
    assert (run.status, run.answer_key) == ("done", "1.A.1")
    steps = steps_of(page_of(run))
    assert steps[-1] == "1A·1is as far as it camegoes on"
    assert "There was nothing to refine with" in page_of(run, draft="1.A.4")


def test_answer_is_the_last_refinement_and_no_id_is_there_twice() -> None:
    page = page_of(over())
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))
    answer = page.partition('id="answer"')[2].partition("</section>")[0]
    assert "text 5" in answer
    assert 'id="draft-1-A-4"' in page
    assert 'id="draft-1-A-5"' not in page


def test_page_of_a_chain_that_is_being_written_says_what_it_waits_for() -> None:
    run = started()
    written(run, 1)
    page = page_of(run)
    assert "It is written once the drafts that it may read are there." in page
    assert "1 + 0 of 3 + 2" in page
    assert steps_of(page)[0].startswith("1A·1+1A·2 →make 1A·r1waits")


def test_next_layer_waits_for_the_last_refinement_and_reads_it_alone() -> None:
    last = {"kind": "aggregate", "slots": [{"model": "fast"}]}
    run = started(last)
    driven = written(run, 1)
    assert "Starts when the last refinement of layer 1 is in." in page_of(run)
    for number in (2, 4, 3, 5):
        driven.done(f"1.A.{number}", "text")
    [layer, _] = view_of(run).layers
    assert layer.hands_on == ("1.A.5",)
    assert view_of(run).wires_into(2)[0].start == "1.A.5"


def test_fragments_are_the_parts_of_the_page() -> None:
    run = started()
    driven = Driven(run)
    fragments = RunFragments(view_of(run))
    rows = [*driven.rows]
    for number in (1, 2, 4):
        rows += driven.done(f"1.A.{number}", f"text {number}")
    told = [
        fragments.advance(Entry(f"1-{seq}", {"t": seq, **body})) or ""
        for seq, body in enumerate(told_by(rows), start=1)
    ]
    assert not fragments.broken
    shown = [html for html in told if 'id="chain-1" hx-swap-oob="true"' in html][-1]
    assert steps_of(shown) == steps_of(page_of(run))


def test_worth_sets_the_answer_beside_its_samples() -> None:
    view = view_of(over())
    worth = worth_of(view, sourced_answer(view), None)
    assert worth is not None
    assert [rival.name for rival in worth.rivals] == [
        *(f"1A, sample {number}" for number in (1, 2, 3)),
        "1A, refinement 1",
    ]


def test_export_has_the_references_as_they_were_laid() -> None:
    run = started(samples=5, window=2)
    written(run, 1, 2, 3, 4, 5, 6, 7)
    told = export_run(run)
    assert told["drafts"][6]["references"] == ["1.A.6", "1.A.6", "1.A.4", "1.A.5"]
    refining = [draft["key"] for draft in told["drafts"] if draft["x_refines"]]
    assert refining == ["1.A.6", "1.A.7"]
    assert told["answer"] == {"draft": "1.A.7", "text": "text 7"}


def test_what_a_model_wrote_stays_text() -> None:
    run = started()
    driven = Driven(run)
    for number in (1, 2, 4, 3, 5):
        driven.done(f"1.A.{number}", EVIL)
    assert "<script>window" not in page_of(run)
