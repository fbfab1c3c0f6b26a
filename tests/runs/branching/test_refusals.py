"""What a run cannot go on from, and what one click makes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from playground.accounts.access import Viewer
from playground.accounts.services import issue_token
from playground.recipes.models import Revision
from playground.runs.branching import (
    retry_in_branch,
    with_edited,
    without_drafts,
)
from playground.runs.models import Run
from playground.web.refusals import Conflict, NotFound, TooLarge, Unprocessable
from tests.runs.branching.reading import state
from tests.runs.driving import Driven, finished
from tests.runs.factories import CARD, DOCUMENT, a_member, a_run

pytestmark = pytest.mark.django_db


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
