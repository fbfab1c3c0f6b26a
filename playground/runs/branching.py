"""What a person may do with one draft of a run, and with a run that is to go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from playground.accounts.access import Viewer, can_run_in
from playground.runs.access import may_stop
from playground.runs.models import Draft, DraftStatus, Given, Run
from playground.runs.queries import LayerRecord, Snapshot

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
