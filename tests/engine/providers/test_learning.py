"""Requests that a model does not take, over TCP: what is learned, and what it changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from playground.engine.errors import NotTaken, RequestRefused, ServerFailed
from playground.engine.lessons import Lesson, in_force
from playground.engine.messages import Message
from playground.engine.providers.fitting import fields_of
from playground.engine.providers.learning import lesson_of
from playground.engine.providers.verdicts import read_refusal
from playground.engine.providers.wire import CallRequest, Endpoint
from tests.engine.providers.conftest import Caller, Told

ASKED: dict[str, object] = {
    "temperature": 0.2,
    "top_p": 0.9,
    "seed": 7,
    "stop": ("END",),
    "reasoning_effort": "low",
}
SYSTEM = (Message("system", "Be brief."), Message("user", "hello"))


async def taught(call: Caller, model: str, **changes: Any) -> tuple[list[Lesson], Told]:
    """Call until nothing more is learned, as a run does."""
    lessons: list[Lesson] = []
    for _ in range(12):
        told = await call(model, lessons=tuple(sorted(lessons)), **changes)
        if not isinstance(told.error, NotTaken):
            return lessons, told
        lessons.append(told.error.lesson)
    raise AssertionError(lessons)


@pytest.mark.parametrize(
    ("model", "learned"),
    [
        ("cap", [Lesson("max_tokens", "max_completion_tokens")]),
        ("temperature", [Lesson("temperature")]),
        ("top-p", [Lesson("top_p")]),
        ("stop", [Lesson("stop")]),
        ("effort", [Lesson("reasoning_effort")]),
        ("seed", [Lesson("seed")]),
        ("name", [Lesson("seed")]),
        ("usage", [Lesson("stream_options")]),
        ("system", [Lesson("system", "developer")]),
        ("roles", [Lesson("system", "developer"), Lesson("system", "user")]),
        ("template", [Lesson("system", "user")]),
        ("template-broken", [Lesson("system", "user")]),
        ("stream", [Lesson("stream")]),
        (
            "reasoner",
            [
                Lesson("max_tokens", "max_completion_tokens"),
                Lesson("temperature"),
                Lesson("top_p"),
                Lesson("system", "developer"),
            ],
        ),
    ],
)
async def test_refusal_teaches_what_to_send_and_the_next_call_is_taken(
    call: Caller, model: str, learned: list[Lesson]
) -> None:
    lessons, told = await taught(
        call, f"fault-picky-{model}", params=ASKED, messages=SYSTEM
    )

    assert lessons == learned
    assert (told.error, told.text) == (None, "well then")


async def test_cap_on_output_is_renamed_and_never_dropped(call: Caller) -> None:
    for model in ("cap", "reasoner", "all"):
        await taught(call, f"fault-picky-{model}", params=ASKED)
    bodies = [seen.body for seen in call.stub.calls]
    caps = [
        body.get("max_tokens", body.get("max_completion_tokens")) for body in bodies
    ]

    assert caps == [64] * len(bodies)
    assert bodies[1]["max_completion_tokens"] == 64
    assert "max_tokens" not in bodies[1]


async def test_extra_cannot_raise_the_cap_by_its_other_name(call: Caller) -> None:
    await call("ok", params={"extra": {"max_completion_tokens": 9000, "top_k": 3}})
    body = call.stub.calls[0].body

    assert "max_completion_tokens" not in body
    assert (body["max_tokens"], body["top_k"]) == (64, 3)


async def test_usage_is_unknown_where_it_may_not_be_asked_for(call: Caller) -> None:
    _, told = await taught(call, "fault-picky-usage")

    assert told.finished is not None
    assert told.finished.usage is None
    assert "stream_options" not in call.stub.calls[-1].body


async def test_nothing_of_streams_is_sent_to_a_model_that_has_none(
    call: Caller,
) -> None:
    _, told = await taught(call, "fault-picky-stream")

    assert {"stream", "stream_options"}.isdisjoint(call.stub.calls[-1].body)
    assert told.finished is not None
    assert told.finished.usage is not None


async def test_system_text_goes_with_the_prompt_where_no_role_is_for_it(
    call: Caller,
) -> None:
    await taught(call, "fault-picky-roles", messages=SYSTEM)

    assert [seen.body["messages"] for seen in call.stub.calls[1:]] == [
        [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": "hello"},
        ],
        [{"role": "user", "content": "Be brief.\n\nhello"}],
    ]


async def test_earlier_turns_stay_behind_the_system_text(call: Caller) -> None:
    turns = (
        Message("system", "One."),
        Message("system", "Two."),
        Message("assistant", "Hello."),
        Message("user", "Why?"),
    )
    request = call.request("ok", messages=turns, lessons=(Lesson("system", "user"),))

    assert fields_of(request)["messages"] == [
        {"role": "user", "content": "One.\n\nTwo."},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "Why?"},
    ]


async def test_who_refuses_everything_is_refused_in_the_end(call: Caller) -> None:
    lessons, told = await taught(call, "fault-picky-all", params=ASKED)

    assert len(lessons) == len(set(lessons)) == 7
    assert isinstance(told.error, RequestRefused)


async def test_field_that_was_not_sent_teaches_nothing(call: Caller) -> None:
    lessons, told = await taught(call, "fault-picky-liar")
    again, _ = await taught(call, "fault-picky-liar", params=ASKED)

    assert (lessons, type(told.error)) == ([], RequestRefused)
    assert again == [Lesson("temperature")]


@pytest.mark.parametrize("model", ["fault-bad-value", "fault-too-many-tokens"])
async def test_wrong_value_is_no_lesson(call: Caller, model: str) -> None:
    lessons, told = await taught(call, model, params=ASKED)

    assert (lessons, type(told.error)) == ([], RequestRefused)


async def test_message_says_what_is_not_taken_and_what_comes_next(
    call: Caller,
) -> None:
    error = (await call("fault-picky-temperature", params=ASKED)).error

    assert error is not None
    assert (error.status, error.retryable) == (400, False)
    assert error.message == (
        "stub does not take temperature for this model (400): Unsupported value: "
        "'temperature' does not support 0.2 with this model. Only the default (1) value "
        "is supported. Asked again: temperature left out."
    )


SENT = {
    "model": "m",
    "messages": [{"role": "system", "content": "x"}],
    "max_tokens": 9,
    "temperature": 1,
    "stop": ["x"],
    "top_k": 3,
    "stream": True,
}


@pytest.mark.parametrize(
    ("words", "learned"),
    [
        ("invalid temperature: only 1 is allowed for this model", "temperature"),
        ("`temperature` is deprecated for this model.", "temperature"),
        ("Unrecognized request argument supplied: stop", "stop"),
        ("Argument not supported on this model: topK", "top_k"),
        ("property 'stop' is unsupported", "stop"),
        ("top_k: Extra inputs are not permitted", "top_k"),
        ("temperature: Input should be less than or equal to 1", ""),
        ("max_tokens: 99999 > 64000, which is the maximum allowed number", ""),
        ("This model does not support images. You can stop here.", ""),
        ("The model `m` does not exist or is not supported", ""),
        ("Your request is not allowed to stop", ""),
    ],
)
def test_words_of_the_field_are_read(words: str, learned: str) -> None:
    lesson = lesson_of(read_refusal({"error": {"message": words}}), 400, SENT)

    assert (lesson.field if lesson else "") == learned


@pytest.mark.parametrize(
    ("words", "instead"),
    [
        ("Only user and assistant roles are supported!", "user"),
        ("unknown variant `system`, expected one of `user`, `assistant`", "user"),
        ("'system' role is not supported, use 'developer'", "developer"),
    ],
)
def test_roles_are_read_in_other_words(words: str, instead: str) -> None:
    lesson = lesson_of(read_refusal({"error": {"message": words}}), 400, SENT)

    assert lesson == Lesson("system", instead)


def test_failure_on_the_providers_side_teaches_nothing_else() -> None:
    refusal = read_refusal({"error": {"message": "temperature is not supported"}})

    assert lesson_of(refusal, 503, SENT) is None
    assert lesson_of(refusal, 500, SENT) is None
    assert lesson_of(refusal, 400, SENT) == Lesson("temperature")


def test_only_what_touches_a_call_is_in_force() -> None:
    known = [
        Lesson("top_p"),
        Lesson("max_tokens", "max_completion_tokens"),
        Lesson("system", "developer"),
        Lesson("top_k"),
        Lesson("stop"),
    ]
    params: dict[str, object] = {"top_p": 0.0, "stop": (), "extra": {"top_k": 3}}

    assert in_force(known, params, [Message("user", "x")]) == (
        Lesson("max_tokens", "max_completion_tokens"),
        Lesson("top_k"),
        Lesson("top_p"),
    )
    assert Lesson("system", "developer") in in_force(known, {}, SYSTEM)


async def test_broken_server_stays_a_failure_of_the_provider(call: Caller) -> None:
    error = (await call("fault-500", params=ASKED, messages=SYSTEM)).error

    assert isinstance(error, ServerFailed)


def test_cap_whose_value_alone_is_wrong_teaches_nothing() -> None:
    words = "max_tokens is not supported with this model"
    refusal = read_refusal({"error": {"message": words}})
    assert lesson_of(refusal, 400, SENT) is None


def test_role_that_is_merely_spoken_of_teaches_nothing() -> None:
    refusal = read_refusal({"error": {"message": "the system role came twice"}})
    assert lesson_of(refusal, 400, SENT) is None


def test_lessons_that_touch_nothing_change_nothing() -> None:
    endpoint = Endpoint("stub", "http://127.0.0.1:1/v1", local=True)
    call = CallRequest(endpoint, "ok", (Message("user", "hi"),), {"max_tokens": 9})
    lessons = (Lesson("seed"), Lesson("system", "user"))
    assert fields_of(replace(call, lessons=lessons)) == fields_of(call)
    assert in_force((), {}, call.messages) == ()


def test_lesson_says_whether_it_is_about_a_slots_parameters() -> None:
    lessons = Lesson("seed"), Lesson("stream"), Lesson("max_tokens", "max_output")
    assert [each.is_of_slot for each in lessons] == [True, False, False]
