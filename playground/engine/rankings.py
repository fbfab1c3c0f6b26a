"""What a rank layer came to: each judgement as it was read, and the drafts in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from playground.engine.findings import Unread

Method = Literal["pairwise", "listwise", "score"]
Combine = Literal["max_logits", "max_wins", "bubble"]
NO_RANKING = "no judgement could be counted: the drafts go on as they came, not ranked"
_NAMED = 6


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one draft of a judge says of the drafts that it was shown, in that order.

    Pairwise: `margin` is how far the first is before the second, from -1 to 1;
    `by_odds` when it comes from the odds of the verdict's token. Listwise: `places`
    are the ranks of the drafts shown; those that are level share the mean of theirs.
    Score: `score` is the one draft's. None of them: nothing could be read in it.
    """

    key: str
    shown: tuple[str, ...]
    margin: float | None = None
    by_odds: bool = False
    places: tuple[float, ...] = ()
    score: float | None = None
    reason: str = ""

    @property
    def counts(self) -> bool:
        """False for a judgement in which nothing was found that could be counted."""
        return self.margin is not None or self.score is not None or bool(self.places)

    def to_json(self) -> dict[str, Any]:
        """The judgement as the journal, the feed and the export have it."""
        return {
            "key": self.key,
            "shown": list(self.shown),
            "margin": self.margin,
            "by_odds": self.by_odds,
            "places": list(self.places),
            "score": self.score,
            "reason": self.reason,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Judgement:
        """The inverse of `to_json`."""
        lists = {name: tuple(stored[name]) for name in ("shown", "places")}
        return cls(**{**stored, **lists})


@dataclass(frozen=True, slots=True)
class Standing:
    """One draft's place. Level drafts share a rank; no `value`: nobody judged it.

    `value` is what `combine` or the method counts: the summed margins, the wins, how
    many drafts are known to be better, the mean rank, or the mean score.
    """

    key: str
    rank: int
    value: float | None

    def to_json(self) -> dict[str, Any]:
        """The standing as the journal, the feed and the export have it."""
        return {"key": self.key, "rank": self.rank, "value": self.value}


@dataclass(frozen=True, slots=True)
class Ranking:
    """All drafts, the best first, and the judgements behind it.

    `kept` go on. `drawn` is the order in which a bubble met them, by `seed`. `unread`
    are judgements that could not be read, `unheard` those that did not come about, `own`
    those of a model that wrote some of the drafts that it judged.
    """

    kind: ClassVar[str] = "rank"
    method: Method
    combine: Combine | None
    standings: tuple[Standing, ...]
    kept: tuple[str, ...]
    judgements: tuple[Judgement, ...]
    unread: tuple[Unread, ...] = ()
    unheard: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    drawn: tuple[str, ...] = ()
    seed: int | None = None

    @property
    def counted(self) -> int:
        """How many judgements had something to count."""
        return sum(each.counts for each in self.judgements)

    @property
    def can_rank(self) -> bool:
        """False when nothing was said that could be counted, of several drafts."""
        return self.counted > 0 or len(self.standings) == 1

    @property
    def notes(self) -> tuple[str, ...]:
        """The ranking in sentences, for people and exports."""
        return tuple(_sentences(self))

    def to_json(self) -> dict[str, Any]:
        """The ranking as the journal, the feed and the export have it."""
        return {
            "kind": self.kind,
            "method": self.method,
            "combine": self.combine,
            "standings": [each.to_json() for each in self.standings],
            "kept": list(self.kept),
            "judgements": [each.to_json() for each in self.judgements],
            "unread": [
                {"key": each.key, "reason": each.reason} for each in self.unread
            ],
            "unheard": list(self.unheard),
            "own": list(self.own),
            "drawn": list(self.drawn),
            "seed": self.seed,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Ranking:
        """The inverse of `to_json`."""
        return cls(
            method=stored["method"],
            combine=stored["combine"],
            standings=tuple(Standing(**each) for each in stored["standings"]),
            kept=tuple(stored["kept"]),
            judgements=tuple(
                Judgement.from_json(each) for each in stored["judgements"]
            ),
            unread=tuple(Unread(**each) for each in stored["unread"]),
            unheard=tuple(stored["unheard"]),
            own=tuple(stored["own"]),
            drawn=tuple(stored["drawn"]),
            seed=stored["seed"],
        )


def _sentences(ranking: Ranking) -> Iterator[str]:
    yield _order(ranking.standings) if ranking.can_rank else NO_RANKING
    if len(ranking.kept) < len(ranking.standings):
        yield f"passed on: {', '.join(ranking.kept)}"
    if ranking.combine == "bubble" and len(ranking.standings) > 2:
        yield (
            "a bubble finds the best; the others stand by how many drafts are known "
            "to be better"
        )
    if ranking.unread:
        unread = [each.key for each in ranking.unread]
        counts = "counts" if len(unread) == 1 else "count"
        yield f"{_told(unread)} could not be read and {counts} for nothing"
    if ranking.unheard:
        yield f"{_told(ranking.unheard)} did not come about"
    if ranking.own:
        yield f"{_told(ranking.own)} by a model that wrote one of the drafts"


def _order(standings: Sequence[Standing]) -> str:
    if len(standings) == 1:
        return f"{standings[0].key} is the only draft: there was nothing to rank"
    ranks = [each.rank for each in standings]
    told = (
        f"{'=' if ranks.count(each.rank) > 1 else ''}{each.rank} {each.key}"
        + ("" if each.value is None else f" ({each.value:.3g})")
        for each in standings
    )
    return f"ranked: {', '.join(told)}"


def _told(keys: Sequence[str]) -> str:
    noun = "judgement" if len(keys) == 1 else "judgements"
    named = ", ".join(keys[:_NAMED])
    more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    return f"{len(keys)} {noun} ({named}{more})"
