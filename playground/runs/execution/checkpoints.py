"""Text of unfinished drafts, kept in SQL every two seconds, all of a process's at once."""

from __future__ import annotations

import functools
from uuid import UUID

from playground.runs.execution.voice import RunVoice
from playground.runs.execution.writer import Writer
from playground.runs.models import Call, CallStatus, Draft, DraftStatus

_Kept = tuple[UUID, int, str, int, str, str]


async def checkpoint(voices: list[tuple[UUID, RunVoice]], *, writer: Writer) -> None:
    """Keep what changed since the last time; one transaction for all runs."""
    kept = [row for run_id, voice in voices for row in _changes(run_id, voice)]
    if kept:
        await writer.run(functools.partial(_keep, kept))


def _changes(run_id: UUID, voice: RunVoice) -> list[_Kept]:
    changed, voice.changed = voice.changed, set()
    rows: list[_Kept] = []
    for key in changed:
        n, parts = voice.texts[key]
        text = "".join(parts)
        voice.texts[key] = (n, [text])
        rows.append((run_id, voice.epoch, key, n, text, voice.last))
    return rows


def _keep(kept: list[_Kept]) -> None:
    for run_id, epoch, key, n, text, entry in kept:
        written = Draft.objects.filter(
            run_id=run_id, key=key, status=DraftStatus.WRITING, run__epoch=epoch
        ).update(text=text, text_call=n, text_entry=entry)
        if written:
            Call.objects.filter(run_id=run_id, n=n, status=CallStatus.SENT).update(
                status=CallStatus.STREAMING
            )
