"""A recipe and its frozen versions."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from playground.accounts.models import Team, User


class Recipe(models.Model):
    """A saved mixture of a team; its content lies in revisions."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="recipes")
    slug = models.SlugField(max_length=64)
    name = models.CharField(max_length=120)
    preset = models.BooleanField(
        default=False, help_text="Came with the product; shown among the presets."
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["team", "slug"], name="one_recipe_a_slug")
        ]

    def __str__(self) -> str:
        return f"{self.team.slug}/{self.slug}"


class Revision(models.Model):
    """One frozen version: the moa-recipe/1 document exactly as it was given."""

    recipe = models.ForeignKey(Recipe, models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    document: models.JSONField[dict[str, Any]] = models.JSONField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["recipe", "number"], name="one_revision_a_number"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="revisions_from_1"),
        ]

    def __str__(self) -> str:
        return f"{self.recipe.slug}@{self.number}"
