"""Models that refuse a field of the request, in their providers' words, and else answer.

`fault-picky-…` answers as soon as the request is as it wants it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.stub.chunks import ending, event, said, usage_of, whole
from tests.stub.faults import FAULTS, fault
from tests.stub.reply import Reply

Body = dict[str, Any]
# What is refused, and how: the status and the answer.
Refusal = tuple[Callable[[Body], bool], int, Any]


def _openai(message: str, param: str, code: str) -> Any:
    return {
        "error": {
            "message": message,
            "type": "invalid_request_error",
            "param": param,
            "code": code,
        }
    }


def _has(name: str) -> Callable[[Body], bool]:
    return lambda body: name in body


def _role(*names: str) -> Callable[[Body], bool]:
    return lambda body: any(each["role"] in names for each in body["messages"])


def _unsupported(name: str) -> Any:
    message = f"Unsupported parameter: '{name}' is not supported with this model."
    return _openai(message, name, "unsupported_parameter")


def _no_role(name: str) -> Refusal:
    message = (
        f"Unsupported value: 'messages[0].role' does not support '{name}' with this "
        "model."
    )
    error = _openai(message, "messages[0].role", "unsupported_value")
    return _role(name), 400, error


_CAP = _openai(
    "Unsupported parameter: 'max_tokens' is not supported with this model. "
    "Use 'max_completion_tokens' instead.",
    "max_tokens",
    "unsupported_parameter",
)
_DEFAULT_ONLY = _openai(
    "Unsupported value: 'temperature' does not support 0.2 with this model. "
    "Only the default (1) value is supported.",
    "temperature",
    "unsupported_value",
)
_BOTH = {
    "error": {
        "type": "invalid_request_error",
        "message": "`temperature` and `top_p` cannot both be specified for this model. "
        "Please use only one.",
    }
}
_EXTRA = {
    "detail": "Extra parameters ['stream_options'] are not allowed when "
    "extra-parameters is not set or set to be 'error'."
}
_FORBIDDEN = {
    "detail": [
        {
            "type": "extra_forbidden",
            "loc": ["body", "seed"],
            "msg": "Extra inputs are not permitted",
            "input": 7,
        }
    ]
}
_UNKNOWN_NAME = [
    {
        "error": {
            "code": 400,
            "message": 'Invalid JSON payload received. Unknown name "seed": Cannot find '
            "field.",
            "status": "INVALID_ARGUMENT",
            "details": [{"fieldViolations": [{"description": 'Unknown name "seed"'}]}],
        }
    }
]
_TEMPLATE = {
    "object": "error",
    "message": "System role not supported",
    "type": "BadRequestError",
    "param": None,
    "code": 400,
}
_STREAM = _openai(
    "Unsupported value: 'stream' does not support true with this model.",
    "stream",
    "unsupported_value",
)
PICKY: dict[str, list[Refusal]] = {
    "cap": [(_has("max_tokens"), 400, _CAP)],
    "temperature": [(_has("temperature"), 400, _DEFAULT_ONLY)],
    "top-p": [(lambda body: {"temperature", "top_p"} <= set(body), 400, _BOTH)],
    "stop": [(_has("stop"), 400, _unsupported("stop"))],
    "effort": [(_has("reasoning_effort"), 400, _unsupported("reasoning_effort"))],
    "seed": [(_has("seed"), 422, _FORBIDDEN)],
    "name": [(_has("seed"), 400, _UNKNOWN_NAME)],
    "usage": [(_has("stream_options"), 400, _EXTRA)],
    "system": [_no_role("system")],
    "roles": [_no_role("system"), _no_role("developer")],
    "template": [(_role("system", "developer"), 400, _TEMPLATE)],
    "template-broken": [(_role("system", "developer"), 500, _TEMPLATE)],
    "stream": [(_has("stream"), 400, _STREAM)],
    "reasoner": [
        (_has("max_tokens"), 400, _CAP),
        (_has("temperature"), 400, _unsupported("temperature")),
        (_has("top_p"), 400, _unsupported("top_p")),
        _no_role("system"),
    ],
}


def _register(name: str, refusals: list[Refusal]) -> None:
    @fault(f"picky-{name}")
    async def picky(reply: Reply) -> None:
        for is_refused, status, answer in refusals:
            if is_refused(reply.seen.body):
                reply.json(status, answer)
                return
        _answer(reply)


for _name, _refusals in PICKY.items():
    _register(_name, _refusals)


def _answer(reply: Reply) -> None:
    """A short answer; usage only where it was asked for."""
    seen, usage = reply.seen, usage_of(reply.seen, 2)
    if not seen.body.get("stream"):
        reply.json(200, whole(seen, "well then", "stop", usage))
        return
    reply.open()
    reply.end(event(said(seen, "well then")) + ending(seen, "stop", usage))


@fault("picky-all")
async def picky_all(reply: Reply) -> None:
    """Refuses whatever is sent, one field after the other, and never answers."""
    body = reply.seen.body
    names = [name for name in body if name not in ("model", "messages")]
    name = names[0] if names else "messages"
    reply.json(400, _unsupported(name))


@fault("picky-liar")
async def picky_liar(reply: Reply) -> None:
    """Refuses a field that nobody sent."""
    reply.json(400, _unsupported("temperature"))


@fault("bad-value")
async def bad_value(reply: Reply) -> None:
    """The slot's value is wrong, and others would be taken."""
    message = (
        "Unsupported value: 'reasoning_effort' does not support 'minimal' with this "
        "model. Supported values are: 'low', 'medium', and 'high'."
    )
    reply.json(400, _openai(message, "reasoning_effort", "unsupported_value"))


@fault("too-many-tokens")
async def too_many_tokens(reply: Reply) -> None:
    """The cap is above what the model writes at most."""
    message = (
        "max_tokens is too large: 64. This model supports at most 16 completion "
        "tokens, whereas you provided 64."
    )
    reply.json(400, _openai(message, "max_tokens", "invalid_value"))


assert {f"picky-{name}" for name in PICKY} <= set(FAULTS)
