"""Text of unfinished drafts, kept in SQL every two seconds, all of a process's at once."""

from __future__ import annotations

import asyncio
import functools
import logging
from dataclasses import dataclass
from uuid import UUID

from playground.runs.execution.voice import RunVoice
from playground.runs.execution.writer import Writer
from playground.runs.models import Call, Draft
from playground.runs.states import CallStatus, DraftStatus

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Words:
    """What an unfinished draft stands at. `is_streaming`: its call is known to."""

    run_id: UUID
    epoch: int
    key: str
    n: int
    text: str
    entry: str
    is_streaming: bool


async def checkpoint(voices: list[tuple[UUID, RunVoice]], *, writer: Writer) -> None:
    """Keep what changed since the last time. The writer makes one transaction of it."""
    kept = [_keep_run(run_id, voice, writer) for run_id, voice in voices]
    failed = [error for error in await asyncio.gather(*kept) if error is not None]
    if failed:
        log.warning("%s runs have no checkpoint, the first: %s", len(failed), failed[0])


async def _keep_run(run_id: UUID, voice: RunVoice, writer: Writer) -> Exception | None:
    """What could not be kept is tried again next time, whether it changes or not."""
    changed, voice.changed = voice.changed, set()
    if not changed:
        return None
    words = [_current(run_id, voice, key) for key in changed]
    try:
        voice.streaming |= await writer.run(functools.partial(_keep, words))
    except Exception as error:  # noqa: BLE001 - one run's fault is not its neighbours'
        voice.changed |= changed
        return error
    return None


def _current(run_id: UUID, voice: RunVoice, key: str) -> _Words:
    n, parts = voice.texts[key]
    text = "".join(parts)
    voice.texts[key] = (n, [text])
    is_streaming = n in voice.streaming
    return _Words(run_id, voice.epoch, key, n, text, voice.last, is_streaming)


def _keep(words: list[_Words]) -> set[int]:
    """Write them; the calls that are streaming, as the database has it by now."""
    return {said.n for said in words if _keep_draft(said)}


def _keep_draft(said: _Words) -> bool:
    written = Draft.objects.filter(
        run_id=said.run_id,
        key=said.key,
        status=DraftStatus.WRITING,
        run__epoch=said.epoch,
    ).update(text=said.text, text_call=said.n, text_entry=said.entry)
    if written and not said.is_streaming:
        Call.objects.filter(
            run_id=said.run_id, n=said.n, status=CallStatus.SENT
        ).update(status=CallStatus.STREAMING)
    return bool(written)
