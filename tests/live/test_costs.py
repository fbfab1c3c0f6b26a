"""The meter: what is settled, what is in flight, and the bills afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from playground.live.costs import bills_of, costs_of
from playground.runs.models import Draft, Run
from tests.live.views import view_of
from tests.runs.factories import CARD, a_call, a_run

pytestmark = pytest.mark.django_db


def at_work(**more: Any) -> Run:
    """One call has ended; another has read 40 characters and written 400."""
    run = a_run(
        status="running",
        started_at=timezone.now(),
        messages=[{"role": "user", "content": "x" * 40}],
        **more,
    )
    drafts = Draft.objects.filter(run=run)
    drafts.filter(key="1.A.1").update(status="done", text="said")
    drafts.filter(key="1.B.1").update(status="writing", text="y" * 400, text_call=2)
    a_call(run, n=1, cost_nanos=7_000)
    a_call(run, n=2, key="1.B.1", status="streaming", ended_ms=None, cost_nanos=None)
    return run


def test_flight_counts_the_prompt_and_what_is_written() -> None:
    costs = costs_of(view_of(at_work(ceiling_nanos=134_000)))

    # 10 tokens at $0.15 and 100 at $0.60, both per million
    assert costs.flight == 10 * 150 + 400 * 150
    assert (costs.settled, costs.ended, costs.open_calls) == (7_000, 1, 1)
    assert costs.settled_width == "5.22%"
    assert costs.flight_width == "45.90%"
    assert costs.counting == "1.B.1 1500 150"


def test_a_model_without_a_price_has_nothing_in_flight() -> None:
    costs = costs_of(view_of(at_work(cards={"fast": {**CARD, "price": None}})))

    assert (costs.flight, costs.open_calls, costs.counting) == (0, 1, "")


def test_bills_have_the_prices_of_then_and_the_share_of_the_whole() -> None:
    run = at_work()
    run.calls.filter(n=2).update(status="done", ended_ms=1, cost_nanos=21_000)
    bills = [
        (bill.price_in, bill.price_out, bill.share) for bill in bills_of(view_of(run))
    ]

    assert bills == [("0.15", "0.60", "25.0%"), ("0.15", "0.60", "75.0%")]
