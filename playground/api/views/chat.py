"""POST /v1/chat/completions: a run, answered as if it were one model."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

import orjson
from asgiref.sync import sync_to_async
from django.core.exceptions import RequestDataTooBig
from django.db import connection
from django.http import HttpRequest, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from playground.accounts.access import Viewer
from playground.accounts.models import ApiToken
from playground.api.answers import AnswerReader, Replaced, answer_reader
from playground.api.documents.openai import Talk
from playground.api.documents.requests import ChatRequest, read_chat_request
from playground.api.errors import AnswerReplaced, RunFailed, error_body, failure_of
from playground.api.feed import heard
from playground.api.presence import Attendance
from playground.api.queries import Outcome, outcome_of
from playground.api.services import start_chat
from playground.api.views.doors import base_url_of, openai_view, program_of
from playground.db.outages import read_again
from playground.engine.plan import parse
from playground.runs.export import run_url
from playground.runs.models import Run
from playground.web.refusals import Refusal, TooLarge

log = logging.getLogger(__name__)
WAIT = b": wait\n\n"
DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class Chat:
    """A run that somebody is to be told the answer of."""

    run: Run
    talk: Talk
    attendance: Attendance


@openai_view("POST")
async def completions(request: HttpRequest) -> HttpResponseBase:
    """Start a run; stream its answer, or wait for it."""
    viewer, token = program_of(request)
    asked = read_chat_request(_body_of(request))
    run = await _begin(viewer, token, asked)
    attendance = Attendance(run, stays=asked.detach)
    # Until the answer is being read, which a lost connection may prevent, nobody is.
    attendance.absent()
    talk = Talk(
        run_id=str(run.pk),
        url=run_url(run, base_url_of(request)),
        created=int(run.created_at.timestamp()),
        model=asked.model,
        ignored=asked.ignored,
        include_usage=asked.include_usage,
    )
    return await _answer(Chat(run, talk, attendance), is_stream=asked.is_stream)


async def _answer(chat: Chat, *, is_stream: bool) -> HttpResponseBase:
    try:
        # The answer may take minutes; the database's connection is others' meanwhile.
        await sync_to_async(_release_connection)()
        if not is_stream:
            return await _whole(chat)
    except Refusal:
        raise
    except Exception as fault:  # noqa: BLE001  # recorded, and told
        raise _lost(chat, fault) from None
    return StreamingHttpResponse(
        _stream(chat),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )


def _body_of(request: HttpRequest) -> bytes:
    try:
        return request.body
    except RequestDataTooBig:
        raise TooLarge("The body is larger than is taken.", param="messages") from None


async def _begin(viewer: Viewer, token: ApiToken, asked: ChatRequest) -> Run:
    """Start the run. A connection lost in the middle leaves no run without a reader."""
    starting = asyncio.ensure_future(
        sync_to_async(start_chat)(viewer, token.team, asked)
    )

    def abandon(started: asyncio.Future[Run]) -> None:
        if not started.cancelled() and started.exception() is None:
            Attendance(started.result(), stays=asked.detach).absent()

    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        starting.add_done_callback(abandon)
        raise


def _release_connection() -> None:
    if not connection.in_atomic_block:
        connection.close()


async def _whole(chat: Chat) -> JsonResponse:
    is_over = False
    chat.attendance.present()
    try:
        async with aclosing(heard(chat.run)) as entries:
            async for _ in entries:
                pass
        is_over = True
    finally:
        if not is_over:
            chat.attendance.absent()
    outcome = await read_again(partial(outcome_of, chat.run.pk))
    if not outcome.has_answer:
        raise failure_of(outcome.run)
    return JsonResponse(chat.talk.whole(outcome))


def _lost(chat: Chat, fault: Exception) -> RunFailed:
    """What a program hears of a fault of ours. Its run goes on: it is told which."""
    log.error("a program lost sight of run %s", chat.run.pk, exc_info=fault)
    chat.attendance.present()
    return failure_of(chat.run)


async def _stream(chat: Chat) -> AsyncIterator[bytes]:
    is_over = False
    chat.attendance.present()
    reader = answer_reader(parse(chat.run.revision.document))
    try:
        yield _event(chat.talk.role_chunk())
        async with aclosing(heard(chat.run)) as entries:
            async for entry in entries:
                if entry is None:
                    yield WAIT
                elif text := reader.hear(entry.body):
                    yield _event(chat.talk.text_chunk(text))
        is_over = True
        outcome = await read_again(partial(outcome_of, chat.run.pk))
        for event in _last_events(chat.talk, reader, outcome):
            yield event
    except Exception as fault:  # noqa: BLE001  # recorded and told: 200 has gone out
        is_over = True
        yield _event(error_body(_lost(chat, fault)))
    finally:
        if not is_over:
            chat.attendance.absent()


def _last_events(talk: Talk, reader: AnswerReader, outcome: Outcome) -> list[bytes]:
    try:
        rest = _rest(reader, outcome)
    except Refusal as refusal:
        return [_event(error_body(refusal))]
    events = [_event(talk.text_chunk(rest))] if rest else []
    events.append(_event(talk.last_chunk(outcome)))
    if talk.include_usage:
        events.append(_event(talk.usage_chunk(outcome)))
    return [*events, DONE]


def _rest(reader: AnswerReader, outcome: Outcome) -> str:
    if not outcome.has_answer:
        raise failure_of(outcome.run)
    try:
        return reader.rest(key=outcome.key, n=outcome.n, text=outcome.text)
    except Replaced:
        raise AnswerReplaced(outcome.run) from None


def _event(content: object) -> bytes:
    return b"data: " + orjson.dumps(content) + b"\n\n"
