"""Budgets, as they were provisioned. Nothing enforces them yet."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from playground.accounts.models import Team, User
from playground.catalog.models import ModelCard


class Window(models.TextChoices):
    """The UTC calendar window that a budget counts in."""

    DAY = "day", "a day"
    WEEK = "week", "a week"
    MONTH = "month", "a month"
    TOTAL = "total", "in all"


class Budget(models.Model):
    """A limit on a scope: the site, a team, a member of a team, or a model.

    No team, user or card: the whole site. A user always stands with a team.
    """

    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="budgets")
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="budgets")
    card = models.ForeignKey(
        ModelCard, models.CASCADE, null=True, related_name="budgets"
    )
    window = models.CharField(max_length=5, choices=Window.choices)
    usd_nanos = models.BigIntegerField(null=True)
    tokens = models.BigIntegerField(null=True)
    runs = models.BigIntegerField(null=True)
    parallel = models.PositiveIntegerField(null=True)
    per_minute = models.PositiveIntegerField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "user", "card", "window"],
                nulls_distinct=False,
                name="one_budget_a_scope_and_window",
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=True) | Q(team__isnull=False),
                name="member_budget_has_team",
            ),
        ]

    def __str__(self) -> str:
        return f"budget {self.pk} for {self.get_window_display()}"
