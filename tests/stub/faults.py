"""The ways in which a provider misbehaves, by name: `fault-<name>[-<number>…]`."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from tests.stub.chunks import said
from tests.stub.reply import Reply

Fault = Callable[..., Awaitable[None]]
FAULTS: dict[str, Fault] = {}
STATUS = re.compile(r"fault-([1-5]\d\d)")
NAMED = re.compile(r"fault-(.+?)((?:-\d+)*)")


def fault(name: str) -> Callable[[Fault], Fault]:
    """Register a fault; numbers after its name arrive as arguments."""

    def register(function: Fault) -> Fault:
        FAULTS[name] = function
        return function

    return register


def find_fault(model: str) -> Callable[[Reply], Awaitable[None]] | None:
    """The fault that a model's name asks for."""
    if match := STATUS.fullmatch(model):
        return partial(_status, status=int(match[1]))
    if not (match := NAMED.fullmatch(model)) or match[1] not in FAULTS:
        return None
    numbers = [int(number) for number in match[2].split("-")[1:]]
    return lambda reply: FAULTS[match[1]](reply, *numbers)


async def _status(reply: Reply, *, status: int) -> None:
    error = {"message": f"the stub answers {status}", "type": "stub_error"}
    reply.json(status, {"error": error})


def begin(reply: Reply, words: int = 1) -> None:
    """Open a stream and say some words."""
    reply.open()
    for n in range(1, words + 1):
        reply.event(said(reply.seen, f"w{n} "))


def refuse(reply: Reply, status: int, headers: Any = None, **error: Any) -> None:
    """Refuse with an error object in OpenAI's shape."""
    reply.json(status, {"error": error}, headers)
