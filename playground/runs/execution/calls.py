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
from playground.engine.errors import KeyRefused
from playground.engine.events import SendCall
from playground.engine.providers.http import ChatClient
from playground.engine.providers.limits import Gates
from playground.engine.providers.wire import (
    CallRequest,
    Endpoint,
    Finished,
    Piece,
    Sent,
    Timeouts,
)
from playground.runs.models import Run

ENDPOINT_FRESH_SECONDS = 15.0


class Caller:
    """The calls of all runs of one process: one client, one gate a provider."""

    def __init__(self, readers: ThreadPoolExecutor) -> None:
        self._client = ChatClient()
        self._readers = readers
        self._gates = Gates()
        self._endpoints: dict[str, tuple[float, Endpoint]] = {}

    def of(
        self, run: Run
    ) -> Callable[[SendCall], AsyncIterator[Sent | Piece | Finished]]:
        """The calls of one run, with the model cards frozen at its start."""

        def stream(call: SendCall) -> AsyncIterator[Sent | Piece | Finished]:
            card = run.cards[call.alias]
            return self._stream(call, provider=card["provider"], model=card["model"])

        return stream

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _stream(
        self, call: SendCall, *, provider: str, model: str
    ) -> AsyncIterator[Sent | Piece | Finished]:
        endpoint = await self._endpoint(provider)
        request = CallRequest(
            endpoint=endpoint,
            model=model,
            messages=call.messages,
            params=sent_params(call),
            timeouts=Timeouts(total=call.timeout_s),
        )
        async with self._gates.of(endpoint).admit():
            async for part in self._client.stream(request):
                yield part

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


def sent_params(call: SendCall) -> dict[str, Any]:
    """What the request names besides model and messages; unset values are not sent."""
    return {
        name: value
        for name, value in asdict(call.params).items()
        if value not in (None, (), {})
    }
