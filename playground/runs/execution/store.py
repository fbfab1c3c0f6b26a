"""The journal in SQL: each step of the machine is one transaction, fenced by the epoch."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from django.db.models import F, Max

from playground.db.clock import After, StatementNow
from playground.db.outages import asked_again
from playground.engine.errors import Fenced
from playground.engine.events import (
    CallEnded,
    DraftDone,
    DraftFailed,
    DraftGiven,
    DraftSkipped,
    DraftStopped,
    LayerClosed,
    Row,
    RunEnded,
    row_from_json,
)
from playground.runs.execution.lease import LEASE_SECONDS
from playground.runs.execution.recording import Place, record
from playground.runs.execution.requests import drop_requests, take_requests
from playground.runs.execution.writer import Writer
from playground.runs.funding import settle
from playground.runs.models import Draft, JournalEntry, Run
from playground.runs.search import index_ended

# By draft: the call that wrote last, and what it wrote.
Texts = Mapping[str, tuple[int, str]]
LastWords = Callable[[str], tuple[int, str] | None]


class SqlStore:
    """Commits rows of one run in one epoch (the engine's `Store`)."""

    def __init__(
        self,
        run: Run,
        *,
        epoch: int,
        writer: Writer | None = None,
        last_words: LastWords = lambda _key: None,
    ) -> None:
        self._run = run
        self._epoch = epoch
        self._writer = writer
        self._last_words = last_words
        self._seq = 0
        self._place = Place(run, epoch)
        self.hashes = self._place.hashes
        self.requests: set[int] = set()

    def load(self) -> list[Row]:
        """The journal so far, texts filled in. Also finds the place."""
        drafts = self.find_place()
        entries = JournalEntry.objects.filter(run=self._run)
        return [_row_of(entry, drafts) for entry in entries]

    def find_place(self) -> dict[str, Draft]:
        """Learn the run's drafts, by key, and where to go on counting."""
        drafts = {draft.key: draft for draft in Draft.objects.filter(run=self._run)}
        self._place.drafts.update({key: draft.pk for key, draft in drafts.items()})
        entries = JournalEntry.objects.filter(run=self._run)
        self._seq = entries.aggregate(top=Max("seq"))["top"] or 0
        return drafts

    async def commit(self, rows: Sequence[Row]) -> None:
        """Write the rows and what they mean, or raise Fenced and write nothing."""
        if rows and self._writer is not None:
            texts = cut_off(rows, self._last_words)
            self._place.said.update(said_in_vain(rows, self._last_words))
            async for attempt in asked_again():
                with attempt:
                    write = self._write if attempt.num == 1 else self._write_missing
                    await self._writer.run(functools.partial(write, rows, texts))
            self._settle(rows)

    def write(self, rows: Sequence[Row], texts: Texts = MappingProxyType({})) -> None:
        """Inside a transaction: the rows, and what they mean. Raises Fenced.

        `texts` are those of drafts that end here without being done.
        """
        self._write(rows, texts)
        self._settle(rows)

    def _write_missing(self, rows: Sequence[Row], texts: Texts) -> None:
        """An outage may have swallowed the answer to a commit that came about."""
        last = self._seq + len(rows)
        there = JournalEntry.objects.filter(
            run_id=self._run.pk, seq=last, epoch=self._epoch
        )
        if not there.exists():
            self._write(rows, texts)

    def _write(self, rows: Sequence[Row], texts: Texts) -> None:
        """Changes nothing but the database: it may be undone, and done again."""
        if not self._hold(rows):
            raise Fenced
        JournalEntry.objects.bulk_create(
            JournalEntry(
                run_id=self._run.pk,
                seq=self._seq + offset,
                epoch=self._epoch,
                kind=row.kind,
                content=_content_of(row),
            )
            for offset, row in enumerate(rows, start=1)
        )
        for row in rows:
            record(row, self._place)
        for key, (n, text) in texts.items():
            Draft.objects.filter(pk=self._place.drafts[key]).update(
                text=text, text_call=n, text_entry=""
            )
        if self.requests:
            take_requests(self.requests)
        is_over = any(isinstance(row, RunEnded) for row in rows)
        if is_over or (
            self._run.pools and any(isinstance(r, LayerClosed) for r in rows)
        ):
            settle(self._run.pk, over=is_over)
        if is_over:
            index_ended(self._run.pk)
            drop_requests(self._run.pk)

    def _settle(self, rows: Sequence[Row]) -> None:
        """The rows are durable: count on from them."""
        self._seq += len(rows)
        self.requests.clear()
        self._place.settle(rows)

    def _hold(self, rows: Sequence[Row]) -> int:
        """Touch the run if it is still ours, which lengthens its lease, or end it."""
        changes: dict[str, Any] = {"lease_until": After(LEASE_SECONDS)}
        spent = sum(row.cost_nanos or 0 for row in rows if isinstance(row, CallEnded))
        if spent:
            changes["cost_nanos"] = F("cost_nanos") + spent
        for row in rows:
            if isinstance(row, RunEnded):
                changes |= ending_of(row)
        return Run.objects.filter(
            pk=self._run.pk, epoch=self._epoch, ended_at__isnull=True
        ).update(**changes)


def cut_off(rows: Sequence[Row], last_words: LastWords) -> Texts:
    """The texts of the drafts that end in these rows without being done."""
    ends = DraftFailed | DraftStopped | DraftSkipped
    keys = [row.key for row in rows if isinstance(row, ends)]
    return {key: last for key in keys if (last := last_words(key))}


def said_in_vain(rows: Sequence[Row], last_words: LastWords) -> dict[int, str]:
    """By call, what calls said that end in these rows without having been done."""
    ended = [row for row in rows if isinstance(row, CallEnded) and row.status != "done"]
    last = {row.n: last_words(row.key) for row in ended}
    return {n: words[1] for n, words in last.items() if words and words[0] == n}


def ending_of(row: RunEnded) -> dict[str, Any]:
    """The end as the run itself keeps it."""
    return {
        "status": row.status,
        "reason": row.reason or "",
        "degraded": row.degraded,
        "message": row.message,
        "answer_key": row.answer or "",
        "ended_at": StatementNow(),
        "lease_until": None,
    }


def _content_of(row: Row) -> dict[str, Any]:
    """The row as the journal keeps it: a draft's text lies with the draft alone."""
    content = row.to_json()
    if isinstance(row, DraftDone | DraftGiven):
        del content["text"], content["reasoning"]
    return content


def _row_of(entry: JournalEntry, drafts: dict[str, Draft]) -> Row:
    content = dict(entry.content)
    if entry.kind in (DraftDone.kind, DraftGiven.kind):
        draft = drafts[content["key"]]
        content |= {"text": draft.text, "reasoning": draft.reasoning}
    return row_from_json(entry.kind, content)
