"""One call's turn at a provider, from asking for it to giving it back."""

from __future__ import annotations

import asyncio
import itertools
from types import TracebackType
from typing import Literal, Protocol, Self

from playground.engine.errors import RateLimited

Why = Literal["turn", "pause"]
_TOO_MANY = 429
_numbers = itertools.count(1)


class Door(Protocol):
    """Where a turn is taken: the provider's gate."""

    @property
    def is_paused(self) -> bool:
        """True while the provider asks for patience."""

    def join(self, turn: Turn, /) -> None:
        """Stand in the line."""

    def leave(self, turn: Turn, /) -> None:
        """Give the place back, or the wait for one up."""

    def pause(self, seconds: float, /) -> None:
        """The provider asks for patience."""


class Turn:
    """One call's turn at a provider: asked for on entry, given back on exit."""

    def __init__(self, gate: Door, *, run: str, weight: int, patience: float) -> None:
        self.run = run
        self.weight = weight
        self.patience = patience
        self.number = next(_numbers)
        self.is_free = False
        self._gate = gate
        self._used: int | None = None
        self._came: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def __aenter__(self) -> Self:
        self._gate.join(self)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._came.cancel()
        self._gate.leave(self)
        if isinstance(error, RateLimited) and error.status == _TOO_MANY:
            self._gate.pause(error.after or 0.0)

    async def come(self, within: float | None = None) -> Why | None:
        """Wait for the turn; after `within` seconds in vain, say what it waits for.

        Raises RateLimited when the provider asked for more patience than there is.
        """
        waiting = asyncio.shield(self._came)
        try:
            async with asyncio.timeout(within):
                await waiting
        except TimeoutError:
            return "pause" if self._gate.is_paused else "turn"
        return None

    def used(self, tokens: int) -> None:
        """What the call used in truth, as the provider says."""
        self._used = tokens

    @property
    def refund(self) -> int:
        """The tokens that it asked for and did not use; below none when it used more."""
        return 0 if self._used is None else self.weight - self._used

    def let(self) -> None:
        """Its turn has come."""
        if not self._came.done():
            self._came.set_result(None)

    def refuse(self, error: RateLimited) -> None:
        """Its turn does not come."""
        if not self._came.done():
            self._came.set_exception(error)
