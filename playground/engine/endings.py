"""How a run ended, and how that is said to people."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from playground.engine.events import LayerClosed, Reason, RunEnded, RunStatus
from playground.engine.findings import Unread
from playground.engine.state import DraftState, LayerState, RunState
from playground.engine.strategies import DECIDED, LAST_RESORT


def run_ended(state: RunState, *, at: int) -> RunEnded:
    """The last row of a run whose last opened layer is closed, or that never began."""
    status, reason = _verdict(state)
    current = state.current
    answer = None
    if status == "done" and current is not None and current.closed is not None:
        answer = current.closed.passed_on[0]
    return RunEnded(
        at=at,
        status=status,
        reason=reason,
        answer=answer,
        degraded=_is_degraded(state),
        message=_message(state, reason),
    )


def cause_of(draft: DraftState) -> str:
    """Why a draft failed, model by model: the last fault of each, and how many calls."""
    told = []
    for alias, faults in groupby(draft.faults, key=lambda fault: fault[0]):
        each = [fault for _, fault in faults]
        calls = "1 call" if len(each) == 1 else f"{len(each)} calls"
        told.append(f"{alias}: {each[-1].message} ({calls})")
    return "; ".join(told)


def _verdict(state: RunState) -> tuple[RunStatus, Reason | None]:
    current = state.current
    closed = current.closed if current else None
    if current is None or closed is None or closed.closed_by == "cancel":
        return "cancelled", "cancelled"
    if closed.passed_on:
        return "done", None
    return "failed", _failure(current, closed)


def _failure(current: LayerState, closed: LayerClosed) -> Reason:
    if closed.closed_by == "deadline":
        return "deadline"
    if current.layer.kind == "vote":
        return "abort" if current.layer.quorum is None else "quorum"
    failed = any(draft.is_lost for draft in current.drafts)
    if closed.closed_by == "abort" or (failed and current.layer.on_fail == "abort"):
        return "abort"
    if all(draft.short_of for draft in current.drafts if not draft.left_out):
        return "limit"
    return "no_answer" if current.layer.quorum is None else "quorum"


def _is_degraded(state: RunState) -> bool:
    drafts = state.drafts.values()
    return any(draft.is_lost or _stood_in(draft) for draft in drafts) or any(
        _left_behind(layer, layer.closed) for layer in state.layers if layer.closed
    )


def _stood_in(draft: DraftState) -> bool:
    """True when a fallback wrote it in this run."""
    return draft.given is None and draft.alias != "" and draft.alias != draft.slot.model


def _left_behind(layer: LayerState, closed: LayerClosed) -> bool:
    """True when the layer went on without a draft that it needed, or without a vote.

    What was still to come when a vote was decided, nobody needed.
    """
    if closed.ballot is not None and closed.ballot.by == "fallback":
        return True
    if closed.routing is not None and closed.routing.is_fallback:
        return True
    spared = DECIDED in closed.notes
    missing = any(
        draft.end == "stopped" and not (spared and draft.left_behind)
        for draft in layer.drafts
    )
    return LAST_RESORT in closed.notes or (closed.goes_on and missing)


def _message(state: RunState, reason: Reason | None) -> str:
    # A line for what happened, then one for each draft that failed.
    if reason is None:
        return ""
    if reason == "cancelled":
        return "Stopped before the answer was written."
    current = state.layers[-1]
    return "\n".join(_sentences(state, current, reason))


def _sentences(state: RunState, current: LayerState, reason: Reason) -> Iterable[str]:
    name = f"Layer {current.layer.index}"
    if current.layer.name != name:
        name = f"{name} ({current.layer.name})"
    if reason == "deadline":
        seconds = f"{state.plan.limits.deadline_s:g}"
        yield f"The run's {seconds} s were over in {name}."
    elif current.closed is not None and current.closed.ballot is not None:
        counted, total = current.closed.ballot.counted, len(current.inputs)
        yield (
            f"{name} needs {current.needed} {_drafts(current.needed)} with an answer "
            f"and found {counted} among {total}."
        )
    elif reason == "abort":
        yield f"{name} ends the run when a slot fails (on_fail: abort)."
    else:
        yield f"{name} needs {_wanted(current)} and got {len(current.usable)}."
    for draft in current.drafts:
        yield from _lost(draft, reason)


def _wanted(current: LayerState) -> str:
    wanted = current.needed
    if current.layer.judges:
        return f"{wanted} {'reply' if wanted == 1 else 'replies'} that can be read"
    return f"{wanted} usable {_drafts(wanted)}"


def _lost(draft: DraftState, reason: Reason) -> Iterable[str]:
    if draft.end == "done" and draft.unread:
        yield f"{Unread(draft.name, draft.unread)}."
    elif draft.end == "failed":
        yield f"{draft.name} failed: {draft.cause.rstrip('.')}."
    elif draft.end == "stopped" and reason in ("no_answer", "quorum"):
        yield f"{draft.name} was stopped."


def _drafts(count: int) -> str:
    return "draft" if count == 1 else "drafts"
