"""Changes what budgets allow, and what their counters of now go by."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from playground.accounts.models import User
from playground.db.clock import database_now
from playground.ledger.models import Bucket, Budget, Raise, Unit
from playground.ledger.shares import raises_now
from playground.ledger.windows import window_start
from playground.web.refusals import Unprocessable

LONGEST_RAISE = timedelta(days=366)


def sync_buckets(budget: Budget) -> None:
    """Let the buckets of this window go by the budget's limits, as they are stored now.

    A limit below what is held and spent is met as soon as that much is given back;
    until then nothing more is held.
    """
    with transaction.atomic():
        now = database_now()
        raised = raises_now(now)
        for unit, limit in budget.limits.items():
            target = limit + raised.get((budget.pk, unit), 0)
            buckets = Bucket.objects.filter(
                budget=budget, unit=unit, window_start=window_start(budget, unit, now)
            )
            buckets.update(
                target=target, limit=Greatest(target, F("held") + F("spent"))
            )


def raise_limit(
    budget: Budget,
    unit: Unit,
    amount: int,
    *,
    until: datetime,
    by: User,
    note: str = "",
) -> Raise:
    """Allow so much more of a unit until a moment. Raises Unprocessable."""
    now = database_now()
    if unit not in budget.limits:
        raise Unprocessable(
            f"{budget} limits no {unit.label}, so there is nothing to raise.",
            "Choose what it limits.",
            param="unit",
        )
    if amount <= 0:
        raise Unprocessable(
            "A raise adds something.", "Give an amount above 0.", param="amount"
        )
    if not now < until <= now + LONGEST_RAISE:
        raise Unprocessable(
            "A raise ends, within a year from now.",
            "Give a moment that is still to come.",
            param="until",
        )
    with transaction.atomic():
        more = Raise.objects.create(
            budget=budget, unit=unit, amount=amount, until=until, by=by, note=note
        )
        sync_buckets(budget)
    return more
