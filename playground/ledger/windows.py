"""The UTC calendar windows that buckets count in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playground.ledger.models import Budget, Unit, Window

_EVER = datetime(1970, 1, 1, tzinfo=UTC)


def window_start(budget: Budget, unit: Unit, now: datetime) -> datetime:
    """When the window began that `now` lies in. Runs at once are counted in all."""
    now = now.astimezone(UTC)
    if unit == Unit.PER_MINUTE:
        return now.replace(second=0, microsecond=0)
    if unit == Unit.PARALLEL or budget.window == Window.TOTAL:
        return _EVER
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if budget.window == Window.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if budget.window == Window.MONTH else day


def window_end(budget: Budget, unit: Unit, start: datetime) -> datetime | None:
    """When the next window begins; None where none ever does."""
    if unit == Unit.PER_MINUTE:
        return start + timedelta(minutes=1)
    if unit == Unit.PARALLEL or budget.window == Window.TOTAL:
        return None
    if budget.window == Window.MONTH:
        return (start.replace(day=28) + timedelta(days=4)).replace(day=1)
    return start + timedelta(days=7 if budget.window == Window.WEEK else 1)
