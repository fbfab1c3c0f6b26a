"""Journal rows as the entries that the feed tells of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, assert_never

from playground.engine.events import (
    CallEnded,
    CallOpened,
    DraftDone,
    DraftFailed,
    DraftGiven,
    DraftSkipped,
    DraftStopped,
    LayerClosed,
    LayerOpened,
    ReplyUnread,
    Resumed,
    RetryAsked,
    Row,
    RunEnded,
    Started,
    StopAsked,
)

Body = dict[str, Any]


def told_by(rows: Sequence[Row]) -> Iterator[Body]:
    """The entries of one step. A draft's end and its call's end are told as one."""
    ends = {row.n: row for row in rows if isinstance(row, CallEnded)}
    by_key = {row.key: row for row in ends.values()}
    # A judge that is unread ends after its call: still one entry.
    merged = {row.n for row in rows if isinstance(row, DraftDone) and row.n in ends}
    unread = {row.n: row.reason for row in rows if isinstance(row, ReplyUnread)}
    for row in rows:
        body = _tell(row, by_key=by_key, merged=merged)
        if body is not None and body.get("n") in unread and "cause" not in body:
            body["cause"] = unread[body["n"]]
        if body is not None:
            yield body


def _tell(row: Row, *, by_key: dict[str, CallEnded], merged: set[int]) -> Body | None:
    match row:
        case Started() | Resumed() | StopAsked() | ReplyUnread():
            return None
        case LayerOpened() | LayerClosed():
            return _layer_turned(row)
        case CallOpened():
            return _call_opened(row)
        case RetryAsked() | DraftGiven():
            return _asked_or_given(row)
        case CallEnded():
            return None if row.n in merged else _call_ended(row)
        case DraftDone() | DraftFailed() | DraftStopped() | DraftSkipped():
            return _draft_ended(row, by_key=by_key, merged=merged)
        case RunEnded():
            return _run_ended(row)
        case _:
            assert_never(row)


def _call_opened(row: CallOpened) -> Body:
    body: Body = {
        "k": "draft",
        "key": row.key,
        "status": "writing",
        "n": row.n,
        "model": row.alias,
        "references": list(row.references),
        "seed": row.seed,
        "opened_ms": row.at,
    }
    if row.lessons:
        body["lessons"] = [lesson.to_json() for lesson in row.lessons]
    return body


def _measures(row: CallEnded) -> Body:
    body: Body = {
        "n": row.n,
        "call": row.status,
        "error": row.error.to_json() if row.error else None,
        "first_token_ms": row.first_token_ms,
        "usage": row.usage.to_json() if row.usage else None,
        "cost_nanos": row.cost_nanos,
        "finish_reason": row.finish_reason,
        "ended_ms": row.at,
    }
    return body if row.least_in is None else body | {"least_in": row.least_in}


def _call_ended(row: CallEnded) -> Body:
    """A call that ended without ending its draft: another follows."""
    return {
        "k": "draft",
        "key": row.key,
        "status": "waiting",
        "retry_at": row.retry_at,
        **_measures(row),
    }


def _draft_ended(
    row: DraftDone | DraftFailed | DraftStopped | DraftSkipped,
    *,
    by_key: dict[str, CallEnded],
    merged: set[int],
) -> Body:
    body: Body = {"k": "draft", "key": row.key, "status": _STATUS[type(row)]}
    ended = by_key.get(row.key)
    own = not isinstance(row, DraftDone) or (ended and ended.n == row.n)
    if ended is not None and own:
        merged.add(ended.n)
        body |= _measures(ended)
    if isinstance(row, DraftDone):
        if row.margin is not None:
            body["margin"] = row.margin
        body |= {"n": row.n, "model": row.alias, "length": _units(row.text)}
        if row.unread:
            body["cause"] = "; ".join(filter(None, (row.unread, row.cause)))
        if not own:
            # A retry in vain: readers have its text on the page, and not this one.
            body["text"] = row.text
    elif isinstance(row, DraftFailed | DraftSkipped):
        body["cause"] = row.cause
    return body


def _asked_or_given(row: RetryAsked | DraftGiven) -> Body:
    """What people brought about: another try begins, or a draft is there already."""
    body: Body = {"k": "draft", "key": row.key, "model": row.alias}
    if isinstance(row, RetryAsked):
        return body | {"status": "waiting", "asked": "retry"}
    body |= {"status": "done", "given": True, "length": _units(row.text)}
    return body | {"cause": row.unread} if row.unread else body


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


_STATUS: dict[type[Any], str] = {
    DraftDone: "done",
    DraftFailed: "failed",
    DraftStopped: "stopped",
    DraftSkipped: "skipped",
}


def _layer_turned(row: LayerOpened | LayerClosed) -> Body:
    body: Body = {"k": "layer", "layer": row.layer}
    if isinstance(row, LayerOpened):
        return body | {"state": "open", "inputs": list(row.inputs)}
    body |= {
        "state": "closed",
        "closed_by": row.closed_by,
        "passed_on": list(row.passed_on),
        "notes": list(row.notes),
    }
    if row.ballot is not None:
        body["ballot"] = row.ballot.to_json()
    if row.routing is not None:
        body["routing"] = row.routing.to_json()
    if row.verdict is not None:
        body["verdict"] = row.verdict.to_json()
    return body


def _run_ended(row: RunEnded) -> Body:
    return {
        "k": "end",
        "status": row.status,
        "reason": row.reason,
        "degraded": row.degraded,
        "answer": row.answer,
        "message": row.message,
    }


def opening(*, epoch: int, after: str | None, lost: Iterable[int]) -> Body:
    """The first entry of an epoch."""
    return {
        "k": "run",
        "status": "running",
        "epoch": epoch,
        "after": after,
        "lost": list(lost),
    }
