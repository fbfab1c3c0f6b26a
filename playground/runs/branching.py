"""Runs that go on from another. Nothing here changes the run that one goes on from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from playground.accounts.access import Viewer, can_run_in
from playground.db.clock import database_now
from playground.engine.messages import Message
from playground.engine.plan import Plan, parse
from playground.engine.prompts import without_thoughts
from playground.recipes.models import Revision
from playground.recipes.offers import keep, offers_of
from playground.runs.departures import (
    Departure,
    departure,
    empty_layer,
    not_taken,
)
from playground.runs.models import Draft, Run
from playground.runs.planning import messages_of, overrides_from_json
from playground.runs.queries import LayerRecord, drafts_of, layers_of, margins_of
from playground.runs.services import start_run
from playground.runs.states import DraftStatus
from playground.web.refusals import Conflict, NotFound, TooLarge, Unprocessable

# A second press on a button that carries no form's token.
DOUBLE_CLICK_SECONDS = 3


def may_branch(viewer: Viewer, run: Run) -> bool:
    """Who may run in the team may run on from any of its runs."""
    return can_run_in(viewer, run.team)


def open_layer(layers: Sequence[LayerRecord]) -> int | None:
    """The layer that is being written: drafts can be stopped and retried in it alone."""
    for layer in layers:
        if layer.opened_ms is not None and layer.closed_by is None:
            return layer.index
    return None


def retry_in_branch(
    viewer: Viewer,
    run: Run,
    key: str,
    alias: str | None = None,
    *,
    with_failed: bool = False,
    form_token: UUID | None = None,
) -> Run:
    """A new run in which one draft is written again, by `alias` if that is given.

    `with_failed` asks the slots of its layer again, too, that failed in the run.
    """
    again = dict.fromkeys(_failed_beside(run, key) if with_failed else ()) | {
        key: alias
    }
    return _branch(viewer, run, "retried", again=again, form_token=form_token)


def without_drafts(
    viewer: Viewer,
    run: Run,
    keys: Collection[str],
    *,
    form_token: UUID | None = None,
) -> Run:
    """A new run that leaves these drafts out, and writes anew what had read them."""
    if not keys:
        raise Unprocessable(
            "No draft was named that is to be left out.",
            "Choose at least one.",
            param="key",
        )
    return _branch(viewer, run, "left_out", left_out=set(keys), form_token=form_token)


def with_edited(
    viewer: Viewer,
    run: Run,
    key: str,
    text: str,
    *,
    form_token: UUID | None = None,
) -> Run:
    """A new run in which a draft says `text`, and what had read it is written anew."""
    _check_text(text)
    return _branch(viewer, run, "edited", edited={key: text}, form_token=form_token)


def follow_up(
    viewer: Viewer, run: Run, prompt: str, *, form_token: UUID | None = None
) -> Run:
    """The next turn: a new run on what was asked and answered, and the new prompt.

    The history holds prompts and answers, no drafts.
    """
    answer = Draft.objects.filter(run=run, key=run.answer_key).first()
    if run.is_open or answer is None:
        raise Conflict(
            "This run has no answer to go on from.",
            "Wait until it is done, or run the prompt again.",
        )
    said = without_thoughts(answer.text) or answer.text
    turns = (Message("assistant", said), Message("user", prompt))
    return _start(
        viewer,
        run,
        run.revision,
        Departure("follow_up"),
        messages=(*messages_of(run), *turns),
        form_token=form_token,
    )


def alone(viewer: Viewer, run: Run, *, form_token: UUID | None = None) -> Run:
    """The same prompt for one model: the team's recipe `single`, else one of one call.

    Of several it is one by a model of the run, if there is any.
    """
    return _start_once(
        viewer, run, _single(viewer, run), Departure("alone"), form_token=form_token
    )


def find_draft(run: Run, key: str) -> Draft:
    """The run's draft with this key, or NotFound."""
    draft = next((draft for draft in drafts_of(run) if draft.key == key), None)
    if draft is None:
        raise NotFound(
            f"This run has no draft {key}.", "Its page shows those that it has."
        )
    return draft


def _failed_beside(run: Run, key: str) -> list[str]:
    layer = find_draft(run, key).layer
    failed = Draft.objects.filter(run=run, layer=layer, status=DraftStatus.FAILED)
    return list(failed.order_by("position").values_list("key", flat=True))


