"""How hard the past prompts of a recipe were, as its route would say today."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from playground.accounts.models import Team
from playground.engine.plan import parse
from playground.engine.routes import Route
from playground.engine.routing import by_rules
from playground.recipes.models import Recipe
from playground.runs.models import JournalEntry, Run

NEWEST = 500


def past_scores(team: Team, recipe: Recipe, route: Route, model: str) -> list[float]:
    """The scores of the team's newest runs of a recipe, at most `NEWEST`.

    Rules score each prompt anew, as they are now. A model is not asked again: its scores
    of then count, as long as it was the same model; another's are of another scale.
    """
    runs = Run.objects.filter(team=team, revision__recipe=recipe)
    newest = runs.exclude(origin="recorded").order_by("-pk")[:NEWEST]
    if route.by == "rules":
        prompts = newest.values_list("prompt", flat=True)
        return [by_rules(route, prompt).score or 0.0 for prompt in prompts]
    return _scores_of_model(list(newest.values_list("pk", flat=True)), recipe, model)


def _scores_of_model(runs: Iterable[UUID], recipe: Recipe, model: str) -> list[float]:
    asked = {
        revision.pk
        for revision in recipe.revisions.all()
        for first in [parse(revision.document).layers[0]]
        if first.route and first.route.by == "model" and first.slots[0].model == model
    }
    rows = JournalEntry.objects.filter(
        run__in=runs, run__revision__in=asked, kind="layer_closed", content__layer=1
    )
    decisions = (
        content.get("routing") for content in rows.values_list("content", flat=True)
    )
    return [
        float(found["score"])
        for found in decisions
        if found and found["by"] == "model" and found["score"] is not None
    ]
