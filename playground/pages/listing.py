"""Runs as lists show them: state, prompt, recipe, who, calls, seconds, cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Substr
from django.utils import timezone

from playground.pages.dots import Mark, mark_of
from playground.pages.excerpts import (
    Excerpt,
    Piece,
    excerpts_of,
    marked,
    missing_from,
)
from playground.runs.models import Call, Draft, Run
from playground.runs.states import DraftStatus, RunStatus

OPENING = 200
_OVER = {DraftStatus.DONE, DraftStatus.FAILED, DraftStatus.STOPPED, DraftStatus.SKIPPED}
_WORDS = {
    "deadline": "out of time",
    "no_answer": "no answer",
    "quorum": "too few drafts",
    "abort": "a slot failed",
    "limit": "at its limit",
    "budget": "no budget left",
    "gave_up": "given up",
}


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as a list shows it."""

    run: Run
    calls: int
    drafts: tuple[tuple[int, str], ...]
    title: tuple[Piece, ...]
    excerpt: Excerpt | None = None

    @property
    def state(self) -> str:
        """The glyph's name."""
        return "degraded" if self._is_lesser else self.run.status

    @property
    def word(self) -> str:
        """The state in a word."""
        return "Degraded" if self._is_lesser else self.run.get_status_display()

    @property
    def _is_lesser(self) -> bool:
        # A run that failed is failed, whatever else went wrong on the way.
        return self.run.degraded and self.run.status == RunStatus.DONE

    @property
    def note(self) -> str:
        """Why it did not go as planned, or how far it is."""
        if self.run.status == RunStatus.RUNNING:
            return self._progress
        if self._is_lesser:
            return self._lost
        return _WORDS.get(self.run.reason, "")

    @property
    def _progress(self) -> str:
        # While it runs, only what is on a branch that was not taken is skipped.
        skipped = DraftStatus.SKIPPED
        layers = sorted({layer for layer, status in self.drafts if status != skipped})
        due = [layer for layer, status in self.drafts if status not in _OVER]
        if len(layers) < 2 or not due:
            return ""
        return f"layer {layers.index(min(due)) + 1} of {len(layers)}"

    @property
    def _lost(self) -> str:
        out = sum(status != DraftStatus.DONE for _, status in self.drafts)
        return f"{out} draft{'s' if out > 1 else ''} out" if out else ""

    @property
    def planned(self) -> int | None:
        """Of an open run, how many calls it makes when none fails."""
        return len(self.drafts) if self.run.is_open else None

    @property
    def mark(self) -> Mark:
        """Its dots."""
        return mark_of(self.drafts)

    @property
    def took_ms(self) -> int | None:
        """How long it ran, or has been running."""
        if self.run.started_at is None:
            return None
        end = self.run.ended_at or timezone.now()
        return int((end - self.run.started_at).total_seconds() * 1000)


def rows_of(runs: QuerySet[Run], *, words: Sequence[str] = ()) -> list[RunRow]:
    """The runs as rows, in their order; four queries at most, however many they are."""
    calls = (
        Call.objects.filter(run=OuterRef("pk"))
        .order_by()
        .values("run")
        .annotate(made=Count("pk"))
        .values("made")
    )
    found = list(
        runs.defer(
            "feed_copy",
            "prompt",
            "messages",
            "cards",
            "variables",
            "overrides",
            "message",
            "revision__document",
        ).annotate(
            calls_made=Subquery(calls, output_field=IntegerField()),
            opening=Substr("prompt", 1, OPENING),
        )
    )
    drafts = _drafts_of([run.pk for run in found])
    excerpts = _excerpts(found, words)
    return [
        RunRow(
            run,
            run.calls_made or 0,
            tuple(drafts.get(run.pk, ())),
            marked(_one_line(run.opening), words),
            excerpts.get(run.pk),
        )
        for run in found
    ]


def _one_line(opening: str) -> str:
    line = " ".join(opening.split())
    return f"{line} …" if len(opening) == OPENING else line


def _drafts_of(run_ids: Sequence[UUID]) -> dict[UUID, list[tuple[int, str]]]:
    drafts: dict[UUID, list[tuple[int, str]]] = {}
    rows = Draft.objects.filter(run_id__in=run_ids).order_by("run_id", "position")
    for run_id, layer, status in rows.values_list("run_id", "layer", "status"):
        drafts.setdefault(run_id, []).append((layer, status))
    return drafts


def _excerpts(runs: Iterable[Run], words: Sequence[str]) -> dict[UUID, Excerpt]:
    """From the drafts of those runs whose title does not show all of the words."""
    if not words:
        return {}
    missing = {run.pk: missing_from(run.opening, words) for run in runs}  # type: ignore[attr-defined]
    wanting = [pk for pk, lacks in missing.items() if lacks]
    lacking = {word for lacks in missing.values() for word in lacks}
    return excerpts_of(wanting, sorted(lacking, key=len, reverse=True))
