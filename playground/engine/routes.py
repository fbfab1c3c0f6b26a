"""What a route says and what it decided: which branch, by which score, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Side = Literal["above", "below"]
By = Literal["model", "rules"]
Ground = Literal["model", "rule", "no_rule", "fallback"]
SIDES: tuple[Side, Side] = ("above", "below")
LEAST_SCORE, MOST_SCORE = 1, 5
NOT_TAKEN = "branch not taken"


@dataclass(frozen=True, slots=True)
class Rule:
    """It matches a prompt that meets every condition that it states; none: any prompt."""

    score: float
    min_chars: int | None = None
    max_chars: int | None = None
    contains: tuple[str, ...] = ()
    regex: str = ""
    has_code: bool | None = None
    has_options: bool | None = None

    @property
    def words(self) -> str:
        """Its conditions, for people."""
        return ", ".join(_conditions(self)) or "any prompt"


@dataclass(frozen=True, slots=True)
class Route:
    """How a route layer chooses. A score of at least `threshold` goes above."""

    by: By
    threshold: float
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Routing:
    """A route's decision. `rule` counts from 1; `why` is what that rule asks for.

    Without a `score` nobody could say one, and the dearer way was taken.
    """

    side: Side
    threshold: float
    by: Ground
    score: float | None = None
    rule: int | None = None
    why: str = ""

    @property
    def is_fallback(self) -> bool:
        """True when no score could be had."""
        return self.by == "fallback"

    @property
    def notes(self) -> tuple[str, ...]:
        """The decision in a sentence, for people and exports."""
        return (f"{self._found}: {self.side}",)

    @property
    def _found(self) -> str:
        if self.score is None:
            return "no score of 1 to 5 could be read, so the prompt counts as hard"
        against = "at or over" if self.side == "above" else "under"
        compared = (
            f"score {self.score:g}, {against} the threshold of {self.threshold:g}"
        )
        if self.by == "rule":
            return f"{compared} (rule {self.rule}: {self.why})"
        return f"{compared} (no rule matched)" if self.by == "no_rule" else compared

    def to_json(self) -> dict[str, Any]:
        """The decision as the journal, the feed and the export have it."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Routing:
        """The inverse of `to_json`."""
        return cls(**stored)


def _conditions(rule: Rule) -> Iterator[str]:
    if rule.min_chars is not None:
        yield f"{rule.min_chars:,} characters or more"
    if rule.max_chars is not None:
        yield f"{rule.max_chars:,} characters or fewer"
    if rule.contains:
        yield "contains " + " or ".join(f"“{word}”" for word in rule.contains)
    if rule.regex:
        yield f"matches {rule.regex}"
    if rule.has_code is not None:
        yield "a code block" if rule.has_code else "no code block"
    if rule.has_options is not None:
        yield "options to choose from" if rule.has_options else "no options"
