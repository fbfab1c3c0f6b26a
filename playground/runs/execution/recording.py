"""What each journal row means for the tables that pages read: drafts and calls."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from playground.catalog.services import keep_lesson
from playground.engine.events import (
    CallEnded,
    CallOpened,
    DraftDone,
    DraftFailed,
    DraftGiven,
    DraftSkipped,
    DraftStopped,
    ReplyUnread,
    RetryAsked,
    Row,
)
from playground.runs.models import Call, Draft, Run
from playground.runs.states import CallStatus, DraftStatus


@dataclass(frozen=True, slots=True)
class Place:
    """Where rows are recorded: a run, our epoch, its drafts by key.

    By call: the hash of what is sent, and what a call said that left no draft.
    """

    run: Run
    epoch: int
    drafts: dict[str, int] = field(default_factory=dict)
    hashes: dict[int, str] = field(default_factory=dict)
    said: dict[int, str] = field(default_factory=dict)

    def settle(self, rows: Iterable[Row]) -> None:
        """Forget what has been recorded."""
        for row in rows:
            if isinstance(row, CallOpened):
                self.hashes.pop(row.n, None)
            elif isinstance(row, CallEnded):
                self.said.pop(row.n, None)


def record(row: Row, place: Place) -> None:
    """Write what the row says of a draft or a call; rows of the run itself say nothing."""
    match row:
        case CallOpened():
            _open_call(row, place)
        case CallEnded():
            _end_call(row, place)
        case RetryAsked():
            _ask_again(row, place)
        case ReplyUnread():
            _wait_for_repair(row, place)
        case DraftDone() | DraftGiven() | DraftFailed() | DraftStopped():
            _change(place, row.key, **_end_of(row))
        case DraftSkipped():
            _change(place, row.key, status=DraftStatus.SKIPPED, cause=row.cause)
        case _:
            return


def _end_of(
    row: DraftDone | DraftGiven | DraftFailed | DraftStopped,
) -> dict[str, Any]:
    match row:
        case DraftDone():
            return {
                "status": DraftStatus.DONE,
                "model": row.alias,
                "text": row.text,
                "text_call": row.n,
                "text_entry": "",
                "reasoning": row.reasoning,
                "cause": "; ".join(filter(None, (row.unread, row.cause))),
            }
        case DraftGiven():
            return {
                "status": DraftStatus.DONE,
                "model": row.alias,
                "cause": row.unread,
            }
        case DraftFailed():
            return {"status": DraftStatus.FAILED, "cause": row.cause}
        case DraftStopped():
            return {"status": DraftStatus.STOPPED}


def _change(place: Place, key: str, **changes: Any) -> None:
    Draft.objects.filter(pk=place.drafts[key]).update(**changes)


def _ask_again(row: RetryAsked, place: Place) -> None:
    """What the draft has so far stays with the call that wrote it."""
    draft = Draft.objects.get(pk=place.drafts[row.key])
    if draft.text and draft.text_call:
        Call.objects.filter(run=place.run, n=draft.text_call, text="").update(
            text=draft.text
        )
    _change(place, row.key, status=DraftStatus.WAITING, cause="")


def _wait_for_repair(row: ReplyUnread, place: Place) -> None:
    """What the judge said stays with its call, and it is asked once more."""
    Call.objects.filter(run_id=place.run.pk, n=row.n).update(text=row.text)
    _change(place, row.key, status=DraftStatus.WAITING, cause=row.reason)


def _open_call(row: CallOpened, place: Place) -> None:
    card = place.run.cards[row.alias]
    started_at = place.run.started_at
    assert started_at is not None  # noqa: S101 - a claim sets it
    Call.objects.create(
        run_id=place.run.pk,
        draft_id=place.drafts[row.key],
        n=row.n,
        epoch=place.epoch,
        alias=row.alias,
        provider=card["provider"],
        model=card["model"],
        opened_ms=row.at,
        started_at=started_at + timedelta(milliseconds=row.at),
        ceiling_nanos=row.ceiling_nanos,
        messages_hash=place.hashes.get(row.n, ""),
        lessons=[lesson.to_json() for lesson in row.lessons],
    )
    _change(
        place,
        row.key,
        status=DraftStatus.WRITING,
        model=row.alias,
        references=list(row.references),
        seed=row.seed,
    )


def _end_call(row: CallEnded, place: Place) -> None:
    usage = row.usage
    said = place.said.get(row.n, "")
    Call.objects.filter(run_id=place.run.pk, n=row.n).update(
        **({"text": said} if said else {}),
        status=CallStatus(row.status),
        error=row.error.to_json() if row.error else None,
        ended_ms=row.at,
        finish_reason=(row.finish_reason or "")[:64],
        first_token_ms=row.first_token_ms,
        cost_nanos=row.cost_nanos,
        tokens_in=usage.tokens_in if usage else None,
        cached=usage.cached if usage else None,
        tokens_out=usage.tokens_out if usage else None,
        reasoning_tokens=usage.reasoning if usage else None,
        estimated=usage.estimated if usage else False,
        least_in=row.least_in,
    )
    if row.lesson is not None:
        call = Call.objects.get(run_id=place.run.pk, n=row.n)
        said = row.error.message if row.error else ""
        keep_lesson(call.provider, call.model, row.lesson, said=said)
    if row.status in ("failed", "lost"):
        # Unless its end is recorded already, the draft waits for its next call.
        Draft.objects.filter(
            pk=place.drafts[row.key], status=DraftStatus.WRITING
        ).update(status=DraftStatus.WAITING)
