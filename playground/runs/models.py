"""Runs, their drafts and calls, and the journal that they are resumed from."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q
from uuid6 import uuid7

from playground.accounts.models import Team, User
from playground.recipes.models import Revision
from playground.runs.states import (
    OPEN_STATUSES,
    CallStatus,
    DraftStatus,
    Given,
    RunStatus,
    Wish,
)


def new_run_id() -> UUID:
    """A UUIDv7: sorts by time, cannot be guessed."""
    return UUID(bytes=uuid7().bytes)


class Run(models.Model):
    """A revision executed on a prompt.

    `cards` are the model cards and prices frozen at the start, by alias. `epoch` fences
    the workers: every write after a claim says which epoch it belongs to. The feed is
    in Redis while the run lives; `feed_copy` is the zlib-compressed copy that stays.
    `pools` are what budgets set aside for its calls. `branch` says how a run differs from its parent, `seen_at` when the person who
    started it saw its end.
    """

    id = models.UUIDField(primary_key=True, default=new_run_id, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="runs")
    user = models.ForeignKey(User, models.CASCADE, related_name="runs")
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="runs")
    parent = models.ForeignKey(
        "self", models.SET_NULL, null=True, related_name="children"
    )
    status = models.CharField(
        max_length=9, choices=RunStatus.choices, default=RunStatus.QUEUED
    )
    degraded = models.BooleanField(default=False)
    reason = models.CharField(max_length=10, blank=True)
    message = models.TextField(blank=True)
    prompt = models.TextField()
    messages: models.JSONField[list[dict[str, str]]] = models.JSONField()
    variables: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)
    overrides: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)
    cards: models.JSONField[dict[str, Any]] = models.JSONField()
    seed = models.BigIntegerField()
    ceiling_nanos = models.BigIntegerField(null=True)
    pools: models.JSONField[list[dict[str, Any]]] = models.JSONField(default=list)
    cost_nanos = models.BigIntegerField(default=0)
    answer_key = models.CharField(max_length=40, blank=True)
    branch: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)
    origin = models.CharField(max_length=8, default="web")
    form_token = models.UUIDField(null=True, unique=True, editable=False)

    epoch = models.PositiveIntegerField(default=0)
    recoveries = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=64, blank=True)
    handed_back = models.BooleanField(default=False)
    cancel_requested_at = models.DateTimeField(null=True)

    feed_copy = models.BinaryField(null=True)
    feed_last = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["team", "-id"], name="run_team_recent"),
            models.Index(fields=["user", "-id"], name="run_user_recent"),
            models.Index(
                fields=["lease_until"],
                condition=Q(status__in=["queued", "running"]),
                name="run_open_lease",
            ),
            models.Index(
                fields=["user", "-id"],
                condition=Q(seen_at__isnull=True, origin="web"),
                name="run_unseen",
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.id}"

    @property
    def is_open(self) -> bool:
        """True until the run has ended."""
        return self.status in OPEN_STATUSES


class Draft(models.Model):
    """What one slot wrote (one sample of it) in one run.

    While it is being written, `text` is a checkpoint that holds everything up to the
    feed entry `text_entry`, by call `text_call`. A `given` draft was not written here:
    it came from `source`, a draft of the run's parent.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="drafts")
    key = models.CharField(max_length=40)
    position = models.PositiveIntegerField()
    layer = models.PositiveIntegerField()
    label = models.CharField(max_length=12)
    sample = models.PositiveIntegerField()
    model = models.CharField(max_length=64)
    status = models.CharField(
        max_length=7, choices=DraftStatus.choices, default=DraftStatus.WAITING
    )
    text = models.TextField(blank=True)
    reasoning = models.TextField(blank=True)
    text_entry = models.CharField(max_length=40, blank=True)
    text_call = models.PositiveIntegerField(null=True)
    references: models.JSONField[list[str]] = models.JSONField(default=list)
    seed = models.BigIntegerField(null=True)
    cause = models.TextField(blank=True)
    given = models.CharField(max_length=8, choices=Given.choices, blank=True)
    source = models.ForeignKey(
        "self", models.SET_NULL, null=True, related_name="copies"
    )

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["run", "key"], name="one_draft_a_key")
        ]

    def __str__(self) -> str:
        return self.key


