"""Where one draft and one layer of a run stand. `state` alone changes them.

Drafts go waiting -> writing -> waiting (again) … -> done | failed | stopped | skipped,
and from there to waiting once more when a person wants one written again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from playground.engine.branches import GivenDraft
from playground.engine.events import CallStatus, Fault, LayerClosed, ReplyUnread
from playground.engine.lessons import Lesson
from playground.engine.shapes import DraftKey, Layer, Slot

DraftEnd = Literal["done", "failed", "stopped", "skipped"]


@dataclass(frozen=True, slots=True)
class Kept:
    """What a draft was before a person wanted it written again, and by whom."""

    slot: Slot
    n: int
    alias: str
    text: str
    reasoning: str
    unread: str = ""
    cause: str = ""
    margin: float | None = None


@dataclass(slots=True)
class DraftState:
    """One draft: which alias's turn it is, how often it was asked, how it ended.

    `wanted`: a person waits for it, so no quorum passes it over. `unwanted`: the call
    that is open is not. `planned` is the slot before anybody chose another model.
    `left_behind`: it was stopped because its layer went on, not by a person.
    `replies` are those of a judge that cannot be read; `unread`: nor can its last one.
    `refines`: it is no sample, but reads samples of its slot.
    `taught`: what refusals of its calls told of which alias.
    `margin` is what the odds of its verdict say, where it compared two drafts.
    """

    key: DraftKey
    slot: Slot
    planned: Slot
    refines: bool = False
    given: GivenDraft | None = None
    left_out: bool = False
    wanted: bool = False
    stopping: bool = False
    unwanted: bool = False
    kept: Kept | None = None
    n: int = 0
    end: DraftEnd | None = None
    call: int | None = None
    turn: int = 0
    asked: int = 0
    not_before: int = 0
    last: CallStatus | None = None
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    alias: str = ""
    text: str = ""
    reasoning: str = ""
    cause: str = ""
    left_behind: bool = False
    unread: str = ""
    margin: float | None = None
    replies: list[ReplyUnread] = field(default_factory=list)
    taught: set[tuple[str, Lesson]] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The key as the journal writes it."""
        return str(self.key)

    @property
    def next_alias(self) -> str | None:
        """The model to ask next; None when all were asked in vain.

        A judge whose reply cannot be read is asked once more, and not a third time.
        """
        if len(self.replies) > 1:
            return None
        aliases = self.slot.aliases
        return aliases[self.turn] if self.turn < len(aliases) else None

    @property
    def has_text(self) -> bool:
        """True when it is written, also while it is written again."""
        return self.end == "done" or (self.end is None and self.kept is not None)

    @property
    def there(self) -> tuple[str, str, float | None]:
        """Who wrote what it has, also while it is written again: alias, text, margin."""
        if self.end is None and self.kept is not None:
            return self.kept.alias, self.kept.text, self.kept.margin
        return self.alias, self.text, self.margin

    @property
    def is_usable(self) -> bool:
        """True when it has a text, and one that says something to its layer."""
        unread = self.kept.unread if self.end is None and self.kept else self.unread
        return self.has_text and not unread

    @property
    def is_awaited(self) -> bool:
        """False when nobody is to write it: left out, or a judgement not needed."""
        return not self.left_out and self.end != "skipped"

    @property
    def is_lost(self) -> bool:
        """True when it failed, or is the reply of a judge that cannot be read."""
        return self.end == "failed" or (self.end == "done" and self.unread != "")

    @property
    def short_of(self) -> bool:
        """True when the run's limits are why there is no draft."""
        return self.is_lost and self.cause.startswith("limit")


@dataclass(slots=True)
class LayerState:
    """One opened layer. Time away moves `opened_at` and `quorum_at` on."""

    layer: Layer
    drafts: tuple[DraftState, ...]
    opened_at: int
    inputs: tuple[str, ...]
    quorum_at: int | None = None
    closed: LayerClosed | None = None
    trims: list[int] = field(default_factory=list)

    @property
    def due_at(self) -> int:
        """When the layer's time is over."""
        return self.opened_at + round(self.layer.timeout_s * 1000)

    @property
    def grace_until(self) -> int | None:
        """When the layer goes on without its stragglers; None before the quorum."""
        if self.quorum_at is None:
            return None
        return self.quorum_at + round(self.layer.grace_s * 1000)

    @property
    def usable(self) -> tuple[str, ...]:
        """The keys of the drafts that a quorum counts and the layer can use, in order."""
        counted = (draft for draft in self.drafts if not draft.refines)
        return tuple(draft.name for draft in counted if draft.is_usable)

    @property
    def needed(self) -> int:
        """How many usable drafts the layer needs to go on: never more than may come."""
        quorum = self.layer.quorum
        if self.layer.kind in ("vote", "route"):
            return quorum or 1
        coming = sum(draft.is_awaited and not draft.refines for draft in self.drafts)
        return max(1, min(quorum or 1, coming))

    @property
    def writing(self) -> int:
        """How many calls are open."""
        return sum(draft.call is not None for draft in self.drafts)
