"""A route on the run's page and in its exports."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from playground.accounts.access import Viewer
from playground.engine.routes import NOT_TAKEN
from playground.live.critical import critical_of
from playground.live.fragments import RunFragments
from playground.live.worth import sourced_answer, worth_of
from playground.runs.branching import retry_in_branch, with_edited, without_drafts
from playground.runs.execution.telling import told_by
from playground.runs.feed import Entry
from playground.runs.models import Run
from playground.web.refusals import Conflict
from tests.engine.house import aggregate, slot
from tests.live.routed import routed
from tests.live.views import view_of
from tests.pages.stock import a_catalogue
from tests.runs.driving import Driven

pytestmark = pytest.mark.django_db
HARD = "Prove it."
EVIL = "<script>window.pwned=1;</script>"


def over(prompt: str = "Why?", *after: Any, **keys: Any) -> Run:
    """A run that went through its branch, every draft of it written."""
    run = routed(*after, prompt=prompt, **keys)
    driven = Driven(run)
    while open_ := list(driven.machine.open_calls.values()):
        driven.done(open_[0], f"text of {open_[0]}")
    run.refresh_from_db()
    return run


def page_of(run: Run, **query: str) -> str:
    client = Client()
    client.force_login(run.user)
    response = client.get(f"/runs/{run.pk}/", query)
    assert response.status_code == 200
    return response.content.decode()


def part_of(page: str, dom_id: str, tag: str = "section") -> str:
    found = re.search(rf'<{tag} [^>]*id="{dom_id}".*?</{tag}>', page, re.DOTALL)
    assert found is not None
    return found[0]


def test_section_shows_score_threshold_rule_and_branch() -> None:
    section = part_of(page_of(over(HARD)), "layer-1")
    assert (
        "Score 5, at or over the threshold of 3 (rule 1: contains “prove”): above."
        in section
    )
    assert 'aria-label="Score 5, threshold 3, on a scale from 0 to 5"' in section
    rows = re.findall(r"<tr[^>]*><td.*?</tr>", section, re.DOTALL)
    assert ["matched first" in row for row in rows] == [True]


def test_section_says_when_no_rule_matched() -> None:
    section = part_of(page_of(over()), "layer-1")
    assert "(no rule matched): below." in section
    assert "none of these" in section


def test_words_of_a_rule_stay_text() -> None:
    rules = [{"contains": [EVIL], "score": 5}]
    page = page_of(over(f"say {EVIL}", rules=rules))
    assert EVIL not in page
    assert "&lt;script&gt;" in part_of(page, "layer-1")


@pytest.mark.parametrize(
    ("prompt", "answer", "gone"),
    [(HARD, "3.Z.1", {"4.A.1"}), ("Why?", "4.A.1", {"2.A.1", "2.B.1", "3.Z.1"})],
)
def test_run_goes_through_one_branch(prompt: str, answer: str, gone: set[str]) -> None:
    run = over(prompt)
    assert (run.status, run.degraded, run.answer_key) == ("done", False, answer)
    skipped = run.drafts.filter(status="skipped")
    assert {draft.key: draft.cause for draft in skipped} == dict.fromkeys(
        gone, NOT_TAKEN
    )


@pytest.mark.parametrize("prompt", [HARD, "Why?"])
def test_page_has_no_section_for_the_branch_that_was_not_taken(prompt: str) -> None:
    run = over(prompt)
    page = page_of(run)
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))
    sections = {name for name in ids if re.fullmatch(r"layer-\d", name)}
    assert sections == ({"layer-1", "layer-2"} if prompt == HARD else {"layer-1"})
    answer = part_of(page, "answer")
    assert f"text of {run.answer_key}" in answer
    assert "The run ended before this layer began." not in page


def test_strip_draws_both_branches_and_greys_one() -> None:
    run = over(HARD)
    page = page_of(run)
    passed = re.findall(r'id="flow-(\d)" data-passed', page)
    assert passed == ["4"]
    assert re.findall(r'data-side="(\w+)"', page) == ["above", "below"]
    assert 'class="fork" data-wide="2"' in page
    assert "not taken" in part_of(page, "flow-4", "li")
    assert "5 ≥ 3" in page


def test_wires_fork_at_the_route_and_join_behind_it() -> None:
    run = over(HARD, aggregate(slot("fast")))
    view = view_of(run)
    drawn = {
        layer.index: [
            (wire.d, wire.start, wire.due) for wire in view.wires_into(layer.index)
        ]
        for layer in view.layers
    }
    assert drawn[1] == [("M0 36H64", "prompt", False)]
    assert drawn[2] == [("M0 60C32 60 32 36 64 36", "route-1", False)]
    assert drawn[3] == [("M0 36H64", "2.A.1 2.B.1", False)]
    assert drawn[4] == [("M0 12C32 12 32 36 64 36", "route-1", True)]
    assert drawn[5] == [
        ("M0 12C32 12 32 36 64 36", "3.Z.1", False),
        ("M0 60C32 60 32 36 64 36", "4.A.1", True),
    ]


def test_what_follows_the_route_answers_on_either_branch() -> None:
    view = view_of(over("Why?", aggregate(slot("fast"))))
    assert view.answer_key == "5.Z.1"
    assert view.gate is view.layers[3]
    assert [each.index for each in view.way] == [1, 4, 5]


def test_layers_say_what_they_wait_for_and_read() -> None:
    waiting = view_of(routed(aggregate(slot("fast"))))
    assert [layer.starts_when for layer in waiting.layers[1:]] == [
        "Starts when the route has chosen above.",
        "Starts when layer 2 is done.",
        "Starts when the route has chosen below.",
        "Starts when the branch that is taken is done.",
    ]
    assert (
        waiting.layers[4].gist
        == "Each slot reads the drafts of the branch that was taken."
    )


@pytest.mark.parametrize("view", ["columns", "tabs", "timeline", "compare", "focus"])
@pytest.mark.parametrize("draft", ["4.A.1", "2.A.1"])
def test_each_view_shows_a_run_with_a_route(view: str, draft: str) -> None:
    page_of(over(), view=view, draft=draft)


def test_run_that_waits_names_no_draft_that_may_not_come() -> None:
    page = page_of(routed())
    assert "The route says who writes it." in page
    assert "data-passed" not in page
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize("prompt", [HARD, "Why?"])
def test_fragments_draw_what_the_page_would(prompt: str) -> None:
    run = routed(prompt=prompt)
    fragments = RunFragments(view_of(run))
    driven = Driven(run)
    rows = [*driven.rows]
    while open_ := list(driven.machine.open_calls.values()):
        rows += driven.done(open_[0], f"text of {open_[0]}")
    told = [
        fragments.advance(Entry(f"1-{seq}", {"t": seq, **body})) or ""
        for seq, body in enumerate(told_by(rows), start=1)
    ]
    assert not fragments.broken
    closed = next(html for html in told if ": above." in html or ": below." in html)
    passed = "4" if prompt == HARD else "2"
    assert f'id="flow-{passed}" data-passed' in closed or (
        f'id="flow-{passed}"' in closed and "not taken" in closed
    )
    assert fragments.view.side == ("above" if prompt == HARD else "below")
    page = view_of(run)
    assert [each.index for each in fragments.view.way] == [
        each.index for each in page.way
    ]
    for layer in page.layers:
        assert fragments.view.wires_into(layer.index) == page.wires_into(layer.index)


def test_time_hung_on_the_branch_that_was_taken() -> None:
    assert critical_of(view_of(over(HARD))).keys <= {"2.A.1", "2.B.1", "3.Z.1"}


def test_exports_tell_the_decision(client: Client) -> None:
    run = over(HARD)
    client.force_login(run.user)
    exported = client.get(f"/runs/{run.pk}.json").json()
    assert [layer["index"] for layer in exported["layers"]] == [1, 2, 3, 4]
    first, *others = exported["layers"]
    assert (first["kind"], first["closed_by"], first["passed_on"]) == (
        "route",
        "all",
        [],
    )
    assert first["x_route"] == {
        "side": "above",
        "threshold": 3,
        "by": "rule",
        "score": 5,
        "rule": 1,
        "why": "contains “prove”",
    }
    assert first["notes"] == [
        "score 5, at or over the threshold of 3 (rule 1: contains “prove”): above"
    ]
    assert [layer["closed_by"] for layer in others] == ["all", "all", None]
    assert exported["drafts"][-1]["status"] == "skipped"
    text = client.get(f"/runs/{run.pk}.md").content.decode()
    assert "## Layer 1: Layer 1 (route)" in text
    assert "The answer: 3.Z.1" in text


def test_branch_of_a_run_goes_the_same_way(valkey: Any) -> None:
    a_catalogue("fast")
    run = over(HARD)
    branch = without_drafts(Viewer(run.user), run, ["2.A.1"])
    driven = Driven(branch)
    driven.done("3.Z.1", "anew")
    branch.refresh_from_db()
    assert (branch.status, branch.answer_key) == ("done", "3.Z.1")
    assert branch.drafts.get(key="2.B.1").given == "reused"
    assert branch.drafts.get(key="4.A.1").cause == NOT_TAKEN


def test_what_follows_a_route_is_stale_when_its_branch_changed(valkey: Any) -> None:
    a_catalogue("fast")
    run = over("Why?", aggregate(slot("fast")))
    branch = with_edited(Viewer(run.user), run, "4.A.1", "edited")
    driven = Driven(branch)
    driven.done("5.Z.1", "anew")
    branch.refresh_from_db()
    assert (branch.status, branch.answer_key) == ("done", "5.Z.1")


def test_draft_of_the_branch_that_was_not_taken_cannot_be_gone_on_from() -> None:
    run = over(HARD)
    with pytest.raises(Conflict, match=r"did not take the branch of 4\.A\.1"):
        retry_in_branch(Viewer(run.user), run, "4.A.1")


def scored(*replies: str) -> Run:
    """A run whose router said this; every draft of its branch is written."""
    run = routed(slots=[slot("fast")])
    driven = Driven(run)
    for reply in replies:
        driven.done("1.A.1", reply)
    while open_ := list(driven.machine.open_calls.values()):
        driven.done(open_[0], f"text of {open_[0]}")
    run.refresh_from_db()
    return run


def test_section_shows_the_score_of_a_model_and_what_it_said() -> None:
    page = page_of(scored(f'{{"why": "{EVIL}", "score": 4}}'))
    section = part_of(page, "layer-1")
    assert "Score 4, at or over the threshold of 3: above." in section
    assert 'id="draft-1-A-1"' in section
    assert 'on a scale from 1 to 5"' in section
    assert EVIL not in page
    assert "4 ≥ 3" in part_of(page, "flow-1", "li")


def test_page_says_that_no_score_could_be_read() -> None:
    run = scored("no idea", "still none")
    assert (run.status, run.degraded, run.answer_key) == ("done", True, "3.Z.1")
    view = view_of(run)
    assert view.lesser.startswith(
        "Layer 1 could not read a score of the prompt: it counts as hard"
    )
    section = part_of(page_of(run), "layer-1")
    assert (
        "No score of 1 to 5 could be read, so the prompt counts as hard: above."
        in section
    )
    assert "1.A.1 could not be read: it has no JSON object" in section


def test_score_is_no_draft_that_the_answer_came_from() -> None:
    view = view_of(scored('{"score": 1}'))
    assert (view.answer_key, view.cost_nanos > 0) == ("4.A.1", True)
    worth = worth_of(view, sourced_answer(view), None)
    assert worth is None


def test_edited_score_sends_a_run_the_other_way(valkey: Any) -> None:
    a_catalogue("fast")
    run = scored('{"score": 1}')
    branch = with_edited(Viewer(run.user), run, "1.A.1", '{"score": 5}')
    driven = Driven(branch)
    assert sorted(driven.machine.open_calls.values()) == ["2.A.1", "2.B.1"]
    branch.refresh_from_db()
    assert branch.drafts.get(key="4.A.1").cause == NOT_TAKEN
