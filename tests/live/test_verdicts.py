"""Why a run ended as it did, in words."""

from __future__ import annotations

import pytest

from playground.live.verdicts import ended_words
from playground.runs.models import Draft
from playground.runs.states import DraftStatus, RunStatus
from tests.live.views import view_of
from tests.runs.factories import a_run

pytestmark = pytest.mark.django_db


def test_run_that_a_person_stopped_is_called_stopped() -> None:
    assert ended_words("cancelled", 1_200, degraded=True) == (
        "cancelled",
        "Stopped after 1.2 s",
    )
    assert RunStatus.CANCELLED.label == "Stopped"


def test_degraded_run_says_what_it_lacks_and_who_wrote_instead() -> None:
    run = a_run(status=RunStatus.DONE, degraded=True)
    keys = list(
        Draft.objects.filter(run=run).order_by("position").values_list("key", flat=True)
    )
    Draft.objects.filter(run=run).update(status=DraftStatus.DONE)
    Draft.objects.filter(run=run, key=keys[0]).update(status=DraftStatus.FAILED)
    Draft.objects.filter(run=run, key=keys[1]).update(model="another")
    names = [key.replace(".", "", 1).partition(".")[0] for key in keys]
    said = view_of(run).lesser
    assert f"Left out: draft {names[0]}, failed." in said
    assert f"another wrote draft {names[1]} in place of" in said
