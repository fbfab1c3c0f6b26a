"""The stored budgets, with what they are about."""

from __future__ import annotations

from django.db.models import QuerySet

from playground.ledger.models import Budget


def all_budgets() -> QuerySet[Budget]:
    """Every budget: the site's first, then by team, member and model."""
    return Budget.objects.select_related("team", "user", "card").order_by(
        "team__slug", "user__username", "card__alias", "window"
    )
