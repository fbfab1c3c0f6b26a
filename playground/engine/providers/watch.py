"""The time limits of one call, watched by one lazy timer.

Content moves a deadline and touches no timer; the timer looks, when it rings,
whether the deadline has moved. So a chunk costs nothing here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final, TypeVar, cast

from playground.engine.providers.faults import Faults
from playground.engine.providers.wire import Timeouts

# After its last word a provider may still send usage; this long it may take.
AFTER_THE_END: Final = 5.0

T = TypeVar("T")


class Watch:
    """Waits for the steps of a call, and no longer than its limits allow.

    Only the wait is limited: what the caller does between steps does not count as
    the provider's silence.
    """

    def __init__(self, limits: Timeouts, faults: Faults) -> None:
        self._loop = asyncio.get_running_loop()
        self._limits = limits
        self._faults = faults
        self._began = self._heard = self._loop.time()
        self._silence = limits.first_token
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: asyncio.Task[object] | None = None
        self._rang = False
        self._whole = False

    def content(self) -> None:
        """Text or thought came: from now on the idle limit counts."""
        if not self._whole:
            self._heard = self._loop.time()
            self._silence = self._limits.idle

    def complete(self) -> None:
        """The answer is whole; only its usage may still come."""
        if not self._whole:
            self._whole = True
            self._heard = self._loop.time()
            self._silence = min(self._limits.idle, AFTER_THE_END)

    def close(self) -> None:
        """Stop watching."""
        if self._timer:
            self._timer.cancel()

    async def wait(self, step: Awaitable[T]) -> T:
        """The result of the step; raises TimedOut when a limit passes first."""
        task = cast("asyncio.Task[object]", asyncio.current_task())
        self._arm()
        cancelling = task.cancelling()
        self._waiting = task
        try:
            return await step
        except asyncio.CancelledError:
            if not self._rang or task.uncancel() > cancelling:
                raise
        finally:
            self._waiting = None
        raise self._timed_out()

    def _deadline(self) -> float:
        return min(self._began + self._limits.total, self._heard + self._silence)

    def _arm(self) -> None:
        """Keep a timer that rings at the deadline or before."""
        deadline = self._deadline()
        if self._timer is None:
            self._timer = self._loop.call_at(deadline, self._ring)
        elif deadline < self._timer.when():
            self._timer.cancel()
            self._timer = self._loop.call_at(deadline, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._waiting is None:
            return
        if self._loop.time() < self._deadline() - 0.001:
            self._arm()
            return
        self._rang = True
        self._waiting.cancel()

    def _timed_out(self) -> Exception:
        if self._deadline() == self._began + self._limits.total:
            return self._faults.timed_out("did not end its answer", self._limits.total)
        what = "sent no more text" if self._heard > self._began else "sent no text"
        return self._faults.timed_out(what, self._silence)
