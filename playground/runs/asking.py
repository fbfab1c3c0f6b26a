"""What people ask of single drafts of a run that is being written: to stop, to try again.

The wish is a row first, and a hint to the worker then; the worker decides.
"""

from __future__ import annotations

from django.db import transaction

from playground.accounts.access import Viewer
from playground.catalog.queries import cards_for
from playground.db.clock import database_now
from playground.engine.chains import follows
from playground.engine.plan import DraftKey, parse
from playground.runs.access import may_stop
from playground.runs.branching import find_draft, open_layer
from playground.runs.hints import hint_request
from playground.runs.models import Draft, DraftRequest, Run
from playground.runs.queries import layers_of
from playground.runs.states import DraftStatus, Wish
from playground.web.refusals import Conflict, Forbidden, Unprocessable

_UNENDED = (DraftStatus.WAITING, DraftStatus.WRITING)


def ask_stop(viewer: Viewer, run: Run, key: str) -> None:
    """Ask that a draft of the open layer be stopped. Harmless when asked before."""
    draft = _draft_in_hand(viewer, run, key)
    if draft.status not in _UNENDED:
        raise Conflict(
            f"Draft {key} is {draft.status} already: there is nothing to stop.",
            "Retry it, or leave it out once its layer is over.",
        )
    _ask(viewer, run, draft, Wish.STOP)


def ask_retry(viewer: Viewer, run: Run, key: str, alias: str | None = None) -> None:
    """Ask that a draft of the open layer be written again, by `alias` if it is given.

    The model's card and price are frozen now, with those that the run began with.
    """
    draft = _draft_in_hand(viewer, run, key)
    if _is_read(run, draft):
        raise Conflict(
            f"A refinement that reads it has begun, so a new draft {key} comes too late.",
            "Retry it once its layer is over, in a new run.",
        )
    _ask(viewer, run, draft, Wish.RETRY, alias or "")


def is_in_hand(run: Run, draft: Draft) -> bool:
    """True when the run is writing the layer of this draft, and writes it itself."""
    if not run.is_open or draft.given:
        return False
    return open_layer(layers_of(run)) == draft.layer


def _is_read(run: Run, draft: Draft) -> bool:
    """True when a refinement of the same slot has read the draft, or is about to end."""
    layer = parse(run.revision.document).layers[draft.layer - 1]
    key = DraftKey(draft.layer, draft.label, draft.sample)
    later = {str(other) for other in follows(layer, key)}
    begun = Draft.objects.filter(run=run, key__in=later)
    waiting = begun.filter(status=DraftStatus.WAITING, calls__isnull=True)
    return begun.count() > waiting.count()


def _draft_in_hand(viewer: Viewer, run: Run, key: str) -> Draft:
    if not may_stop(viewer, run):
        raise Forbidden(
            "Only who started a run, or manages its team, may stop or retry its drafts.",
            "Ask an admin of the team.",
        )
    draft = find_draft(run, key)
    if not is_in_hand(run, draft):
        raise Conflict(
            _why_not(run, draft), "Reload the page: it shows what can be done."
        )
    return draft


def _why_not(run: Run, draft: Draft) -> str:
    if not run.is_open:
        return f"The run is over, and draft {draft.key} with it."
    if draft.given:
        return f"Draft {draft.key} is not written in this run."
    if draft.layer > (open_layer(layers_of(run)) or 0):
        return f"Layer {draft.layer} has not begun, so draft {draft.key} is not written yet."
    return f"Layer {draft.layer} is over, and draft {draft.key} with it."


def _ask(viewer: Viewer, run: Run, draft: Draft, wish: Wish, alias: str = "") -> None:
    with transaction.atomic():
        # Of two people who choose models at once, neither may lose the other's card.
        locked = Run.objects.select_for_update().only("cards").get(pk=run.pk)
        if alias:
            _freeze_card(run, locked, alias)
        DraftRequest.objects.get_or_create(
            run=run,
            key=draft.key,
            wish=wish,
            alias=alias,
            taken_at=None,
            defaults={"user": viewer.user, "asked_at": database_now()},
        )
    hint_request(run.pk)


def _freeze_card(run: Run, locked: Run, alias: str) -> None:
    if alias in locked.cards:
        return
    card = cards_for([alias]).get(alias)
    if card is None:
        raise Unprocessable(
            f"There is no model {alias} in the catalogue.",
            "Choose one of its models.",
            param="model",
        )
    limited = parse(run.revision.document).limits.max_cost_usd is not None
    if limited and card.price is None:
        raise Unprocessable(
            f"No price is known for {alias}, so limits.max_cost_usd cannot be kept.",
            "Choose a model with a price.",
            code="unpriced",
            param="model",
        )
    locked.cards[alias] = card.to_json()
    locked.save(update_fields=["cards"])
