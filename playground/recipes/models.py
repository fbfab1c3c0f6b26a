"""A recipe and its frozen versions."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

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


class WorkingCopy(models.Model):
    """A recipe as one person is editing it: saved at every change, a revision at none.

    `base` is the revision that it began from. `document` need not be a recipe that can
    run yet. `past` and `future` are the documents before and after it, for undo.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="working_copies")
    user = models.ForeignKey(User, models.CASCADE, related_name="working_copies")
    recipe = models.ForeignKey(
        Recipe, models.CASCADE, null=True, related_name="working_copies"
    )
    base = models.ForeignKey(Revision, models.SET_NULL, null=True, related_name="+")
    document: models.JSONField[dict[str, Any]] = models.JSONField()
    past: models.JSONField[list[dict[str, Any]]] = models.JSONField(default=list)
    future: models.JSONField[list[dict[str, Any]]] = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "working copies"
        ordering = ["-changed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "recipe"], name="one_working_copy_a_person"
            )
        ]

    def __str__(self) -> str:
        return f"working copy of {self.recipe or self.team}"
