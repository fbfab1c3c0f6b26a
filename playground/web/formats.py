"""How amounts, times and sizes are written for people: one spelling on every page."""

from __future__ import annotations

from decimal import Decimal

NONE = "\N{EN DASH}"
_NANOS = 1_000_000_000
_MINUTE_MS = 60_000
_HOUR_MS = 3_600_000
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")


def money(nanos: int | None) -> str:
    """Nano-dollars as dollars: `$0`, `$0.000012`, `$0.0142`, `$1.50`; None is a dash."""
    if nanos is None:
        return NONE
    dollars = nanos / _NANOS
    if nanos == 0:
        return "$0"
    if abs(dollars) >= 1:
        return f"${dollars:,.2f}"
    return f"${dollars:.4f}" if abs(dollars) >= 0.001 else f"${dollars:.6f}"


def dollars(amount: Decimal) -> str:
    """A limit in dollars, with cents at least: `$0.50`, `$0.005`."""
    cents = amount.quantize(Decimal("0.01"))
    return f"${cents if cents == amount else amount.normalize():f}"


def exact_money(nanos: int | None) -> str:
    """Nano-dollars to the sixth place, for columns that line up."""
    if nanos is None:
        return NONE
    return "$0" if nanos == 0 else f"${nanos / _NANOS:,.6f}"


def seconds(milliseconds: int | None) -> str:
    """`6.1 s`, `1 min 12 s`, `2 h 05 min`; None is a dash."""
    if milliseconds is None:
        return NONE
    ms = max(0, milliseconds)
    if ms < _MINUTE_MS:
        return f"{ms / 1000:.1f} s"
    if ms < _HOUR_MS:
        return f"{ms // _MINUTE_MS} min {ms % _MINUTE_MS // 1000:02d} s"
    return f"{ms // _HOUR_MS} h {ms % _HOUR_MS // _MINUTE_MS:02d} min"


def count(number: int | None) -> str:
    """A whole number with its thousands apart; None is a dash."""
    return NONE if number is None else f"{number:,}"


def counted(number: int | tuple[int, int], noun: str) -> str:
    """`1 call`, `3 calls`; of the least and the most, `1-3 calls` (with an en dash)."""
    if isinstance(number, tuple):
        least, most = number
        return (
            counted(most, noun)
            if least == most
            else f"{least:,}\N{EN DASH}{most:,} {noun}s"
        )
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(words: list[str]) -> str:
    """`A`, `A and B`, `A, B and C`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def ordinal(number: int) -> str:
    """`first` to `seventh`, then `8th`."""
    return _ORDINALS[number - 1] if 1 <= number <= len(_ORDINALS) else f"{number}th"


def percent(share: float | None) -> str:
    """A share from 0 to 1 as `38 %`; None is a dash."""
    return NONE if share is None else f"{share * 100:.0f} %"
