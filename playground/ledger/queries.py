"""The stored budgets, with what they are about."""

from __future__ import annotations

from django.db.models import F, QuerySet

from playground.ledger.models import Budget


def all_budgets() -> QuerySet[Budget]:
    """Every budget: the site's first, then by team, member and model."""
    # Databases differ in where they sort nothing; the site's budgets have no team.
    order = (
        F(name).asc(nulls_first=True)
        for name in ("team__slug", "user__username", "card__alias")
    )
    return Budget.objects.select_related("team", "user", "card").order_by(
        *order, "window"
    )
