"""What runs hold of budgets, from their start to each way that they end."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from playground.accounts.access import Viewer
from playground.accounts.models import Membership, User
from playground.catalog.models import ModelCard, Price, Provider
from playground.engine.events import CallDone, Cancel, RunEnded
from playground.engine.messages import Message
from playground.engine.usage import Usage
from playground.ledger.models import Bucket, Budget, Hold
from playground.ledger.refusing import OverBudget
from playground.runs.execution.breakage import end_barely, end_plainly
from playground.runs.models import Call, Draft, Run
from playground.runs.services import cancel_run, start_run
from playground.web.refusals import TooMany
from tests.ledger.counting import faults, held
from tests.runs.driving import Driven
from tests.runs.factories import a_member, a_run

pytestmark = [pytest.mark.locks, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _priced(valkey: redis.Redis) -> None:
    provider = Provider.objects.create(
        slug="stub", name="Stub", base_url="http://127.0.0.1:1/v1"
    )
    card = ModelCard.objects.create(alias="fast", provider=provider, model="m")
    Price.objects.create(card=card, input=1, output=2)


def begin(**limits: Any) -> Run:
    """A run of a member whose team has a budget of these limits, if any are given."""
    blank = a_run()
    team, revision = blank.team, blank.revision
    blank.delete()
    if limits:
        Budget.objects.create(team=team, window="month", **limits)
    return start_run(
        viewer=Viewer(a_member("ada")),
        team=team,
        revision=revision,
        messages=[Message("user", "Why?")],
        variables={},
    )


def money() -> tuple[int, int]:
    bucket = Bucket.objects.get(unit="usd", budget__isnull=False)
    return bucket.held, bucket.spent


def test_a_run_holds_its_ceiling_and_gives_back_what_it_did_not_use() -> None:
    run = begin(usd_nanos=10**12, tokens=10**9, runs=10)
    assert run.ceiling_nanos is not None
    assert money() == (run.ceiling_nanos, 0)
    driven = Driven(run)
    driven.done("1.A.1", "from A")
    assert money() == (run.ceiling_nanos, 0)
    driven.done("1.B.1", "from B")
    assert money() == (run.ceiling_nanos - 40_000, 40_000)
    driven.done("2.Z.1", "the answer")
    run.refresh_from_db()
    assert (run.status, run.cost_nanos, money()) == ("done", 60_000, (0, 60_000))
    spent = Bucket.objects.order_by("unit").values_list("unit", "held", "spent")
    assert list(spent) == [("runs", 0, 1), ("tokens", 0, 45), ("usd", 0, 60_000)]
    assert faults() == []


def test_a_run_that_does_not_fit_leaves_nothing_behind() -> None:
    with pytest.raises(OverBudget, match="is left in the monthly budget of"):
        begin(usd_nanos=1000)
    assert (Run.objects.count(), Draft.objects.count(), Hold.objects.count()) == (
        0,
        0,
        0,
    )
    assert not Bucket.objects.exists()


def test_a_call_beyond_what_was_set_aside_is_not_sent() -> None:
    run = begin(usd_nanos=10**12)
    driven = Driven(run)
    dear = Usage(tokens_in=10_000_000, tokens_out=0)
    for key in ("1.A.1", "1.B.1"):
        n = next(n for n, k in driven.machine.open_calls.items() if k == key)
        rows = driven.give(CallDone(n, 10, "text", "", dear))
    assert isinstance(rows[-1], RunEnded)
    run.refresh_from_db()
    answer = Draft.objects.get(run=run, key="2.Z.1")
    assert answer.status == "failed"
    assert answer.cause.endswith(
        "is left for it of what the budgets set aside for the run"
    )
    assert Call.objects.filter(run=run).count() == 2
    assert money() == (0, run.ceiling_nanos)
    over = Bucket.objects.get(budget=None)
    assert over.spent == run.cost_nanos - (run.ceiling_nanos or 0)
    assert faults() == []


def test_cancelled_before_any_worker_it_costs_nothing() -> None:
    run = begin(usd_nanos=10**12)
    cancel_run(run)
    assert money() == (0, 0)
    assert faults() == []


def test_cancelled_by_its_worker_open_calls_are_charged_as_estimated() -> None:
    run = begin(usd_nanos=10**12)
    driven = Driven(run)
    driven.give(Cancel(20))
    run.refresh_from_db()
    assert run.cost_nanos > 0
    assert money() == (0, run.cost_nanos)


@pytest.mark.parametrize("bare", [True, False])
def test_a_run_that_breaks_gives_back_what_it_held(*, bare: bool) -> None:
    run = begin(usd_nanos=10**12)
    driven = Driven(run)
    ended = RunEnded(30, "failed", "gave_up", message="It broke.")
    end = end_barely if bare else end_plainly
    end(run, ended, epoch=driven.claim.epoch)
    run.refresh_from_db()
    assert money() == (0, run.cost_nanos)
    assert faults() == []


def test_one_run_at_once_until_it_ends() -> None:
    run = begin(parallel=1)
    with pytest.raises(TooMany, match="1 run at once"):
        begin()
    assert Run.objects.get() == run
    cancel_run(run)
    assert begin().pk != run.pk


def test_a_members_quota_is_the_members_alone() -> None:
    run = begin()
    Budget.objects.create(team=run.team, user=run.user, window="day", runs=1)
    begin()
    with pytest.raises(OverBudget, match="allows 1 run, and 1 are started"):
        begin()
    other = User.objects.create(username="other")
    Membership.objects.create(user=other, team=run.team, role="member")
    start_run(
        viewer=Viewer(other),
        team=run.team,
        revision=run.revision,
        messages=[Message("user", "Why?")],
        variables={},
    )
    assert held() == 0
