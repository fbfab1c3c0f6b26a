"""The recipes that one can choose from, and their revisions."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.db.models import QuerySet

from playground.accounts.access import Viewer
from playground.accounts.models import Team
from playground.engine.estimates import Estimate
from playground.engine.plan import Plan, parse
from playground.engine.ways import call_range
from playground.live.drawing import Mini, mini_of
from playground.pages.medians import Medians, medians_of
from playground.recipes.models import Recipe, Revision
from playground.recipes.offers import Offer, offers_of
from playground.recipes.queries import (
    current_revision,
    own_revisions,
    revision_by_number,
)
from playground.runs.estimates import reckon_each

A_HUNDRED_WORDS = " ".join(["words"] * 100)


@dataclass(frozen=True, slots=True)
class Choice:
    """A recipe that can be run: its newest revision, read, and what it usually took.

    `outlook` is an estimate for a prompt of a hundred words.
    """

    offer: Offer
    plan: Plan
    mini: Mini
    usual: Medians | None = None
    outlook: Estimate | None = None

    @property
    def revision(self) -> Revision:
        """The newest revision; of a preset as it is bound now, which may be unsaved."""
        return self.offer.revision

    @property
    def slug(self) -> str:
        """Its value in forms."""
        return self.revision.recipe.slug

    @property
    def calls(self) -> tuple[int, int]:
        """The fewest and the most calls that it makes when nothing fails."""
        return call_range(self.plan)

    @property
    def is_preset(self) -> bool:
        """True for the mixtures that came with the product."""
        return self.revision.recipe.preset


def choices_of(viewer: Viewer, team: Team) -> list[Choice]:
    """What the viewer can choose from: presets in their order, then the smallest first."""
    choices = [choice_of(offer) for offer in offers_of(viewer, team)]
    return sorted(
        choices, key=lambda each: (0, 0) if each.is_preset else each.calls[::-1]
    )


def own_choices(viewer: Viewer) -> list[Choice]:
    """The recipes that the viewer's teams made themselves, smallest first."""
    choices = [choice_of(Offer(revision)) for revision in own_revisions(viewer)]
    return sorted(choices, key=lambda each: each.calls[::-1])


def with_medians(viewer: Viewer, choices: list[Choice]) -> list[Choice]:
    """The choices, each with what its past runs cost and took."""
    recipes = [choice.revision.recipe for choice in choices]
    usual = medians_of(viewer, [each for each in recipes if each.pk is not None])
    return [
        replace(choice, usual=usual.get(choice.revision.recipe.pk))
        for choice in choices
    ]


def with_outlooks(team: Team, choices: list[Choice]) -> list[Choice]:
    """The choices, each that never ran with what it would come to on a short prompt."""
    fresh = [each for each in choices if each.usual is None]
    told = reckon_each(team, [each.plan for each in fresh], A_HUNDRED_WORDS, {})
    by_slug = {
        choice.slug: reckoning.estimate
        for choice, reckoning in zip(fresh, told, strict=True)
    }
    return [replace(each, outlook=by_slug.get(each.slug)) for each in choices]


def own_teams_first(viewer: Viewer) -> list[Team]:
    """The viewer's own teams first; a site admin sees the others behind them."""
    own = set(viewer.user.memberships.values_list("team_id", flat=True))
    return sorted(viewer.teams(), key=lambda team: team.pk not in own)


def choice_of(offer: Offer) -> Choice:
    """An offer, read."""
    plan = parse(offer.revision.document)
    return Choice(offer, plan, mini_of(plan))


def revision_of(recipe: Recipe, number: str) -> Choice:
    """A revision by its number, the newest where none is asked for."""
    if not number:
        return choice_of(Offer(current_revision(recipe)))
    return choice_of(Offer(revision_by_number(recipe, number)))


def revision_numbers(recipe: Recipe) -> QuerySet[Revision]:
    """The revisions of a recipe, newest first, without their documents."""
    return recipe.revisions.defer("document").select_related("created_by")
