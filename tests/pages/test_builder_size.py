"""The largest recipe that can be drawn, with everything wrong, is shown in time."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from playground.accounts.models import Team
from playground.recipes.models import WorkingCopy
from playground.recipes.outline import MOST_SLOTS
from tests.runs.factories import a_member

pytestmark = pytest.mark.django_db


def test_crowd_of_faults_is_shown_in_time(client: Client) -> None:
    ben = a_member("ben")
    client.force_login(ben)
    half = MOST_SLOTS // 2
    slot = {"label": "A", "model": "gone", "colour": 1, "retries": -1, "samples": 0}
    layers = [{"kind": "draft", "slots": [slot] * half} for _ in range(2)]
    copy = WorkingCopy.objects.create(
        team=Team.objects.get(), user=ben, document={"layers": layers}
    )
    began = time.monotonic()
    response = client.get(f"/builder/{copy.pk}/?at=1.~1")
    took = time.monotonic() - began
    assert response.status_code == 200
    assert len(response.content) < 700_000
    assert took < 3
