"""How long a provider asks us to wait, in its many ways of saying so."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

_SPAN: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_IN_WORDS: Final = re.compile(
    r"(?:try again|retry) (?:in|after) ((?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+)",
    re.IGNORECASE,
)
# Numbers above these are moments and no spans: since 1970, in s and in ms.
_EPOCH_S: Final = 1e9
_EPOCH_MS: Final = 1e12


def asked_wait(
    headers: Mapping[str, str], detail: str, *, now: datetime
) -> float | None:
    """The seconds to wait, by headers first and by the error's text last."""
    now = _moment(headers.get("date", "")) or now
    for value, unit in (
        (headers.get("retry-after-ms"), 0.001),
        (headers.get("retry-after"), 1.0),
    ):
        if value and (wait := _read(value, now, unit=unit)) is not None:
            return wait
    if (wait := _exhausted(headers, now)) is not None:
        return wait
    return _span(match[1]) if (match := _IN_WORDS.search(detail)) else None


def _exhausted(headers: Mapping[str, str], now: datetime) -> float | None:
    """When the last of the exhausted rate limits is full again."""
    waits: list[float] = []
    for what in ("", "-requests", "-tokens"):
        left = headers.get(f"x-ratelimit-remaining{what}", "0").strip()
        value = headers.get(f"x-ratelimit-reset{what}")
        if value and left == "0" and (wait := _read(value, now, unit=1.0)) is not None:
            waits.append(wait)
    return max(waits, default=None)


def _read(value: str, now: datetime, *, unit: float) -> float | None:
    value = value.strip()
    try:
        number = float(value)
    except ValueError:
        moment = _moment(value)
        return _until(moment, now) if moment else _span(value)
    if not math.isfinite(number):
        return None
    if number >= _EPOCH_S:
        seconds = number / 1000 if number >= _EPOCH_MS else number
        return max(seconds - now.timestamp(), 0.0)
    return max(number * unit, 0.0)


def _span(value: str) -> float | None:
    """A span such as `1m2.5s` or `20ms`."""
    parts = _SPAN.findall(value)
    if not parts or "".join(number + unit for number, unit in parts) != value:
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def _moment(value: str) -> datetime | None:
    """An HTTP date or an ISO one, always with a zone."""
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = parse(value)
        except (ValueError, TypeError):
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def _until(moment: datetime, now: datetime) -> float:
    return max((moment - now).total_seconds(), 0.0)
