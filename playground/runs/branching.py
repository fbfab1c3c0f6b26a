"""Runs that go on from another: what may be done with a run's drafts, and doing it.

Nothing here changes the run that one goes on from.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from django.conf import settings

from playground.accounts.access import Viewer, can_run_in
from playground.engine.messages import Message
from playground.engine.plan import Plan, parse
from playground.engine.prompts import without_thoughts
from playground.recipes.models import Revision
from playground.recipes.queries import current_revisions
from playground.runs.access import may_stop
from playground.runs.departures import Departure, departure, empty_layer
from playground.runs.models import Draft, DraftStatus, Given, Run
from playground.runs.planning import messages_of, overrides_from_json
from playground.runs.queries import LayerRecord, Snapshot, drafts_of, layers_of
from playground.runs.services import start_run
from playground.web.refusals import Conflict, NotFound, TooLarge, Unprocessable

Action = Literal["stop", "retry", "leave_out", "edit"]
_ATTEMPTED = (DraftStatus.DONE, DraftStatus.FAILED, DraftStatus.STOPPED)


def may_branch(viewer: Viewer, run: Run) -> bool:
    """Who may run in the team may run on from any of its runs."""
    return can_run_in(viewer, run.team)


def may_follow_up(viewer: Viewer, run: Run) -> bool:
    """A next turn needs an answer to stand on."""
    return bool(run.answer_key) and not run.is_open and may_branch(viewer, run)


def open_layer(layers: Sequence[LayerRecord]) -> int | None:
    """The layer that is being written: drafts can be stopped and retried in it alone."""
    for layer in layers:
        if layer.opened_ms is not None and layer.closed_by is None:
            return layer.index
    return None


def draft_actions(
    run: Run, draft: Draft, viewer: Viewer, *, layer: int | None = None
) -> tuple[Action, ...]:
    """What the viewer may do with this draft now; `layer` is the run's open one.

    Two queries for the viewer's role: a whole page asks `actions_of` instead.
    """
    return _actions(
        run, draft, layer, stops=may_stop(viewer, run), branches=may_branch(viewer, run)
    )


def actions_of(viewer: Viewer, shot: Snapshot) -> dict[str, tuple[Action, ...]]:
    """By draft key, what the viewer may do with each draft of a run."""
    run, layer = shot.run, open_layer(shot.layers)
    stops, branches = may_stop(viewer, run), may_branch(viewer, run)
    return {
        draft.key: _actions(run, draft, layer, stops=stops, branches=branches)
        for draft in shot.drafts
    }


def _actions(
    run: Run, draft: Draft, layer: int | None, *, stops: bool, branches: bool
) -> tuple[Action, ...]:
    if run.is_open and (layer is None or draft.layer >= layer):
        return _while_written(draft, layer) if stops else ()
    return _afterwards(draft) if branches else ()


def _while_written(draft: Draft, layer: int | None) -> tuple[Action, ...]:
    """Stop and retry add to the run itself. Without the layer only writing ones are sure."""
    if draft.status == DraftStatus.WRITING:
        return ("stop", "retry")
    if draft.layer != layer or draft.given:
        return ()
    return ("stop", "retry") if draft.status == DraftStatus.WAITING else ("retry",)


def _afterwards(draft: Draft) -> tuple[Action, ...]:
    """Each is a new run, which reuses what stays as it is."""
    if draft.given == Given.LEFT_OUT:
        return ("retry",)
    if draft.status == DraftStatus.DONE:
        return ("retry", "leave_out", "edit")
    return ("retry", "edit") if draft.status in _ATTEMPTED else ()


def retry_in_branch(
    viewer: Viewer,
    run: Run,
    key: str,
    alias: str | None = None,
    *,
    form_token: UUID | None = None,
) -> Run:
    """A new run in which one draft is written again, by `alias` if that is given."""
    return _branch(viewer, run, "retried", again={key: alias}, form_token=form_token)


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
    """The same prompt for one model: the team's recipe `single`, else one of one call."""
    revision = _single(viewer, run)
    return _start(
        viewer,
        run,
        revision,
        Departure("alone"),
        messages=messages_of(run),
        form_token=form_token,
    )


def find_draft(run: Run, key: str) -> Draft:
    """The run's draft with this key, or NotFound."""
    draft = next((draft for draft in drafts_of(run) if draft.key == key), None)
    if draft is None:
        raise NotFound(
            f"This run has no draft {key}.", "Its page shows those that it has."
        )
    return draft


def _branch(
    viewer: Viewer, run: Run, kind: Any, *, form_token: UUID | None, **changes: Any
) -> Run:
    plan, drafts = parse(run.revision.document), drafts_of(run)
    _check_closed(run, [key for named in changes.values() for key in named])
    leaving = departure(kind, plan=plan, parent=run, drafts=drafts, **changes)
    empty = empty_layer(plan, leaving)
    if empty is not None:
        raise Unprocessable(
            f"Nothing would remain of layer {empty.index} ({empty.name}).",
            "Leave at least one of its drafts in.",
            param="key",
        )
    return _start(
        viewer,
        run,
        run.revision,
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
    revisions = current_revisions(viewer).filter(recipe__team=run.team)
    of_one_call = [each for each in revisions if _call_count(each) == 1]
    named = [each for each in of_one_call if each.recipe.slug == "single"]
    for revision in (*named, *of_one_call):
        return revision
    raise Unprocessable(
        f"{run.team.name} has no recipe of a single call to compare with.",
        "Make one with one layer, one slot and one sample.",
        code="no_single",
    )


def _call_count(revision: Revision) -> int:
    return parse(revision.document).call_count()


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
