"""The odds of a verdict's token: asked for where they are given, read, and forgone."""

from __future__ import annotations

import math
from contextlib import aclosing
from dataclasses import replace

import pytest

from playground.engine.errors import CallError, NotTaken
from playground.engine.lessons import Lesson
from playground.engine.providers.answers import AnswerReader
from playground.engine.providers.faults import Faults
from playground.engine.providers.odds import MOST_TOKENS, odds_in
from playground.engine.providers.wire import Finished, Piece
from tests.engine.providers.conftest import Caller


async def asked(call: Caller, model: str, *lessons: Lesson) -> tuple[str, Finished]:
    request = replace(call.request(model), odds=True, lessons=lessons)
    text, end = "", Finished(None, None)
    async with aclosing(call.client.stream(request)) as stream:  # type: ignore[type-var]
        async for part in stream:
            if isinstance(part, Piece):
                text += part.text
            elif isinstance(part, Finished):
                end = part
    return text, end


async def test_odds_of_a_token_are_asked_for_and_read(call: Caller) -> None:
    text, end = await asked(call, "odds A=0.7,B=0.25")
    body = call.stub.calls[0].body
    assert (body["logprobs"], body["top_logprobs"]) == (True, 5)
    assert text == "A"
    assert [odds.token for odds in end.odds] == ["A"]
    assert end.odds[0].chances == pytest.approx({"A": 0.7, "B": 0.25})


async def test_calls_that_want_no_odds_do_not_ask_for_them(call: Caller) -> None:
    told = await call("odds A=0.7,B=0.25")
    assert "logprobs" not in call.stub.calls[0].body
    assert told.finished is not None
    assert told.finished.odds == ()


async def test_a_model_that_refuses_to_tell_is_asked_without(call: Caller) -> None:
    with pytest.raises(NotTaken) as refused:
        await asked(call, "fault-no-odds")
    assert refused.value.lesson == Lesson("logprobs")
    text, _ = await asked(call, "fault-no-odds", refused.value.lesson)
    assert text == "A"
    body = call.stub.calls[1].body
    assert "logprobs" not in body
    assert "top_logprobs" not in body


async def test_other_refusals_teach_nothing_about_odds(call: Caller) -> None:
    for status in (400, 401, 403):
        with pytest.raises(CallError) as refused:
            await asked(call, f"fault-{status}")
        assert not isinstance(refused.value, NotTaken)


@pytest.mark.parametrize(
    "logprobs",
    [
        None,
        "none",
        {"content": None},
        {"content": [{"token": 7}, "A"]},
        {"tokens": ["A"], "token_logprobs": [-0.1]},
    ],
)
def test_what_is_not_of_the_protocol_has_no_odds(logprobs: object) -> None:
    assert list(odds_in({"logprobs": logprobs})) == []


def test_odds_leave_out_what_is_no_chance() -> None:
    others = [
        {"token": "B", "logprob": -9999.0},
        {"token": "C", "logprob": 2},
        {"token": "D", "logprob": None},
        {"token": "E", "logprob": math.nan},
        {"logprob": -1},
    ]
    content = [{"token": "A\0", "logprob": 0, "top_logprobs": others}]
    (odds,) = odds_in({"logprobs": {"content": content}})
    assert (odds.token, odds.chances) == ("A\ufffd", {"A\ufffd": 1, "B": 0})


async def test_only_the_first_tokens_are_kept(call: Caller) -> None:
    reader = AnswerReader(Faults(call.endpoint()), {})
    one = '{"token": "A", "logprob": -1}'
    chunk = f'data: {{"choices": [{{"logprobs": {{"content": [{one}]}}}}]}}\n\n'
    reader.feed(chunk.encode() * 50 + b"data: [DONE]\n\n")
    reader.end()
    assert len(reader.finished().odds) == MOST_TOKENS
