"""What moderators picked, as the journal, the feed and the export have it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from playground.engine.findings import Unread

NO_PICK = "no moderator's reply could be read: the first drafts go on, in their order"
NOT_NEEDED = "not needed: the drafts agree"


@dataclass(frozen=True, slots=True)
class Keeping:
    """How many drafts a select layer keeps, and whether it may end the run."""

    keep: int = 1
    stop_early: bool = False


@dataclass(frozen=True, slots=True)
class Pick:
    """One moderator's choice, the best first, and whether it found all drafts to agree."""

    key: str
    kept: tuple[str, ...]
    agree: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a select layer chose of `drafts`. Without a pick, the first of them.

    `ends`: all moderators found the drafts to agree, and the run ends with the best.
    """

    kind: ClassVar[str] = "select"
    drafts: tuple[str, ...]
    kept: tuple[str, ...]
    picks: tuple[Pick, ...]
    unread: tuple[Unread, ...] = ()
    ends: bool = False

    @property
    def agree(self) -> bool:
        """True when every moderator that could be read found the drafts to agree."""
        return bool(self.picks) and all(pick.agree for pick in self.picks)

    @property
    def notes(self) -> tuple[str, ...]:
        """The choice in sentences, for people and exports."""
        return tuple(_sentences(self))

    def to_json(self) -> dict[str, Any]:
        """As the journal keeps it."""
        return {
            "kind": self.kind,
            "drafts": list(self.drafts),
            "kept": list(self.kept),
            "agree": self.agree,
            "ends": self.ends,
            "judges": [
                {
                    "key": pick.key,
                    "kept": list(pick.kept),
                    "agree": pick.agree,
                    "why": pick.why,
                }
                for pick in self.picks
            ],
            "unread": [
                {"key": each.key, "reason": each.reason} for each in self.unread
            ],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Selection:
        """The inverse of `to_json`."""
        return cls(
            drafts=tuple(stored["drafts"]),
            kept=tuple(stored["kept"]),
            picks=tuple(
                Pick(judge["key"], tuple(judge["kept"]), judge["agree"], judge["why"])
                for judge in stored["judges"]
            ),
            unread=tuple(Unread(**each) for each in stored["unread"]),
            ends=stored["ends"],
        )


def _sentences(selection: Selection) -> Iterator[str]:
    if not selection.picks:
        yield NO_PICK
    for pick in selection.picks:
        found = "they agree" if pick.agree else "they do not agree"
        of = ", ".join(selection.drafts)
        yield f"{pick.key} kept {', '.join(pick.kept)} of {of}: {found}"
    if len(selection.picks) > 1:
        yield f"kept by all together: {', '.join(selection.kept)}"
    if selection.ends:
        yield f"the drafts agree: the run ends early, with {selection.kept[0]}"
    yield from map(str, selection.unread)
