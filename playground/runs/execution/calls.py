"""Makes the machine's calls: finds the endpoint and its key, waits its turn, streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

from django.db import close_old_connections

from playground.catalog.clients import endpoint_of
from playground.catalog.models import Provider
from playground.catalog.secrets import KeyringError, Unreadable
from playground.db.outages import asked_again
from playground.engine.errors import KeyRefused, NotTaken
from playground.engine.events import SendCall
from playground.engine.providers.http import ChatClient
from playground.engine.providers.wire import (
    CallRequest,
    Endpoint,
    Finished,
    Piece,
    Sent,
    Timeouts,
    Waits,
)
from playground.engine.tokens import estimate_of_messages
from playground.runs.execution.breakers import Breakers
from playground.runs.execution.learned import Lessons
from playground.runs.execution.turns.gates import Gates
from playground.runs.models import Run

Parts = AsyncIterator[Waits | Sent | Piece | Finished]
ENDPOINT_FRESH_SECONDS = 15.0
# A turn that comes within this time is no wait that anybody should be told of.
AT_ONCE_SECONDS = 0.1


class Caller:
    """The calls of all runs of one process: one client, one gate a provider.

    `lessons` are what the process knows of each model.
    """

    def __init__(
        self, readers: ThreadPoolExecutor, gates: Gates, breakers: Breakers
    ) -> None:
        self._client = ChatClient()
        self._readers = readers
        self._gates = gates
        self._breakers = breakers
        self.lessons = Lessons()
        self._endpoints: dict[str, tuple[float, Endpoint]] = {}

    def of(self, run: Run) -> Callable[[SendCall], Parts]:
        """The calls of one run, with the model cards frozen at its start."""

        def stream(call: SendCall) -> Parts:
            card = run.cards[call.alias]
            return self._stream(
                call, run=str(run.pk), provider=card["provider"], model=card["model"]
            )

        return stream

    async def close(self) -> None:
        """Close all connections, and give every place back."""
        await self._client.aclose()
        await self._gates.close()

    async def _stream(
        self, call: SendCall, *, run: str, provider: str, model: str
    ) -> Parts:
        endpoint = await self._endpoint(provider)
        request = CallRequest(
            endpoint=endpoint,
            model=model,
            messages=call.messages,
            params=sent_params(call),
            timeouts=Timeouts(total=call.timeout_s),
            lessons=call.lessons,
            odds=call.odds,
        )
        guard = self._breakers.of(endpoint)
        guard.check()
        turn = self._gates.turn(
            endpoint, run=run, weight=_weight(request), patience=call.timeout_s
        )
        async with turn:
            if why := await turn.come(within=AT_ONCE_SECONDS):
                yield Waits(why)
                await turn.come()
            if guard.is_probed:
                yield Waits("pause")
            async with guard.attempt(f"{run} {call.key}") as attempt:
                try:
                    async for part in self._client.stream(request):
                        attempt.heard(part)
                        if isinstance(part, Finished) and part.usage:
                            turn.used(part.usage.tokens_in + part.usage.tokens_out)
                        yield part
                except NotTaken as refusal:
                    self.lessons.note(provider, model, refusal.lesson)
                    raise

    async def _endpoint(self, slug: str) -> Endpoint:
        """The endpoint with its key, read anew every few seconds so that a change counts."""
        loop = asyncio.get_running_loop()
        read_at, endpoint = self._endpoints.get(slug, (float("-inf"), None))
        if endpoint is not None and loop.time() - read_at < ENDPOINT_FRESH_SECONDS:
            return endpoint
        endpoint = await self._looked_up(slug)
        self._endpoints[slug] = (loop.time(), endpoint)
        return endpoint

    async def _looked_up(self, slug: str) -> Endpoint:
        loop = asyncio.get_running_loop()
        try:
            async for attempt in asked_again():
                with attempt:
                    read = loop.run_in_executor(self._readers, _read_endpoint, slug)
                    return await read
        except (Unreadable, KeyringError) as error:
            raise KeyRefused(
                f"The credential of provider {slug} cannot be read: {error} "
                "Nothing was sent. An admin can enter the key again."
            ) from None
        except Provider.DoesNotExist:
            raise KeyRefused(f"There is no provider {slug} any more.") from None
        raise AssertionError  # the last attempt raises


def _read_endpoint(slug: str) -> Endpoint:
    close_old_connections()
    return endpoint_of(slug)


def _weight(request: CallRequest) -> int:
    """The tokens that a call may use, where its provider counts them."""
    if not request.endpoint.tokens_per_minute:
        return 0
    limit = request.params.get("max_tokens")
    written = limit if isinstance(limit, int) else 0
    return estimate_of_messages(request.messages) + written


def sent_params(call: SendCall) -> dict[str, Any]:
    """What the request names besides model and messages; unset values are not sent."""
    return {
        name: value
        for name, value in asdict(call.params).items()
        if value not in (None, (), {})
    }
