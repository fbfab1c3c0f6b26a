"""What a recipe usually took: medians over its newest runs that came to a good end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from playground.accounts.access import Viewer
from playground.recipes.models import Recipe
from playground.runs.models import DeletedRun, Run
from playground.runs.search import newest_of_each, whole_runs_of
from playground.runs.states import RunStatus

# As many as say something, and no more than still say it of the recipe of today.
SAMPLE = 30
_MOST_DELETED = 300


@dataclass(frozen=True, slots=True)
class Medians:
    """The middle of what some runs cost and took."""

    runs: int
    cost_nanos: int
    took_ms: int


def medians_of(viewer: Viewer, recipes: Sequence[Recipe]) -> dict[int, Medians]:
    """By recipe, the medians of its last runs; a recipe without any is not in it.

    A run whose drafts were given in part cost less than the recipe does: it is left out.
    Three queries, however many recipes.
    """
    searches = [whole_runs_of(viewer, recipe) for recipe in recipes]
    run_ids = newest_of_each(searches, limit=SAMPLE)
    kept = Run.objects.filter(pk__in=run_ids, ended_at__isnull=False)
    deleted = DeletedRun.objects.filter(
        team__in={recipe.team_id for recipe in recipes}, status=RunStatus.DONE
    )
    columns = ("revision__recipe_id", "cost_nanos", "started_at", "ended_at")
    rows = [
        *kept.order_by("-id").values_list(*columns),
        *deleted.order_by("-id").values_list(*columns)[:_MOST_DELETED],
    ]
    return _medians(rows)


def _medians(
    rows: Iterable[tuple[int | None, int, datetime | None, datetime | None]],
) -> dict[int, Medians]:
    figures: dict[int, list[tuple[int, float]]] = {}
    for recipe, cost, started, ended in rows:
        if recipe is None or started is None or ended is None:
            continue
        took = (ended - started).total_seconds() * 1000
        figures.setdefault(recipe, []).append((cost, took))
    return {recipe: _middle(told[:SAMPLE]) for recipe, told in figures.items()}


def _middle(told: Sequence[tuple[int, float]]) -> Medians:
    return Medians(
        runs=len(told),
        cost_nanos=round(median(cost for cost, _ in told)),
        took_ms=round(median(took for _, took in told)),
    )
