"""A client on the stub, and one call told in a line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import pytest

from playground.engine.errors import CallError
from playground.engine.lessons import Lesson
from playground.engine.messages import Message
from playground.engine.providers.http import ChatClient
from playground.engine.providers.wire import (
    CallRequest,
    Endpoint,
    Finished,
    Piece,
    Timeouts,
)
from tests.stub import Stub

KEY = "sk-canary/+51f0b7 d9e2"
QUICK = Timeouts(connect=2, first_token=2, idle=2, total=5)


@dataclass
class Told:
    """What a call brought: all its pieces, and its end or its error."""

    pieces: list[Piece] = field(default_factory=list)
    finished: Finished | None = None
    error: CallError | None = None

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    @property
    def reasoning(self) -> str:
        return "".join(piece.reasoning for piece in self.pieces)


class Caller:
    """Calls models of the stub."""

    def __init__(self, client: ChatClient, stub: Stub) -> None:
        self.client = client
        self.stub = stub

    def endpoint(self, **changes: Any) -> Endpoint:
        fields = {"slug": "stub", "base_url": self.stub.base_url, "key": KEY}
        return Endpoint(**{**fields, "local": True, **changes})

    def request(
        self,
        model: str,
        *,
        prompt: str = "hello",
        params: dict[str, object] | None = None,
        timeouts: Timeouts = QUICK,
        messages: tuple[Message, ...] = (),
        lessons: tuple[Lesson, ...] = (),
        **endpoint: Any,
    ) -> CallRequest:
        return CallRequest(
            self.endpoint(**endpoint),
            model,
            messages or (Message("user", prompt),),
            {"max_tokens": 64, **(params or {})},
            timeouts,
            lessons,
        )

    async def __call__(self, model: str, **changes: Any) -> Told:
        told = Told()
        try:
            async with aclosing(
                self.client.stream(self.request(model, **changes))
            ) as stream:
                async for item in stream:
                    if isinstance(item, Finished):
                        told.finished = item
                    elif isinstance(item, Piece):
                        told.pieces.append(item)
        except CallError as error:
            told.error = error
        return told


@pytest.fixture
async def call(stub: Stub) -> AsyncIterator[Caller]:
    async with ChatClient() as client:
        yield Caller(client, stub)
