"""The time limits of one call, watched by one lazy timer.

Content moves a deadline and touches no timer; the timer looks, when it rings,
whether the deadline has moved. So a chunk costs nearly nothing here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar, cast

from playground.engine.errors import CallError
from playground.engine.providers.faults import Faults
from playground.engine.providers.wire import Timeouts

# After its last word a provider may still send usage; this long it may take.
AFTER_THE_END: Final = 5.0

# The caller is busy when a limit passes: it is looked at again so much later.
LOOK_AGAIN: Final = 0.05

T = TypeVar("T")


class Watch:
    """Ends the steps of a call that take longer than its limits allow.

    The first step is cancelled (`wait`). Later ones are reads of one connection: `cut`
    is to close it, which ends a read with an error, and `rang` says that it was us.
    Only steps are limited: what the caller does between them does not count as the
    provider's silence. It sets `reading` around its reads.
    """

    def __init__(
        self, limits: Timeouts, faults: Faults, cut: Callable[[], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._limits = limits
        self._faults = faults
        self._cut = cut
        self._began = self._heard = self._loop.time()
        self._silence = limits.first_token
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: asyncio.Task[object] | None = None
        self._spoke = self._whole = False
        self.reading = self.rang = False

    def content(self) -> None:
        """Text or thought came: from now on the idle limit counts."""
        if self._whole:
            return
        self._heard = self._loop.time()
        if not self._spoke:
            self._spoke = True
            self._silence = self._limits.idle
            self.arm()

    def complete(self) -> None:
        """The answer is whole; only its usage may still come."""
        if not self._whole:
            self._whole = True
            self._heard = self._loop.time()
            self._silence = min(self._limits.idle, AFTER_THE_END)
            self.arm()

    def close(self) -> None:
        """Stop watching."""
        if self._timer:
            self._timer.cancel()

    async def wait(self, step: Awaitable[T]) -> T:
        """The result of the step; raises TimedOut when a limit passes first."""
        task = cast("asyncio.Task[object]", asyncio.current_task())
        self.arm()
        cancelling = task.cancelling()
        self._waiting = task
        try:
            return await step
        except asyncio.CancelledError:
            if not self.rang or task.uncancel() > cancelling:
                raise
        finally:
            self._waiting = None
        raise self.timed_out()

    def arm(self) -> None:
        """Keep a timer that rings at the deadline or before."""
        deadline = self._deadline()
        if self._timer is None:
            self._timer = self._loop.call_at(deadline, self._ring)
        elif deadline < self._timer.when():
            self._timer.cancel()
            self._timer = self._loop.call_at(deadline, self._ring)

    def timed_out(self) -> CallError:
        """Which limit has passed."""
        if self._deadline() == self._began + self._limits.total:
            return self._faults.timed_out("did not end its answer", self._limits.total)
        what = "sent no more text" if self._heard > self._began else "sent no text"
        return self._faults.timed_out(what, self._silence)

    def _deadline(self) -> float:
        return min(self._began + self._limits.total, self._heard + self._silence)

    def _ring(self) -> None:
        self._timer = None
        if self._loop.time() < self._deadline() - 0.001:
            self.arm()
        elif self._waiting is not None:
            self.rang = True
            self._waiting.cancel()
        elif self.reading:
            self.rang = True
            self._cut()
        else:
            self._timer = self._loop.call_later(LOOK_AGAIN, self._ring)
