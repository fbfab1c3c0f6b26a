"""Providers, credentials, model cards, prices."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q

from playground.engine import lessons


class Provider(models.Model):
    """An endpoint that speaks OpenAI-compatible chat completions."""

    slug = models.SlugField(unique=True, max_length=64)
    name = models.CharField(max_length=120)
    base_url = models.CharField(max_length=500)
    local = models.BooleanField(
        default=False, help_text="May be on a private or loopback address."
    )
    keep_alive = models.BooleanField(
        default=True, help_text="Off for servers that fail on reused connections."
    )
    # Limits of its credential, for all workers together; 0 is no limit.
    max_parallel = models.PositiveIntegerField(default=32)
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True)
    tokens_per_minute = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Credential(models.Model):
    """A provider's secret, encrypted. Pages show its last four characters only."""

    provider = models.OneToOneField(Provider, models.CASCADE, related_name="credential")
    sealed = models.TextField(editable=False)
    last4 = models.CharField(max_length=4, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.provider}: …{self.last4}"


class ModelCard(models.Model):
    """A model as the team sees it: the alias that recipes name."""

    alias = models.CharField(unique=True, max_length=64)
    provider = models.ForeignKey(Provider, models.CASCADE, related_name="cards")
    model = models.CharField(max_length=200)
    context = models.PositiveIntegerField(default=8192)
    max_output = models.PositiveIntegerField(default=2048)
    family = models.CharField(max_length=64, blank=True)
    size = models.CharField(max_length=32, blank=True)
    reasoning = models.BooleanField(default=False)
    good_at: models.JSONField[list[str]] = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["alias"]

    def __str__(self) -> str:
        return self.alias


class Lesson(models.Model):
    """What a provider's model was found not to take, and what goes in its place.

    Learned from a refusal, whose words are `said`. Deleted, it is forgotten: the field is
    sent again.
    """

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="lessons")
    model = models.CharField(max_length=200)
    field = models.CharField(max_length=64)
    instead = models.CharField(max_length=64, blank=True)
    said = models.TextField(blank=True)
    learned_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["provider", "model", "field", "instead"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "model", "field", "instead"],
                name="one_lesson_a_field",
            )
        ]

    def __str__(self) -> str:
        return f"{self.model}: {lessons.Lesson(self.field, self.instead)}"


def _price() -> models.DecimalField[Decimal, Decimal]:
    """USD per million tokens."""
    return models.DecimalField(max_digits=24, decimal_places=12)


class Price(models.Model):
    """What a model costs from a moment on, in USD per million tokens.

    A card without a price is unpriced: no money limit can be kept with it.
    """

    card = models.ForeignKey(ModelCard, models.CASCADE, related_name="prices")
    valid_from = models.DateTimeField(auto_now_add=True)
    input = _price()
    cached_input = models.DecimalField(max_digits=24, decimal_places=12, null=True)
    output = _price()
    tiers: models.JSONField[list[dict[str, str]]] = models.JSONField(
        default=list, blank=True
    )

    class Meta:
        ordering = ["-valid_from", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(input__gte=0)
                & Q(output__gte=0)
                & (Q(cached_input__isnull=True) | Q(cached_input__gte=0)),
                name="price_not_negative",
            )
        ]

    def __str__(self) -> str:
        return f"{self.card}: {self.input} in, {self.output} out"
