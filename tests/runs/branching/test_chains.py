"""Runs that go on from one with a `window`: what of its chain is made anew."""

from __future__ import annotations

import pytest
from django.test import Client

from playground.accounts.access import Viewer
from playground.runs.asking import ask_retry
from playground.runs.branching import retry_in_branch, with_edited, without_drafts
from playground.runs.models import Draft, Run
from playground.web.refusals import Conflict, Unprocessable
from tests.runs.chained import over, started, written

pytestmark = pytest.mark.django_db


def reused_by(run: Run) -> set[str]:
    drafts = Draft.objects.filter(run=run)
    return {draft.key for draft in drafts if draft.given in ("reused", "edited")}


def test_sample_left_out_makes_only_the_refinements_after_it_anew() -> None:
    run = over()
    later = without_drafts(Viewer(run.user), run, ["1.A.3"])
    assert reused_by(later) == {"1.A.1", "1.A.2", "1.A.4"}
    first = without_drafts(Viewer(run.user), run, ["1.A.2"])
    assert reused_by(first) == {"1.A.1", "1.A.3"}


def test_edited_refinement_makes_the_next_one_anew() -> None:
    run = over()
    assert reused_by(with_edited(Viewer(run.user), run, "1.A.4", "better")) == {
        *("1.A.1", "1.A.2", "1.A.3", "1.A.4"),
    }


def test_retried_refinement_reuses_all_before_it() -> None:
    run = over()
    later = retry_in_branch(Viewer(run.user), run, "1.A.5")
    assert reused_by(later) == {f"1.A.{number}" for number in range(1, 5)}


def test_all_samples_left_out_is_refused() -> None:
    run = over()
    keys = [f"1.A.{number}" for number in (1, 2, 3)]
    with pytest.raises(Unprocessable, match="Nothing would remain of layer 1"):
        without_drafts(Viewer(run.user), run, keys)


def test_retry_of_a_sample_that_was_read_is_refused_while_the_layer_is_open(
    client: Client,
) -> None:
    run = started()
    written(run, 1, 2)
    with pytest.raises(Conflict, match="refinement that reads it has begun"):
        ask_retry(Viewer(run.user), run, "1.A.1")
    ask_retry(Viewer(run.user), run, "1.A.3")
    client.force_login(run.user)
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert "drafts/1.A.1/retry/" not in page
    assert "drafts/1.A.3/retry/" in page
