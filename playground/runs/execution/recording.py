"""What each journal row means for the tables that pages read: drafts and calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from playground.engine.events import (
    CallEnded,
    CallOpened,
    DraftDone,
    DraftFailed,
    DraftSkipped,
    DraftStopped,
    Row,
)
from playground.runs.models import Call, CallStatus, Draft, DraftStatus, Run


@dataclass(frozen=True, slots=True)
class Place:
    """Where rows are recorded: a run, our epoch, its drafts by key, hashes by call."""

    run: Run
    epoch: int
    drafts: dict[str, int] = field(default_factory=dict)
    hashes: dict[int, str] = field(default_factory=dict)


def record(row: Row, place: Place) -> None:
    """Write what the row says of a draft or a call; rows of the run itself say nothing."""
    match row:
        case CallOpened():
            _open_call(row, place)
        case CallEnded():
            _end_call(row, place)
        case DraftDone():
            _change(
                place,
                row.key,
                status=DraftStatus.DONE,
                model=row.alias,
                text=row.text,
                text_call=row.n,
                text_entry="",
                reasoning=row.reasoning,
            )
        case DraftFailed():
            _change(place, row.key, status=DraftStatus.FAILED, cause=row.cause)
        case DraftStopped():
            _change(place, row.key, status=DraftStatus.STOPPED)
        case DraftSkipped():
            _change(place, row.key, status=DraftStatus.SKIPPED)
        case _:
            return


def _change(place: Place, key: str, **changes: Any) -> None:
    Draft.objects.filter(pk=place.drafts[key]).update(**changes)


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
        messages_hash=place.hashes.pop(row.n, ""),
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
    Call.objects.filter(run_id=place.run.pk, n=row.n).update(
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
    )
    if row.status in ("failed", "lost"):
        # Unless its end is recorded already, the draft waits for its next call.
        Draft.objects.filter(
            pk=place.drafts[row.key], status=DraftStatus.WRITING
        ).update(status=DraftStatus.WAITING)
