"""Budgets, their counters, what is set aside for runs, and the entries of all of it.

At every commit `held + spent <= limit` in each bucket, and a bucket is the sum of its
entries. What a hold is for, its `cause`, is told by who opens it: the ledger knows no run.
"""

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


class Unit(models.TextChoices):
    """What a bucket counts. Money is in nano-dollars.

    `parallel` counts holds that are open, `per_minute` those opened in a minute.
    """

    USD = "usd", "money"
    TOKENS = "tokens", "tokens"
    RUNS = "runs", "runs"
    PARALLEL = "parallel", "runs at once"
    PER_MINUTE = "per_minute", "runs a minute"


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

    @property
    def limits(self) -> dict[Unit, int]:
        """What is limited, and to how much, temporary raises left out."""
        limits = {
            Unit.USD: self.usd_nanos,
            Unit.TOKENS: self.tokens,
            Unit.RUNS: self.runs,
            Unit.PARALLEL: self.parallel,
            Unit.PER_MINUTE: self.per_minute,
        }
        return {unit: limit for unit, limit in limits.items() if limit is not None}


class Raise(models.Model):
    """So much more of one unit of a budget, until a moment."""

    budget = models.ForeignKey(Budget, models.CASCADE, related_name="raises")
    unit = models.CharField(max_length=10, choices=Unit.choices)
    amount = models.BigIntegerField()
    until = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="raise_raises")
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.unit} more in {self.budget} until {self.until}"


class Bucket(models.Model):
    """The counters of one budget and unit in one window, which is part of its name.

    `target` is what the limit is to be; `limit` is above it while more than that is held
    and spent. Without a budget it is the site's own, for what no hold covered: it has no
    limit.
    """

    budget = models.ForeignKey(
        Budget, models.PROTECT, null=True, related_name="buckets"
    )
    unit = models.CharField(max_length=10, choices=Unit.choices)
    window_start = models.DateTimeField()
    limit = models.BigIntegerField(null=True)
    target = models.BigIntegerField(null=True)
    held = models.BigIntegerField(default=0)
    spent = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["budget", "unit", "window_start"],
                nulls_distinct=False,
                name="one_bucket_a_window",
            ),
            models.CheckConstraint(
                condition=Q(held__gte=0, spent__gte=0), name="bucket_counts_up"
            ),
            models.CheckConstraint(
                condition=Q(limit__isnull=True)
                | Q(limit__gte=models.F("held") + models.F("spent")),
                name="bucket_holds_its_limit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} of {self.budget or 'nobody'} from {self.window_start:%F}"

    @property
    def left(self) -> int:
        """What may still be held; a bucket without a limit is not asked."""
        return max(0, (self.limit or 0) - self.held - self.spent)


class Hold(models.Model):
    """What is set aside for one cause. `moves` counts the changes that were entered."""

    cause = models.CharField(max_length=80, unique=True)
    team = models.ForeignKey(Team, models.CASCADE, related_name="holds")
    user = models.ForeignKey(User, models.CASCADE, related_name="holds")
    moves = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["opened_at"],
                condition=Q(closed_at__isnull=True),
                name="hold_open",
            )
        ]

    def __str__(self) -> str:
        return self.cause


class Part(models.Model):
    """A hold's share of one bucket; `alias` names the model whose calls draw on it."""

    hold = models.ForeignKey(Hold, models.CASCADE, related_name="parts")
    bucket = models.ForeignKey(Bucket, models.PROTECT, related_name="parts")
    alias = models.CharField(max_length=64, blank=True)
    held = models.BigIntegerField(default=0)
    spent = models.BigIntegerField(default=0)
    over = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["bucket_id"]
        constraints = [
            models.UniqueConstraint(fields=["hold", "bucket"], name="one_part_a_bucket")
        ]

    def __str__(self) -> str:
        return f"{self.hold} in {self.bucket_id}"


class EntryKind(models.TextChoices):
    """What moved: `spend` from held to spent, `overrun` beyond what was held."""

    HOLD = "hold", "set aside"
    SPEND = "spend", "spent"
    RELEASE = "release", "given back"
    OVERRUN = "overrun", "beyond what was set aside"
    CORRECTION = "correction", "corrected by hand"


class Entry(models.Model):
    """One line of the ledger: how a bucket's counters changed. Never changed itself."""

    key = models.CharField(max_length=80, unique=True)
    bucket = models.ForeignKey(Bucket, models.PROTECT, related_name="entries")
    hold = models.ForeignKey(Hold, models.CASCADE, null=True, related_name="entries")
    kind = models.CharField(max_length=10, choices=EntryKind.choices)
    held = models.BigIntegerField(default=0)
    spent = models.BigIntegerField(default=0)
    note = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return f"{self.key}: {self.kind} {self.held:+} held, {self.spent:+} spent"
