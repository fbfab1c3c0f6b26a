"""Runs of recipes with a route, for tests of pages and exports."""

from __future__ import annotations

from typing import Any

from playground.accounts.models import Team
from playground.engine.plan import parse
from playground.recipes.models import Recipe, Revision
from playground.runs.departures import drafts_of_new
from playground.runs.models import Draft, Run
from tests.engine.house import aggregate, draft, recipe, route, slot
from tests.runs.factories import a_member, a_run

ABOVE = [draft(slot("fast"), slot("fast")), aggregate(slot("fast"))]
BELOW = [draft(slot("fast"))]


def routed(
    *after: dict[str, Any], prompt: str = "Why is the sky blue?", **keys: Any
) -> Run:
    """A queued run: what is to be proved goes above, unless told otherwise."""
    document = recipe(route(**{"above": ABOVE, "below": BELOW, **keys}), *after)
    a_member()
    team = Team.objects.get(slug="research")
    made, _ = Recipe.objects.get_or_create(
        team=team, slug="r", defaults={"name": "Routed"}
    )
    number = made.revisions.count() + 1
    revision = Revision.objects.create(recipe=made, number=number, document=document)
    run = a_run(revision=revision, prompt=prompt)
    Run.objects.filter(pk=run.pk).update(messages=[{"role": "user", "content": prompt}])
    run.refresh_from_db()
    Draft.objects.filter(run=run).delete()
    Draft.objects.bulk_create(drafts_of_new(run, parse(document), None))
    return run
