"""Runs whose samples are refined, one window after the other."""

from __future__ import annotations

from typing import Any

from playground.accounts.models import Team
from playground.engine.plan import parse
from playground.recipes.models import Recipe, Revision
from playground.runs.departures import drafts_of_new
from playground.runs.models import Draft, Run
from tests.runs.driving import Driven
from tests.runs.factories import a_member, a_run


def started(*last: dict[str, Any], samples: int = 3, **keys: Any) -> Run:
    """A queued run of a layer whose samples are refined, one by one."""
    slots = [{"model": "fast", "samples": samples}]
    layers = [{"kind": "draft", "window": 1, "slots": slots, **keys}, *last]
    document = {"schema": "moa-recipe/1", "slug": "v", "name": "V", "layers": layers}
    a_member()
    team = Team.objects.get(slug="research")
    recipe = Recipe.objects.create(team=team, slug="v", name="V")
    revision = Revision.objects.create(recipe=recipe, number=1, document=document)
    run = a_run(revision=revision)
    Draft.objects.filter(run=run).delete()
    Draft.objects.bulk_create(drafts_of_new(run, parse(document), None))
    return run


def written(run: Run, *numbers: int) -> Driven:
    """The run when these drafts of its first layer are written, in this order."""
    driven = Driven(run)
    for number in numbers:
        driven.done(f"1.A.{number}", f"text {number}")
    run.refresh_from_db()
    return driven


def over(**keys: Any) -> Run:
    run = started(**keys)
    written(run, 1, 2, 4, 3, 5)
    return run
