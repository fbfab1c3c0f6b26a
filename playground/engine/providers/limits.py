"""How much a provider takes at once and per minute, and whose call is next.

Pure: no clock, no loop, no Redis. What workers share of it is kept by `runs.execution`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

from playground.engine.providers.wire import Endpoint

T = TypeVar("T")
# Sums of floats fall a hair short of one, and no clock shows so short a wait.
_HAIR = 1e-6


@dataclass(frozen=True, slots=True)
class Limits:
    """Calls at once, calls per minute, tokens per minute; None is no limit."""

    parallel: int | None = None
    requests: int | None = None
    tokens: int | None = None

    @classmethod
    def of(cls, endpoint: Endpoint) -> Limits:
        """The limits of a provider; 0 is no limit."""
        return cls(
            endpoint.max_parallel or None,
            endpoint.requests_per_minute or None,
            endpoint.tokens_per_minute or None,
        )

    @property
    def is_none(self) -> bool:
        """True when every call may go at once."""
        return self == Limits()

    def share(self, among: int) -> Limits:
        """An equal part for each of so many workers, and one of each at least."""
        return Limits(
            *(
                None if each is None else max(each // max(among, 1), 1)
                for each in (self.parallel, self.requests, self.tokens)
            )
        )


class Bucket:
    """A token bucket: no window of 60 s, wherever it begins, holds more than the rate.

    A tenth of the rate may go at once, the rest flows in evenly. What is taken may be
    more than there is: the next then waits for as long as it takes to make up for it,
    and the minute holds more than the rate by what one call took.
    """

    def __init__(self, per_minute: int, now: float, *, full: bool = True) -> None:
        self._most = max(per_minute // 10, 1)
        self._per_second = max(per_minute - self._most, 1) / 60
        self._level = float(self._most) if full else 0.0
        self._at = now

    def wait(self, now: float, *, least: float = 1.0) -> float:
        """Seconds until `least` are there; 0 when they are."""
        grown = self._level + (now - self._at) * self._per_second
        self._level, self._at = min(grown, self._most), now
        if self._level > least - _HAIR:
            return 0.0
        return (least - self._level) / self._per_second

    def take(self, count: float = 1.0) -> None:
        """Take so many; fewer than none gives back."""
        self._level -= count


class Line(Generic[T]):
    """Who waits: each run has its turn, and within a run who asked first.

    A run that joins goes behind all others, and so does one that had its turn.
    """

    def __init__(self) -> None:
        self._runs: dict[str, deque[T]] = {}

    def __bool__(self) -> bool:
        return bool(self._runs)

    def join(self, run: str, who: T) -> None:
        """Wait behind what the run asked for already."""
        self._runs.setdefault(run, deque()).append(who)

    def leave(self, run: str, who: T) -> None:
        """Wait no more; nothing happens when it did not."""
        waiting = self._runs.get(run)
        if waiting is not None and who in waiting:
            waiting.remove(who)
            if not waiting:
                del self._runs[run]

    def next(self) -> T | None:
        """Whose turn it is, taken off the line; None when nobody waits."""
        if not self._runs:
            return None
        run = next(iter(self._runs))
        waiting = self._runs.pop(run)
        who = waiting.popleft()
        if waiting:
            self._runs[run] = waiting
        return who

    def head(self) -> T | None:
        """Whose turn it is, left where it stands."""
        return next(iter(self._runs.values()))[0] if self._runs else None
