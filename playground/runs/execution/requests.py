"""People's wishes for single drafts: read while their run is carried, and taken once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from playground.db.clock import StatementNow
from playground.engine.events import RetryDraft, StopDraft
from playground.runs.models import DraftRequest
from playground.runs.states import Wish


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish as it was read. `cards` are the run's, frozen up to this wish."""

    request: int
    key: str
    wish: str
    alias: str
    cards: dict[str, Any]

    def event(self, at: int) -> StopDraft | RetryDraft:
        """What the machine hears of it."""
        if self.wish == Wish.STOP:
            return StopDraft(self.key, at, self.request)
        return RetryDraft(self.key, self.alias or None, at, self.request)


def open_requests(run_ids: Collection[UUID]) -> dict[UUID, list[Asked]]:
    """By run, what nobody has taken up yet, in the order in which it was asked."""
    rows = DraftRequest.objects.filter(run__in=run_ids, taken_at=None).values_list(
        "run_id", "pk", "key", "wish", "alias", "run__cards"
    )
    found: dict[UUID, list[Asked]] = defaultdict(list)
    for run_id, *asked in rows:
        found[run_id].append(Asked(*asked))
    return found


def take_requests(requests: Iterable[int]) -> None:
    """Inside the transaction of what follows from them: they are not heard again."""
    DraftRequest.objects.filter(pk__in=list(requests), taken_at=None).update(
        taken_at=StatementNow()
    )


def drop_requests(run_id: UUID) -> None:
    """The run is over: what was not taken up comes too late."""
    DraftRequest.objects.filter(run=run_id, taken_at=None).update(
        taken_at=StatementNow()
    )
