"""Money and tokens together: what calls use, or may use at most, in all and by model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Use:
    """Nano-dollars, None where a model has no price, and tokens read and written."""

    nanos: int | None = 0
    tokens: int = 0

    def __add__(self, other: Use) -> Use:
        return Use(_sum(self.nanos, other.nanos), self.tokens + other.tokens)

    def __or__(self, other: Use) -> Use:
        """The larger of each; what is unpriced stays so."""
        unpriced = self.nanos is None or other.nanos is None
        nanos = None if unpriced else max(self.nanos or 0, other.nanos or 0)
        return Use(nanos, max(self.tokens, other.tokens))

    def times(self, count: int) -> Use:
        """So many of these."""
        return Use(
            None if self.nanos is None else self.nanos * count, self.tokens * count
        )


NOTHING = Use()


@dataclass(frozen=True, slots=True)
class Demand:
    """What is used in all, and of each model that may be asked, by its alias."""

    total: Use = NOTHING
    models: Mapping[str, Use] = field(default_factory=dict)

    def of(self, alias: str | None) -> Use:
        """One model's part; that of all models without an alias."""
        return self.total if alias is None else self.models.get(alias, NOTHING)

    def __add__(self, other: Demand) -> Demand:
        return Demand(self.total + other.total, _merged(Use.__add__, self, other))

    def __or__(self, other: Demand) -> Demand:
        """The larger of each: what one of two ways may use, whichever it is."""
        return Demand(self.total | other.total, _merged(Use.__or__, self, other))


def _merged(
    join: Callable[[Use, Use], Use], one: Demand, other: Demand
) -> dict[str, Use]:
    return {
        alias: join(one.of(alias), other.of(alias))
        for alias in {**one.models, **other.models}
    }


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other
