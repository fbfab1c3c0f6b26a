"""Which behaviour answers a request: a prompt's directive, a script, or its model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.stub import (
    chunks,
    faults_picky,
    faults_refusing,
    faults_speaking,
    faults_streaming,
)
from tests.stub.faults import find_fault
from tests.stub.judges import JUDGE, judge
from tests.stub.pacing import pace_of
from tests.stub.reply import Reply

if TYPE_CHECKING:
    from tests.stub.server import Stub

DIRECTIVE = re.compile(r"\[\[stub(?: ([^\s:\]]+))?: (.+?)\]\]", re.DOTALL)
OK = "m-0-5-0"
# Named here so that their faults are registered.
FAULTY = (faults_picky, faults_refusing, faults_speaking, faults_streaming)


def _asked_for(stub: Stub, reply: Reply) -> str:
    """The behaviour by name, with the turn of a sequence already taken."""
    seen = reply.seen
    for model, behaviour in reversed(DIRECTIVE.findall(seen.text)):
        if model in ("", seen.model):
            return _turn(stub, f"{seen.marker} {seen.model}", behaviour.split("-then-"))
    if script := stub.scripts.get(seen.model):
        return script.pop(0) if len(script) > 1 else script[0]
    steps = seen.model.split("-then-")
    return _turn(stub, f"{seen.marker} {seen.model}", steps)


def _turn(stub: Stub, who: str, steps: list[str]) -> str:
    """Repeats of one request go through the steps; the last step stays."""
    at = min(stub.turns[who], len(steps) - 1)
    stub.turns[who] += 1
    return steps[at]


async def answer(stub: Stub, reply: Reply) -> None:
    """Answer one call. May return before the answer is over."""
    name = _asked_for(stub, reply)
    if name == "ok":
        name = OK
    if pace := pace_of(name):
        stub.pacer.start(reply, pace)
    elif name == "echo":
        say(reply, str(reply.seen.messages[-1]["content"]))
    elif name.startswith("say "):
        say(reply, name.removeprefix("say "))
    elif judging := JUDGE.fullmatch(name):
        ms, manner = judging.groups()
        await judge(reply, after_ms=int(ms or 0), manner=manner or "")
    elif name.startswith("odds "):
        say_with_odds(reply, name.removeprefix("odds "))
    elif fault := find_fault(name):
        await fault(reply)
    else:
        message = f"The model `{name}` does not exist"
        error = {"message": message, "type": "invalid_request_error"}
        reply.json(404, {"error": error | {"code": "model_not_found"}})


def say_with_odds(reply: Reply, spelt: str) -> None:
    """Say the first of `A=0.7,B=0.2`; with the chances of all when they are asked for."""
    seen = reply.seen
    chances = {
        token: float(chance)
        for token, chance in re.findall(r"([^=,]+)=([\d.]+)", spelt)
    }
    token = next(iter(chances))
    said = chunks.said(seen, token)
    if seen.body.get("logprobs"):
        said["choices"][0]["logprobs"] = chunks.odds(token, chances)
    reply.open()
    usage = chunks.usage_of(seen, 1)
    reply.end(chunks.event(said) + chunks.ending(seen, "stop", usage))


def say(reply: Reply, text: str) -> None:
    """Say a given text: whole, or as a stream in one chunk."""
    seen = reply.seen
    usage = chunks.usage_of(seen, max(len(text.split()), 1))
    if not seen.body.get("stream"):
        reply.json(200, chunks.whole(seen, text, "stop", usage))
        return
    reply.open()
    said = chunks.event(chunks.said(seen, text))
    reply.end(said + chunks.ending(seen, "stop", usage))
