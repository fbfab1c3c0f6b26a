"""Which buckets a cause draws on: one for each limit of each budget that is over it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from playground.accounts.models import Team, User
from playground.engine.uses import Demand
from playground.ledger.models import Bucket, Budget, Raise, Unit
from playground.ledger.windows import window_start

# What a run is counted with at once, and not given back at its end.
COUNTED = frozenset({Unit.RUNS, Unit.PER_MINUTE})


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a budget's unit is wanted; `amount` None: nobody can say.

    `limit` is the budget's, with the raises of now.
    """

    budget: Budget
    unit: Unit
    amount: int | None
    limit: int

    @property
    def alias(self) -> str:
        """The model that the budget is about, if it is about one."""
        return self.budget.card.alias if self.budget.card else ""


def shares_of(
    team: Team, user: User, demand: Demand, *, now: datetime
) -> Iterator[Share]:
    """What a cause of this member wants, in one order for everybody."""
    budgets = list(budgets_over(team, user, demand.models))
    raised = raises_now(now) if budgets else {}
    for budget in budgets:
        for unit, limit in budget.limits.items():
            alias = budget.card.alias if budget.card else None
            more = raised.get((budget.pk, unit), 0)
            yield Share(budget, unit, _amount(demand, alias, unit), limit + more)


def budgets_over(team: Team, user: User, aliases: Iterable[str]) -> QuerySet[Budget]:
    """The budgets of the site, the team, the member and these models, by their numbers."""
    whole = Q(card__isnull=True)
    over = (
        Q(whole, team__isnull=True)
        | Q(whole, team=team, user__isnull=True)
        | Q(whole, team=team, user=user)
        | Q(card__alias__in=[*aliases])
    )
    budgets = Budget.objects.filter(over).select_related("team", "user", "card")
    return budgets.order_by("pk")


def bucket_of(share: Share, now: datetime) -> Bucket:
    """The share's bucket in the window of now, made at its first use."""
    bucket, _ = Bucket.objects.get_or_create(
        budget=share.budget,
        unit=share.unit,
        window_start=window_start(share.budget, share.unit, now),
        defaults={"limit": share.limit, "target": share.limit},
    )
    return bucket


def raises_now(now: datetime) -> dict[tuple[int, str], int]:
    """What is allowed on top, by budget and unit."""
    rows = Raise.objects.filter(until__gt=now).order_by()
    sums = rows.values_list("budget_id", "unit").annotate(
        more=Coalesce(Sum("amount"), 0)
    )
    return {(budget, unit): more for budget, unit, more in sums}


def _amount(demand: Demand, alias: str | None, unit: Unit) -> int | None:
    use = demand.of(alias)
    if unit == Unit.USD:
        return use.nanos
    return use.tokens if unit == Unit.TOKENS else 1
