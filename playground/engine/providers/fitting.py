"""Makes out the fields of a request, as its model was found to take them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from playground.engine.lessons import SYSTEM, Lesson
from playground.engine.providers.odds import ASKED
from playground.engine.providers.wire import CallRequest

_PLAIN: Final = ("temperature", "top_p", "seed", "stop", "reasoning_effort")
# What `extra` may not touch: which model is paid, for how much, and how it answers.
_OURS: Final = frozenset(
    (
        *("model", "messages", "stream", "stream_options", "n"),
        *("max_tokens", "max_completion_tokens"),
    )
)
# Fields that are refused where another is not sent.
_RESTING: Final = {"stream_options": "stream", "top_logprobs": "logprobs"}
_OF_SYSTEM: Final = frozenset(("system", "developer"))


def fields_of(call: CallRequest) -> dict[str, Any]:
    """What a call sends: plain text messages, a stream, and usage at its end.

    No more than was asked for; what the model was found not to take is left out, or
    named as it takes it.
    """
    extra = call.params.get("extra")
    body: dict[str, Any] = dict(extra) if isinstance(extra, Mapping) else {}
    body = {name: value for name, value in body.items() if name not in _OURS}
    body |= {
        "model": call.model,
        "messages": [message.to_json() for message in call.messages],
        "max_tokens": call.params["max_tokens"],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if call.odds:
        body |= ASKED
    for name in _PLAIN:
        if (value := call.params.get(name)) not in (None, (), []):
            body[name] = value
    return _fitted(body, call.lessons)


def _fitted(body: Mapping[str, Any], lessons: Iterable[Lesson]) -> dict[str, Any]:
    """The body as the lessons have it."""
    fields = dict(body)
    for lesson in lessons:
        if lesson.field == SYSTEM:
            fields["messages"] = _with_role(fields["messages"], lesson.instead)
        elif lesson.field in fields:
            value = fields.pop(lesson.field)
            fields |= {lesson.instead: value} if lesson.instead else {}
    for field, needed in _RESTING.items():
        if needed not in fields:
            fields.pop(field, None)
    return fields


def _with_role(messages: list[dict[str, str]], role: str) -> list[dict[str, str]]:
    system = [each for each in messages if each["role"] in _OF_SYSTEM]
    others = [each for each in messages if each["role"] not in _OF_SYSTEM]
    if not system:
        return messages
    if role != "user":
        return [
            {**each, "role": role} if each["role"] in _OF_SYSTEM else each
            for each in messages
        ]
    # In one message with the prompt: templates want roles that alternate.
    first = next((each for each in others if each["role"] == "user"), None)
    parts = [*system, *([first] if first and first is others[0] else [])]
    text = "\n\n".join(each["content"] for each in parts)
    rest = others[1:] if first and first is others[0] else others
    return [{"role": "user", "content": text}, *rest]