class Call(models.Model):
    """One request to one provider. Times in ms since the run's start.

    `lessons`: what its model does not take of it. `least_in`: its prompt has at least so
    many tokens, and the provider counted far fewer.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="calls")
    draft = models.ForeignKey(Draft, models.CASCADE, related_name="calls")
    n = models.PositiveIntegerField()
    epoch = models.PositiveIntegerField()
    alias = models.CharField(max_length=64)
    provider = models.CharField(max_length=64)
    model = models.CharField(max_length=200)
    status = models.CharField(
        max_length=9, choices=CallStatus.choices, default=CallStatus.SENT
    )
    error: models.JSONField[dict[str, Any] | None] = models.JSONField(null=True)
    text = models.TextField(blank=True)
    opened_ms = models.BigIntegerField()
    ended_ms = models.BigIntegerField(null=True)
    started_at = models.DateTimeField()
    first_token_ms = models.BigIntegerField(null=True)
    finish_reason = models.CharField(max_length=64, blank=True)
    tokens_in = models.BigIntegerField(null=True)
    cached = models.BigIntegerField(null=True)
    tokens_out = models.BigIntegerField(null=True)
    reasoning_tokens = models.BigIntegerField(null=True)
    estimated = models.BooleanField(default=False)
    ceiling_nanos = models.BigIntegerField(null=True)
    cost_nanos = models.BigIntegerField(null=True)
    messages_hash = models.CharField(max_length=64)
    lessons: models.JSONField[list[list[str]]] = models.JSONField(default=list)
    least_in = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["n"]
        constraints = [
            models.UniqueConstraint(fields=["run", "n"], name="one_call_a_number"),
            models.CheckConstraint(
                condition=Q(cost_nanos__isnull=True) | Q(cost_nanos__gte=0),
                name="call_cost_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"call {self.n}"


class DraftRequest(models.Model):
    """A person's wish for one draft of a running run, until a worker takes it up."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="requests")
    key = models.CharField(max_length=40)
    wish = models.CharField(max_length=5, choices=Wish.choices)
    alias = models.CharField(max_length=64, blank=True)
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["run"],
                condition=Q(taken_at__isnull=True),
                name="request_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.wish} {self.key}"


class JournalEntry(models.Model):
    """One accepted event or decision; together they are how a run is resumed."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="journal")
    seq = models.PositiveIntegerField()
    epoch = models.PositiveIntegerField()
    kind = models.CharField(max_length=16)
    content: models.JSONField[dict[str, Any]] = models.JSONField()
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "journal entries"
        ordering = ["seq"]
        constraints = [
            models.UniqueConstraint(fields=["run", "seq"], name="one_entry_a_seq")
        ]

    def __str__(self) -> str:
        return f"{self.seq}: {self.kind}"


class RunWords(models.Model):
    """What history finds a run by: each word of its texts once, and its facets.

    The database keeps its own full-text index of `words` (migration 0003): an FTS5
    table on SQLite, a tsvector with GIN on PostgreSQL. `place` orders as run ids do.
    """

    place = models.BigIntegerField(primary_key=True)
    run = models.OneToOneField(Run, models.CASCADE, related_name="words")
    words = models.TextField()

    class Meta:
        verbose_name_plural = "words of runs"

    def __str__(self) -> str:
        return f"words of run {self.run_id}"


class DeletedRun(models.Model):
    """What stays of a run whose text was deleted: who, when, and what it cost."""

    id = models.UUIDField(primary_key=True, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="deleted_runs")
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    revision = models.ForeignKey(Revision, models.SET_NULL, null=True, related_name="+")
    status = models.CharField(max_length=9, choices=RunStatus.choices)
    origin = models.CharField(max_length=8)
    calls = models.PositiveIntegerField()
    tokens_in = models.BigIntegerField()
    tokens_out = models.BigIntegerField()
    cost_nanos = models.BigIntegerField()
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField()
    deleted_at = models.DateTimeField(auto_now_add=True)
    deleted_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["team", "-id"], name="deleted_run_team")]

    def __str__(self) -> str:
        return f"deleted run {self.id}"
