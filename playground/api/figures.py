"""The site in numbers, in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Count, Sum
from redis.exceptions import RedisError

from playground.runs.hub import watched_ids
from playground.runs.models import Call, Run
from playground.runs.queries import live_workers, paused_providers
from playground.runs.states import OPEN_STATUSES, CallStatus, RunStatus

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_NANOS = 10**9


def figures() -> str:
    """All figures. Counted when asked: nothing can drift."""
    return "".join(f"{line}\n" for line in _lines())


def _lines() -> Iterator[str]:
    runs = dict(Run.objects.order_by().values_list("status").annotate(Count("pk")))
    calls = dict(Call.objects.order_by().values_list("status").annotate(Count("pk")))
    yield from _family(
        "moa_runs", "Runs by status.", "status", _each(RunStatus.values, runs)
    )
    yield from _single(
        "moa_open_runs",
        "Runs that have not ended.",
        sum(runs.get(status, 0) for status in OPEN_STATUSES),
    )
    yield from _family(
        "moa_calls", "Calls by status.", "status", _each(CallStatus.values, calls)
    )
    yield from _family("moa_tokens", "Tokens of all calls by kind.", "kind", _tokens())
    cost = Run.objects.aggregate(nanos=Sum("cost_nanos"))["nanos"] or 0
    yield from _single("moa_cost_usd", "Cost of all runs in USD.", cost / _NANOS)
    workers = _workers()
    if workers is not None:
        yield from _single("moa_workers", "Workers that gave a sign of life.", workers)
    yield from _single(
        "moa_redis_up", "Whether Redis answers.", int(workers is not None)
    )
    paused = _paused()
    if paused is not None:
        yield from _family(
            "moa_provider_paused_seconds",
            "Providers that are left alone after failures, and for how long yet.",
            "provider",
            paused,
        )
    yield from _single(
        "moa_watched_runs", "Runs followed through this process.", len(watched_ids())
    )


def _each(names: list[str], counted: Mapping[str, int]) -> dict[str, int]:
    return {name: counted.get(name, 0) for name in names}


def _tokens() -> dict[str, int]:
    sums = Call.objects.aggregate(
        **{
            "in": Sum("tokens_in"),
            "cached": Sum("cached"),
            "out": Sum("tokens_out"),
            "reasoning": Sum("reasoning_tokens"),
        }
    )
    return {kind: count or 0 for kind, count in sums.items()}


def _workers() -> int | None:
    try:
        return live_workers()
    except RedisError:
        return None


def _paused() -> dict[str, float] | None:
    try:
        told = paused_providers()
    except (RedisError, ImproperlyConfigured):
        return None
    return {slug: round(each.seconds, 1) for slug, each in told.items()}


def _single(name: str, what: str, value: float) -> Iterator[str]:
    yield from _head(name, what)
    yield f"{name} {value}"


def _family(
    name: str, what: str, label: str, values: Mapping[str, float]
) -> Iterator[str]:
    yield from _head(name, what)
    for key, value in values.items():
        yield f'{name}{{{label}="{key}"}} {value}'


def _head(name: str, what: str) -> Iterator[str]:
    # Gauges: a run that is deleted takes its share with it.
    yield f"# HELP {name} {what}"
    yield f"# TYPE {name} gauge"
