"""What tokens cost: exact arithmetic in nano-dollars, rounded up once a call.

Prices are Decimal USD per million tokens with up to 12 places. A tier replaces the
rates of a call whose prompt is longer than `above` tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from playground.engine.usage import Usage

_PLACES = 12
# tokens x (USD per million x 10^12) / 10^9 = nano-dollars
_TO_NANOS = 10**9


@dataclass(frozen=True, slots=True)
class Tier:
    """The rates of prompts longer than `above` tokens."""

    above: int
    input: Decimal
    output: Decimal
    cached_input: Decimal | None = None

    def to_json(self) -> dict[str, str]:
        """Strings only, so that no float touches the amounts."""
        stored = {
            "above": str(self.above),
            "input": str(self.input),
            "output": str(self.output),
        }
        if self.cached_input is not None:
            stored["cached_input"] = str(self.cached_input)
        return stored

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Tier:
        """The inverse of `to_json`; numbers are read through their shortest text."""
        return cls(
            above=int(stored["above"]),
            input=Decimal(str(stored["input"])),
            output=Decimal(str(stored["output"])),
            cached_input=_decimal(stored.get("cached_input")),
        )


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens; `cached_input` None means cached tokens cost as others."""

    input: Decimal
    output: Decimal
    cached_input: Decimal | None = None
    tiers: tuple[Tier, ...] = ()

    def cost(self, usage: Usage) -> int:
        """Nano-dollars of one call, rounded up once."""
        rates = self._rates_of(usage.tokens_in)
        cached = min(usage.cached, usage.tokens_in)
        return _nanos(
            (usage.tokens_in - cached, rates.input),
            (cached, rates.input if rates.cached_input is None else rates.cached_input),
            (usage.tokens_out, rates.output),
        )

    def ceiling(self, tokens_in: int, tokens_out: int) -> int:
        """The most that a call within these bounds can cost.

        A shorter prompt may fall into a dearer tier, so the dearest that the bound
        can reach counts, and a cache that costs more than plain input counts too.
        """
        reachable: list[Price | Tier] = [self]
        reachable += [tier for tier in self.tiers if tier.above < tokens_in]
        return max(
            _nanos((tokens_in, _dearer_input(rates)), (tokens_out, rates.output))
            for rates in reachable
        )

    def to_json(self) -> dict[str, Any]:
        """Strings only, so that no float touches the amounts."""
        return {
            "input": str(self.input),
            "cached_input": None
            if self.cached_input is None
            else str(self.cached_input),
            "output": str(self.output),
            "tiers": [tier.to_json() for tier in self.tiers],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Price:
        """The inverse of `to_json`; numbers are read through their shortest text."""
        return cls(
            input=Decimal(str(stored["input"])),
            output=Decimal(str(stored["output"])),
            cached_input=_decimal(stored.get("cached_input")),
            tiers=tuple(Tier.from_json(tier) for tier in stored.get("tiers") or ()),
        )

    def _rates_of(self, tokens_in: int) -> Price | Tier:
        passed = [tier for tier in self.tiers if tier.above < tokens_in]
        return max(passed, key=lambda tier: tier.above) if passed else self


def nanos_of(usd: Decimal) -> int:
    """Whole nano-dollars within an amount; a limit is never rounded up."""
    return int((usd * _TO_NANOS).to_integral_value(ROUND_FLOOR))


def _decimal(stored: object) -> Decimal | None:
    return None if stored is None else Decimal(str(stored))


def _dearer_input(rates: Price | Tier) -> Decimal:
    return max(rates.input, rates.cached_input or rates.input)


def _nanos(*parts: tuple[int, Decimal]) -> int:
    total = sum(tokens * int(rate.scaleb(_PLACES)) for tokens, rate in parts)
    return -(-total // _TO_NANOS)
