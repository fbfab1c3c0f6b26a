"""From a model's name to a run."""

from __future__ import annotations

from playground.accounts.access import Viewer
from playground.accounts.models import Team
from playground.api.documents.requests import ChatRequest
from playground.api.errors import ModelNotFound
from playground.recipes.offers import Offer, find_offer, keep
from playground.runs.models import Run
from playground.runs.services import start_run
from playground.web.refusals import NotFound

PREFIX = "moa"


def start_chat(viewer: Viewer, team: Team, chat: ChatRequest) -> Run:
    """Start the run that answers `chat`; `team` is the one that short names mean.

    A preset is bound now. Raises what `find_model` does, and what `start_run` refuses with.
    """
    revision = keep(find_model(viewer, team, chat.model))
    return start_run(
        viewer=viewer,
        team=revision.recipe.team,
        revision=revision,
        messages=chat.messages,
        variables=chat.variables,
        overrides=chat.overrides,
        origin="api",
    )


def find_model(viewer: Viewer, team: Team, model: str) -> Offer:
    """What `moa/<slug>` or `moa/<team>/<slug>` names, a recipe or a preset.

    Raises ModelNotFound, and NoModels for a preset that has nobody to seat.
    """
    match model.split("/"):
        case [prefix, slug] if prefix == PREFIX:
            place = team.slug
        case [prefix, place, slug] if prefix == PREFIX:
            pass
        case _:
            raise ModelNotFound(model)
    try:
        offer = find_offer(viewer, place, slug)
    except NotFound:
        raise ModelNotFound(model) from None
    if offer.recipe.archived_at is not None:
        raise ModelNotFound(model)
    return offer
