"""Text of unfinished drafts, kept in SQL every two seconds, all of a process's at once."""

from __future__ import annotations

import asyncio
import functools
import logging
from uuid import UUID

from playground.runs.execution.voice import RunVoice
from playground.runs.execution.writer import Writer
from playground.runs.models import Call, Draft
from playground.runs.states import CallStatus, DraftStatus

log = logging.getLogger(__name__)
_Kept = tuple[UUID, int, str, int, str, str]


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
    kept = [_current(run_id, voice, key) for key in changed]
    try:
        await writer.run(functools.partial(_keep, kept))
    except Exception as error:  # noqa: BLE001 - one run's fault is not its neighbours'
        voice.changed |= changed
        return error
    return None


def _current(run_id: UUID, voice: RunVoice, key: str) -> _Kept:
    n, parts = voice.texts[key]
    text = "".join(parts)
    voice.texts[key] = (n, [text])
    return run_id, voice.epoch, key, n, text, voice.last


def _keep(kept: list[_Kept]) -> None:
    for run_id, epoch, key, n, text, entry in kept:
        written = Draft.objects.filter(
            run_id=run_id, key=key, status=DraftStatus.WRITING, run__epoch=epoch
        ).update(text=text, text_call=n, text_entry=entry)
        if written:
            Call.objects.filter(run_id=run_id, n=n, status=CallStatus.SENT).update(
                status=CallStatus.STREAMING
            )
