"""A worker's own part of the limits, for as long as Redis is away."""

from __future__ import annotations

from playground.engine.providers.limits import Bucket, Limits

# A place is given back by a call that ends, which looks again by itself.
_UNTIL_ONE_ENDS = 60.0


class Alone:
    """Admits calls within one part of the limits, and keeps count of them."""

    def __init__(self, limits: Limits, now: float) -> None:
        self.since = now
        self._parallel = limits.parallel
        # What went out in the minute before is not known here: begin with nothing.
        self._requests = _empty(limits.requests, now)
        self._tokens = _empty(limits.tokens, now)
        self._calls = self._weight = 0

    @property
    def spent(self) -> tuple[int, int]:
        """The calls admitted so far, and their tokens."""
        return self._calls, self._weight

    def wait(self, now: float, *, held: int) -> float:
        """Seconds until another call may go; 0 when it may go now."""
        if self._parallel is not None and held >= self._parallel:
            return _UNTIL_ONE_ENDS
        buckets = [each for each in (self._requests, self._tokens) if each]
        return max((bucket.wait(now) for bucket in buckets), default=0.0)

    def take(self, weight: int) -> None:
        """A call goes."""
        self._calls, self._weight = self._calls + 1, self._weight + weight
        if self._requests:
            self._requests.take()
        if self._tokens:
            self._tokens.take(weight)

    def give_back(self, tokens: int) -> None:
        """A call used so many tokens less than it asked for."""
        self._weight -= tokens
        if self._tokens:
            self._tokens.take(-tokens)


def _empty(per_minute: int | None, now: float) -> Bucket | None:
    return None if per_minute is None else Bucket(per_minute, now, full=False)
