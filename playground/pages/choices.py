"""The recipes that one can choose from, and their revisions."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.db.models import QuerySet

from playground.accounts.access import Viewer
from playground.accounts.models import Team
from playground.engine.plan import Plan, parse
from playground.live.drawing import Mini, mini_of
from playground.pages.medians import Medians, medians_of
from playground.recipes.models import Recipe, Revision
from playground.recipes.queries import (
    current_revision,
    current_revisions,
    revision_by_number,
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A recipe that can be run: its newest revision, read, and what it usually took."""

    revision: Revision
    plan: Plan
    mini: Mini
    usual: Medians | None = None

    @property
    def slug(self) -> str:
        """Its value in forms."""
        return self.revision.recipe.slug

    @property
    def calls(self) -> int:
        """How many calls it makes when nothing fails."""
        return self.plan.call_count()

    @property
    def is_preset(self) -> bool:
        """True for the mixtures that came with the product."""
        return self.revision.recipe.preset


def choices_of(viewer: Viewer, team: Team | None = None) -> list[Choice]:
    """The recipes that the viewer can choose from, presets first, smallest first."""
    revisions = current_revisions(viewer)
    if team is not None:
        revisions = revisions.filter(recipe__team=team)
    choices = [_choice(revision) for revision in revisions]
    return sorted(choices, key=lambda choice: (not choice.is_preset, choice.calls))


def with_medians(viewer: Viewer, choices: list[Choice]) -> list[Choice]:
    """The choices, each with what its past runs cost and took."""
    usual = medians_of(viewer, [choice.revision.recipe for choice in choices])
    return [
        replace(choice, usual=usual.get(choice.revision.recipe_id))
        for choice in choices
    ]


def own_teams_first(viewer: Viewer) -> list[Team]:
    """The viewer's own teams first; a site admin sees the others behind them."""
    own = set(viewer.user.memberships.values_list("team_id", flat=True))
    return sorted(viewer.teams(), key=lambda team: team.pk not in own)


def _choice(revision: Revision) -> Choice:
    plan = parse(revision.document)
    return Choice(revision, plan, mini_of(plan))


def revision_of(recipe: Recipe, number: str) -> Choice:
    """A revision by its number, the newest where none is asked for."""
    if not number:
        return _choice(current_revision(recipe))
    return _choice(revision_by_number(recipe, number))


def revision_numbers(recipe: Recipe) -> QuerySet[Revision]:
    """The revisions of a recipe, newest first, without their documents."""
    return recipe.revisions.defer("document").select_related("created_by")