def _branch(
    viewer: Viewer, run: Run, kind: Any, *, form_token: UUID | None, **changes: Any
) -> Run:
    plan, drafts = parse(run.revision.document), drafts_of(run)
    keys = [key for named in changes.values() for key in named]
    _check_closed(run, keys)
    _check_taken(drafts, keys)
    leaving = departure(
        kind, plan=plan, parent=run, drafts=drafts, margins=margins_of(run), **changes
    )
    empty = empty_layer(plan, leaving)
    if empty is not None:
        raise Unprocessable(
            f"Nothing would remain of layer {empty.index} ({empty.name}).",
            "Leave at least one of its drafts in.",
            param="key",
        )
    return _start_once(viewer, run, run.revision, leaving, form_token=form_token)


def _start_once(
    viewer: Viewer,
    run: Run,
    revision: Revision,
    leaving: Departure,
    *,
    form_token: UUID | None,
) -> Run:
    """A run on the same messages; a double click on a page gets the run of the first."""
    if viewer.token is None and form_token is None and not leaving.edited:
        since = database_now() - timedelta(seconds=DOUBLE_CLICK_SECONDS)
        twin = Run.objects.filter(
            parent=run, user=viewer.user, branch=leaving.to_json(), created_at__gt=since
        ).first()
        if twin is not None:
            return twin
    return _start(
        viewer,
        run,
        revision,
        leaving,
        messages=messages_of(run),
        form_token=form_token,
    )


def _check_closed(run: Run, keys: Sequence[str]) -> None:
    """Raise unless all of these are drafts of layers that are over."""
    drafts = [find_draft(run, key) for key in keys]
    if not run.is_open:
        return
    current = open_layer(layers_of(run)) or 1
    for draft in drafts:
        if draft.layer >= current:
            raise Conflict(
                f"Layer {draft.layer} is not over yet, "
                f"so nothing can go on from {draft.key}.",
                "Wait until it is, or stop or retry the draft in the run itself.",
            )


def _check_taken(drafts: Sequence[Draft], keys: Sequence[str]) -> None:
    """Raise when one of these is a draft of the branch that the run did not take."""
    key = not_taken(drafts, keys)
    if key is not None:
        raise Conflict(
            f"The run's route did not take the branch of {key}.",
            "Retry or edit the route's own draft to go the other way.",
        )


def _start(
    viewer: Viewer,
    run: Run,
    revision: Revision,
    leaving: Departure,
    *,
    messages: Sequence[Message],
    form_token: UUID | None,
) -> Run:
    return start_run(
        viewer=viewer,
        team=run.team,
        revision=revision,
        messages=messages,
        variables=_known(parse(revision.document), run.variables),
        overrides=overrides_from_json(run.overrides),
        origin="api" if viewer.token else "web",
        form_token=form_token,
        parent=run,
        leaving=leaving,
    )


def _known(plan: Plan, variables: Mapping[str, Any]) -> dict[str, Any]:
    names = {variable.name for variable in plan.variables}
    return {name: value for name, value in variables.items() if name in names}


def _single(viewer: Viewer, run: Run) -> Revision:
    """The recipe `single`, else one whose model wrote here, too, else any of one call."""
    own = parse(run.revision.document).aliases()
    of_one_call = [
        (offer.recipe.slug != "single", not plan.aliases() & own, place, offer)
        for place, offer in enumerate(offers_of(viewer, run.team))
        if (plan := parse(offer.revision.document)).call_count() == 1
    ]
    if of_one_call:
        return keep(min(of_one_call, key=lambda each: each[:3])[3])
    raise Unprocessable(
        f"{run.team.name} has no recipe of a single call to compare with.",
        "Make one with one layer, one slot and one sample.",
        code="no_single",
    )


def _check_text(text: str) -> None:
    size = len(text.encode())
    if size > settings.MOA_MESSAGE_BYTES:
        raise TooLarge(
            f"The draft has {size:,} bytes; {settings.MOA_MESSAGE_BYTES:,} is the most.",
            "Shorten it.",
            param="text",
        )
    if "\0" in text or not text.strip():
        raise Unprocessable(
            "The draft is empty, or holds a NUL character.",
            "Write what it shall say, or leave the draft out.",
            param="text",
        )
