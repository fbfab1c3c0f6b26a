"""What a run holds of the budgets: set aside at its start, drawn, given back at its end."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum
from django.db.models.functions import Coalesce

from playground.engine.pricing import nanos_of
from playground.engine.purse import Pool
from playground.engine.uses import Demand, Use
from playground.ledger.holding import close_hold, draw, has_open_hold, open_hold
from playground.runs.models import Call, Run


def set_aside(run: Run, demand: Demand) -> tuple[Pool, ...]:
    """Inside a transaction: hold what the run may use. Raises what `open_hold` raises."""
    return open_hold(cause=_cause(run.pk), team=run.team, user=run.user, demand=demand)


def within(demand: Demand, limit_usd: Decimal | None) -> Demand:
    """The demand, with no more money than the recipe's own limit."""
    if limit_usd is None:
        return demand
    most = nanos_of(limit_usd)
    models = {alias: _cut(use, most) for alias, use in demand.models.items()}
    return Demand(_cut(demand.total, most), models)


def settle(run_id: UUID, *, over: bool) -> None:
    """Inside a transaction: enter what the run's calls have used by now.

    `over`: and give back the rest. Told twice it changes nothing.
    """
    cause = _cause(run_id)
    if has_open_hold(cause):
        enter = close_hold if over else draw
        enter(cause, _used_by(run_id))


def _used_by(run_id: UUID) -> Demand:
    rows = (
        Call.objects.filter(run=run_id)
        .order_by()
        .values_list("alias")
        .annotate(
            nanos=Coalesce(Sum("cost_nanos"), 0),
            tokens=Coalesce(Sum("tokens_in"), 0) + Coalesce(Sum("tokens_out"), 0),
        )
    )
    models = {alias: Use(nanos, tokens) for alias, nanos, tokens in rows}
    return Demand(sum(models.values(), Use()), models)


def _cause(run_id: UUID) -> str:
    return f"run:{run_id}"


def _cut(use: Use, most: int) -> Use:
    return replace(use, nanos=None if use.nanos is None else min(use.nanos, most))
