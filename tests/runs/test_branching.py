"""Runs that go on from another: what they reuse, what they write, and what they cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import redis
from django.db.models import QuerySet
from django.utils import timezone

from playground.accounts.access import Viewer
from playground.accounts.services import issue_token
from playground.catalog.models import ModelCard, Price, Provider
from playground.engine.errors import KeyRefused
from playground.engine.events import CallFailed, Cancel
from playground.recipes.models import Recipe, Revision
from playground.runs.branching import (
    alone,
    follow_up,
    retry_in_branch,
    with_edited,
    without_drafts,
)
from playground.runs.export import export_run
from playground.runs.models import Call, Draft, Run
from playground.runs.services import cancel_run
from playground.runs.snapshots import snapshot
from playground.web.refusals import Conflict, NotFound, TooLarge, Unprocessable
from tests.runs.driving import Driven, finished
from tests.runs.factories import CARD, DOCUMENT, a_member, a_run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _priced(valkey: redis.Redis) -> None:
    provider = Provider.objects.create(
        slug="stub", name="Stub", base_url="http://127.0.0.1:1/v1"
    )
    for alias in ("fast", "bold"):
        card = ModelCard.objects.create(alias=alias, provider=provider, model="m")
        Price.objects.create(card=card, input=1, output=2)


@pytest.fixture
def parent() -> Run:
    return finished(a_run())


@pytest.fixture
def ada() -> Viewer:
    return Viewer(a_member())


def state(run: Run) -> dict[str, tuple[str, str, str]]:
    """By key: status, text, and how it came in."""
    drafts: QuerySet[Draft] = Draft.objects.filter(run=run)
    return {draft.key: (draft.status, draft.text, draft.given) for draft in drafts}


def called(run: Run) -> list[str]:
    return [call.draft.key for call in Call.objects.filter(run=run)]


def test_without_a_draft_the_answer_alone_is_written_again(
    parent: Run, ada: Viewer
) -> None:
    child = without_drafts(ada, parent, ["1.B.1"])
    assert state(child) == {
        "1.A.1": ("done", "from A", "reused"),
        "1.B.1": ("skipped", "", "left_out"),
        "2.Z.1": ("waiting", "", ""),
    }
    assert (child.parent, child.seed) == (parent, parent.seed)
    assert child.branch == {"kind": "left_out", "keys": ["1.B.1"], "models": {}}
    assert child.ceiling_nanos is not None
    assert parent.ceiling_nanos is None or child.ceiling_nanos < parent.ceiling_nanos
    driven = Driven(child)
    driven.done("2.Z.1", "another answer")
    child.refresh_from_db()
    assert (child.status, child.degraded, child.answer_key) == ("done", False, "2.Z.1")
    assert called(child) == ["2.Z.1"]
    assert child.cost_nanos == Call.objects.get(run=child).cost_nanos
    assert state(child)["1.A.1"] == ("done", "from A", "reused")
    assert Draft.objects.get(run=child, key="1.B.1").cause == "left out"


def test_given_drafts_are_shown_before_the_run_begins(parent: Run, ada: Viewer) -> None:
    child = without_drafts(ada, parent, ["1.B.1"])
    shown = {draft.key: draft for draft in snapshot(child).drafts}
    assert (shown["1.A.1"].status, shown["1.A.1"].text) == ("done", "from A")
    assert shown["1.A.1"].source == Draft.objects.get(run=parent, key="1.A.1")
    told = export_run(child)
    assert told["parent"] == str(parent.pk)
    assert told["x_branch"]["kind"] == "left_out"
    assert [draft["x_given"] for draft in told["drafts"]] == [
        *("reused", "left_out", None),
    ]


def test_edited_draft_is_what_the_answer_reads(parent: Run, ada: Viewer) -> None:
    child = with_edited(ada, parent, "1.A.1", "my own words")
    assert state(child)["1.A.1"] == ("done", "my own words", "edited")
    assert state(child)["1.B.1"] == ("done", "from B", "reused")
    assert Draft.objects.get(run=child, key="1.A.1").reasoning == ""
    assert Draft.objects.get(run=child, key="1.B.1").reasoning == "thought"
    driven = Driven(child)
    sent = driven.machine.open_calls
    assert list(sent.values()) == ["2.Z.1"]
    driven.done("2.Z.1", "x")
    assert state(parent)["1.A.1"] == ("done", "from A", "")


def test_edited_answer_ends_without_a_call(parent: Run, ada: Viewer) -> None:
    child = with_edited(ada, parent, "2.Z.1", "better said")
    assert child.ceiling_nanos == 0
    Driven(child)
    child.refresh_from_db()
    assert (child.status, child.answer_key, child.cost_nanos) == ("done", "2.Z.1", 0)


@pytest.mark.locks
@pytest.mark.django_db(transaction=True)
def test_retry_writes_one_draft_again_and_what_reads_it(
    parent: Run, ada: Viewer
) -> None:
    child = retry_in_branch(ada, parent, "1.A.1", "bold")
    assert child.branch["models"] == {"1.A.1": "bold"}
    assert set(child.cards) == {"fast", "bold"}
    assert Draft.objects.get(run=child, key="1.A.1").model == "bold"
    driven = Driven(child)
    assert list(driven.machine.open_calls.values()) == ["1.A.1"]
    driven.done("1.A.1", "bolder")
    driven.done("2.Z.1", "another answer")
    child.refresh_from_db()
    assert (child.status, child.degraded) == ("done", False)
    assert called(child) == ["1.A.1", "2.Z.1"]
    assert Call.objects.get(run=child, n=1).alias == "bold"


def test_retry_of_the_answer_writes_it_alone(parent: Run, ada: Viewer) -> None:
    child = retry_in_branch(ada, parent, "2.Z.1")
    driven = Driven(child)
    assert list(driven.machine.open_calls.values()) == ["2.Z.1"]


def test_retry_of_a_failed_draft_leaves_what_else_failed_out(ada: Viewer) -> None:
    parent = a_run()
    driven = Driven(parent)
    refused = KeyRefused("refused", status=401)
    driven.give(CallFailed(1, 5, refused), CallFailed(2, 6, refused))
    parent.refresh_from_db()
    assert parent.status == "failed"
    child = retry_in_branch(ada, parent, "1.A.1")
    assert state(child)["1.B.1"] == ("skipped", "", "left_out")
    assert Draft.objects.get(run=child, key="1.B.1").cause.startswith("The run before")
    assert state(child)["2.Z.1"][0] == "waiting"


def test_what_never_began_in_the_parent_is_written(ada: Viewer) -> None:
    parent = a_run()
    driven = Driven(parent)
    driven.done("1.A.1", "from A")
    driven.give(Cancel(20))
    parent.refresh_from_db()
    child = with_edited(ada, parent, "1.A.1", "mine")
    driven = Driven(child)
    driven.done("2.Z.1", "the answer")
    child.refresh_from_db()
    assert child.status == "done"


def test_branch_of_a_branch_keeps_what_was_chosen(parent: Run, ada: Viewer) -> None:
    first = finished_branch(retry_in_branch(ada, parent, "1.A.1", "bold"))
    second = without_drafts(ada, first, ["1.B.1"])
    third = retry_in_branch(ada, finished_branch(second), "2.Z.1", "bold")
    assert state(third)["1.B.1"] == ("skipped", "", "left_out")
    assert Draft.objects.get(run=third, key="1.A.1").model == "bold"
    again = retry_in_branch(ada, finished_branch(third), "1.B.1")
    assert state(again)["1.B.1"] == ("waiting", "", "")
    assert again.branch["models"] == {"2.Z.1": "bold"}


def finished_branch(run: Run) -> Run:
    driven = Driven(run)
    while driven.machine.open_calls:
        for key in list(driven.machine.open_calls.values()):
            driven.done(key, f"new {key}")
    run.refresh_from_db()
    assert run.status == "done"
    return run


@pytest.mark.locks
@pytest.mark.django_db(transaction=True)
def test_branch_resumes_as_any_run(parent: Run, ada: Viewer) -> None:
    child = without_drafts(ada, parent, ["1.A.1"])
    Driven(child).kill()
    driven = Driven(child, worker="w2")
    driven.done("2.Z.1", "another answer")
    child.refresh_from_db()
    assert (child.status, child.recoveries) == ("done", 1)
    calls = Call.objects.filter(run=child).values_list("draft__key", "status")
    assert list(calls) == [("2.Z.1", "lost"), ("2.Z.1", "done")]


@pytest.mark.locks
@pytest.mark.django_db(transaction=True)
def test_cancelled_branch_keeps_what_it_was_given(parent: Run, ada: Viewer) -> None:
    child = without_drafts(ada, parent, ["1.B.1"])
    cancel_run(child)
    child.refresh_from_db()
    assert child.status == "cancelled"
    assert state(child) == {
        "1.A.1": ("done", "from A", "reused"),
        "1.B.1": ("skipped", "", "left_out"),
        "2.Z.1": ("skipped", "", ""),
    }


def test_follow_up_goes_on_from_prompts_and_answers(parent: Run, ada: Viewer) -> None:
    child = follow_up(ada, parent, "And at night?")
    assert child.messages == [
        {"role": "user", "content": "Why?"},
        {"role": "assistant", "content": "the answer"},
        {"role": "user", "content": "And at night?"},
    ]
    assert (child.prompt, child.branch["kind"]) == ("And at night?", "follow_up")
    assert {status for status, _, _ in state(child).values()} == {"waiting"}
    assert child.seed != parent.seed
    driven = Driven(child)
    assert len(driven.machine.open_calls) == 2


def test_follow_up_needs_an_answer(ada: Viewer) -> None:
    with pytest.raises(Conflict, match="no answer"):
        follow_up(ada, a_run(), "And at night?")


def one_call(slug: str) -> Revision:
    document: dict[str, Any] = {
        "schema": "moa-recipe/1",
        "slug": slug,
        "name": slug,
        "layers": [{"kind": "draft", "slots": [{"model": "bold"}]}],
    }
    team = a_run().team
    recipe = Recipe.objects.create(team=team, slug=slug, name=slug)
    return Revision.objects.create(recipe=recipe, number=1, document=document)


def test_alone_is_the_same_prompt_for_one_model(parent: Run, ada: Viewer) -> None:
    one_call("another")
    revision = one_call("single")
    child = alone(ada, parent)
    assert (child.revision, child.parent) == (revision, parent)
    assert (child.messages, child.branch["kind"]) == (parent.messages, "alone")
    assert list(state(child)) == ["1.A.1"]


def test_alone_takes_another_recipe_of_one_call(parent: Run, ada: Viewer) -> None:
    revision = one_call("another")
    assert alone(ada, parent).revision == revision


def test_alone_says_what_the_team_lacks(parent: Run, ada: Viewer) -> None:
    with pytest.raises(Unprocessable, match="no recipe of a single call"):
        alone(ada, parent)


def test_nothing_may_be_left_of_no_layer(parent: Run, ada: Viewer) -> None:
    with pytest.raises(Unprocessable, match="Nothing would remain of layer 1"):
        without_drafts(ada, parent, ["1.A.1", "1.B.1"])
    with pytest.raises(Unprocessable, match="Nothing would remain of layer 2"):
        without_drafts(ada, parent, ["2.Z.1"])
    with pytest.raises(Unprocessable, match="No draft was named"):
        without_drafts(ada, parent, [])
    assert not Run.objects.filter(parent=parent).exists()


def test_unknown_draft_and_model_are_named(parent: Run, ada: Viewer) -> None:
    with pytest.raises(NotFound, match=r"no draft 7\.Q\.1"):
        retry_in_branch(ada, parent, "7.Q.1")
    with pytest.raises(Unprocessable, match="no model `stranger`"):
        retry_in_branch(ada, parent, "1.A.1", "stranger")


@pytest.mark.parametrize(
    ("text", "refusal"),
    [("x" * 262_145, TooLarge), (" \n", Unprocessable), ("a\0b", Unprocessable)],
)
def test_bad_text_is_refused(
    parent: Run, ada: Viewer, text: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        with_edited(ada, parent, "1.A.1", text)


def test_model_that_left_the_catalogue_matters_only_where_it_is_called(
    parent: Run, ada: Viewer
) -> None:
    document = {**DOCUMENT, "layers": [*DOCUMENT["layers"]]}
    document["layers"][0] = {
        "kind": "draft",
        "slots": [{"model": "gone"}, {"model": "fast"}],
    }
    revision = Revision.objects.create(
        recipe=parent.revision.recipe, number=2, document=document
    )
    older = finished(
        a_run(
            revision=revision, cards={"fast": CARD, "gone": {**CARD, "alias": "gone"}}
        )
    )
    assert with_edited(ada, older, "1.B.1", "mine").status == "queued"
    with pytest.raises(Unprocessable, match="no model `gone`"):
        retry_in_branch(ada, older, "1.A.1")


def test_layer_that_is_written_is_no_place_to_go_on_from(ada: Viewer) -> None:
    run = a_run()
    driven = Driven(run)
    driven.done("1.A.1", "from A")
    run.refresh_from_db()
    with pytest.raises(Conflict, match="Layer 1 is not over yet"):
        with_edited(ada, run, "1.A.1", "mine")
    driven.done("1.B.1", "from B")
    child = with_edited(ada, run, "1.A.1", "mine")
    assert state(child)["1.B.1"] == ("done", "from B", "reused")
    run.refresh_from_db()
    assert run.status == "running"


def test_double_click_on_a_page_makes_one_run(parent: Run, ada: Viewer) -> None:
    first = retry_in_branch(ada, parent, "1.A.1")
    assert retry_in_branch(ada, parent, "1.A.1") == first
    assert retry_in_branch(ada, parent, "1.A.1", "bold") != first
    assert retry_in_branch(ada, parent, "1.B.1") != first
    ben = Viewer(a_member("ben"))
    assert retry_in_branch(ben, parent, "1.A.1") != first
    program = Viewer(ada.user, issue_token(ada.user, parent.team, "test")[0])
    assert retry_in_branch(program, parent, "1.A.1") != first
    Run.objects.filter(pk=first.pk).update(
        created_at=timezone.now() - timedelta(seconds=4)
    )
    assert retry_in_branch(ada, parent, "1.A.1") != first


def test_two_edits_in_a_row_are_two_runs(parent: Run, ada: Viewer) -> None:
    first = with_edited(ada, parent, "1.A.1", "mine")
    assert with_edited(ada, parent, "1.A.1", "mine again") != first
