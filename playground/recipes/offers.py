"""What a team can run: its own recipes, and every preset of a name that it has not taken.

A preset needs no row before somebody uses it: lists show it bound to the models of now.
`keep` makes what a run can point to, a recipe marked `preset` whose revisions say how
its seats were taken; when models change, the next use makes the next revision. Once a
person saves it, it is the team's own and is bound no more; archived, it is out of use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from playground.accounts.access import Viewer, find_team
from playground.accounts.models import Team
from playground.recipes.documents import same_document
from playground.recipes.models import Recipe, Revision
from playground.recipes.presets.binding import Bound, bind
from playground.recipes.presets.casting import Candidate
from playground.recipes.presets.catalogue import models_at_hand
from playground.recipes.presets.files import SLUGS
from playground.recipes.queries import (
    current_revision,
    current_revisions,
    find_recipe,
    taken_slugs,
)
from playground.recipes.services import keep_preset
from playground.web.refusals import NotFound, Unprocessable


class NoModels(Unprocessable):
    """A preset has nobody to seat."""

    code = "no_models"

    def __init__(self, slug: str) -> None:
        super().__init__(
            f"The preset “{slug}” has no model to run on: the catalogue is empty.",
            "Ask an admin of the site to add a provider with a model.",
            param="model",
        )


@dataclass(frozen=True, slots=True)
class Offer:
    """A name in a team: its newest revision, or a preset as it is bound now.

    `revision` and its `recipe` may be unsaved where there is a `bound`: see `keep`.
    """

    revision: Revision
    bound: Bound | None = None

    @property
    def recipe(self) -> Recipe:
        """The recipe, or what would be one."""
        return self.revision.recipe


def offers_of(viewer: Viewer, team: Team) -> list[Offer]:
    """All that the viewer can choose from in a team of theirs. Nothing is written.

    Presets first, in their own order. Three queries.
    """
    models = models_at_hand()
    revisions = current_revisions(viewer).filter(recipe__team=team)
    offers = [_offer_of(revision, models) for revision in revisions]
    return sorted([*offers, *_unmade(team, models)], key=_place)


def unmade_presets(team: Team) -> list[Recipe]:
    """The presets that would be made at their first use, as unsaved recipes."""
    return [offer.recipe for offer in _unmade(team, models_at_hand())]


def find_offer(viewer: Viewer, team_slug: str, slug: str) -> Offer:
    """What a name stands for in a team. Nothing is written.

    Raises NotFound, for strangers too, and NoModels.
    """
    try:
        recipe = find_recipe(viewer, team_slug, slug)
    except NotFound:
        if slug not in SLUGS:
            raise
        models = models_at_hand()
        team = find_team(viewer, team_slug)
        if not models:
            raise NoModels(slug) from None
        return _unmade_offer(team, slug, models)
    newest = current_revision(recipe)
    return _offer_of(newest, models_at_hand() if is_bindable(newest) else [])


def open_recipe(viewer: Viewer, team_slug: str, slug: str) -> Recipe:
    """The recipe of that name, made or bound anew if it is a preset.

    Raises what `find_offer` raises.
    """
    return keep(find_offer(viewer, team_slug, slug)).recipe


def keep(offer: Offer) -> Revision:
    """The offer's revision as a row that runs can point to. Again changes nothing.

    Of two at once both get the same one. What the team made its own meanwhile is left
    alone, and its newest revision is the answer.
    """
    if offer.bound is None or offer.revision.pk is not None:
        return offer.revision
    return keep_preset(offer.recipe.team, offer.bound.document)


def is_bindable(newest: Revision) -> bool:
    """Whether a recipe is a preset that nobody edited or put away."""
    recipe = newest.recipe
    return (
        recipe.preset
        and recipe.slug in SLUGS
        and recipe.archived_at is None
        and newest.created_by_id is None
    )


def _offer_of(newest: Revision, models: Sequence[Candidate]) -> Offer:
    if not models or not is_bindable(newest):
        return Offer(newest)
    bound = bind(newest.recipe.slug, models)
    if same_document(newest.document, bound.document.content):
        return Offer(newest, bound)
    return Offer(_draft_of(newest.recipe, newest.number + 1, bound), bound)


def _unmade(team: Team, models: Sequence[Candidate]) -> list[Offer]:
    taken = taken_slugs(team)
    free = [slug for slug in SLUGS if slug not in taken]
    return [_unmade_offer(team, slug, models) for slug in free if models]


def _unmade_offer(team: Team, slug: str, models: Sequence[Candidate]) -> Offer:
    bound = bind(slug, models)
    name = bound.document.content["name"]
    # It is there as long as its team is; a row made later says when it was first used.
    recipe = Recipe(
        team=team, slug=slug, name=name, preset=True, created_at=team.created_at
    )
    return Offer(_draft_of(recipe, 1, bound), bound)


def _draft_of(recipe: Recipe, number: int, bound: Bound) -> Revision:
    return Revision(recipe=recipe, number=number, document=bound.document.content)


def _place(offer: Offer) -> tuple[bool, int]:
    """Presets first, in their order; `sorted` leaves the rest as it came."""
    slug, is_preset = offer.recipe.slug, offer.recipe.preset
    ordered = is_preset and slug in SLUGS
    return not is_preset, SLUGS.index(slug) if ordered else len(SLUGS)
