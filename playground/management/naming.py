"""Which recipe a name on the command line means."""

from __future__ import annotations

from django.core.management.base import CommandError

from playground.accounts.access import Viewer
from playground.db.commands import UsageError
from playground.pages.choices import own_teams_first
from playground.recipes.models import Revision
from playground.recipes.offers import find_offer, keep
from playground.recipes.presets.files import SLUGS
from playground.recipes.queries import current_revisions, own_revisions
from playground.web.formats import listed
from playground.web.refusals import NotFound, Refusal

REFUSED = 3


def find_revision(viewer: Viewer, name: str) -> Revision:
    """What to run for `slug` or `team/slug`; a preset is bound now.

    A slug alone means the one recipe that some team calls so, else the preset in the
    viewer's first team. Raises UsageError, and CommandError for a preset without models.
    """
    place, _, slug = name.rpartition("/")
    own = _of_teams(viewer, slug, place)
    if len(own) == 1:
        return own[0]
    if own:
        names = sorted(str(revision.recipe) for revision in own)
        raise UsageError(f"Which {slug}? Say {' or '.join(names)}.")
    return _preset(viewer, slug, place) or _unknown(viewer, name)


def _of_teams(viewer: Viewer, slug: str, place: str) -> list[Revision]:
    everything = own_revisions if slug in SLUGS else current_revisions
    found = everything(viewer).filter(recipe__slug=slug)
    return list(found.filter(recipe__team__slug=place) if place else found)


def _preset(viewer: Viewer, slug: str, place: str) -> Revision | None:
    places = [place] if place else [team.slug for team in own_teams_first(viewer)]
    for each in places if slug in SLUGS else ():
        try:
            offer = find_offer(viewer, each, slug)
        except NotFound:
            continue
        except Refusal as refusal:
            told = f"{refusal.headline} {refusal.hint}"
            raise CommandError(told, returncode=REFUSED) from None
        if offer.recipe.archived_at is None:
            return keep(offer)
    return None


def _unknown(viewer: Viewer, name: str) -> Revision:
    own = sorted(str(each.recipe) for each in own_revisions(viewer))
    raise UsageError(
        f"{viewer.user.username} has no recipe {name}. There are: "
        f"{', '.join(own) or 'none'}; and in every team the presets {listed([*SLUGS])}."
    )
