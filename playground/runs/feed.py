"""The ordered stream of what a run said: written and read here, and nowhere else.

One Redis Stream a run, ids `{epoch}-{seq}`. Redis refuses an id that is not above the
top, so a worker whose epoch is over cannot write once the next epoch has opened.
After the end a compressed copy lies in SQL and the stream expires.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID

import orjson
from django.core.exceptions import ImproperlyConfigured
from redis.exceptions import RedisError

from playground.db.redis import redis_now
from playground.engine.providers.redaction import encodable
from playground.runs.models import Run

KEEP_SECONDS = 86_400
KEEP_AFTER_END_SECONDS = 3_600
START = "0-0"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a run said. `body` holds `t`, `k` and what belongs to the kind."""

    id: str
    body: dict[str, Any]

    @property
    def kind(self) -> str:
        """run, layer, draft, delta, note or end."""
        return str(self.body["k"])


def feed_key(run_id: UUID | str) -> str:
    """The stream's key in Redis."""
    return f"moa:feed:{run_id}"


def position(entry_id: str) -> tuple[int, int]:
    """An entry id as something that compares. Raises ValueError when it is none."""
    epoch, _, seq = entry_id.partition("-")
    return int(epoch), int(seq)


def pack(body: dict[str, Any]) -> dict[str, bytes]:
    """The fields of a stream entry. Whatever it holds, it does not block what follows."""
    try:
        return {"e": orjson.dumps(body)}
    except TypeError:
        return {"e": encodable(json.dumps(body, ensure_ascii=False)).encode()}


def unpack(rows: Any) -> list[Entry]:
    """Stream rows, as Redis gives them (id, {field: value}), as entries."""
    return [Entry(row_id.decode(), orjson.loads(row[b"e"])) for row_id, row in rows]


def read_feed(run: Run, since: str = START) -> list[Entry]:
    """All entries after `since`, in order: from Redis, else from the copy in SQL.

    Redis may be away or have forgotten the stream; then what SQL kept is the answer,
    and for a run that still goes on that is nothing.
    """
    try:
        rows = redis_now().xrange(feed_key(run.id), min=f"({since}", max="+")
    except (RedisError, ImproperlyConfigured):
        rows = []
    return unpack(rows) or read_copy(run, since)


def append(run: Run, entries: Sequence[Entry], *, keep_seconds: int) -> bool:
    """Add entries without a worker, then let the stream expire. False without Redis."""
    key = feed_key(run.pk)
    try:
        pipe = redis_now().pipeline(transaction=False)
        for entry in entries:
            pipe.xadd(key, pack(entry.body), id=entry.id)  # type: ignore[arg-type]
        pipe.expire(key, keep_seconds)
        pipe.execute(raise_on_error=False)
    except (RedisError, ImproperlyConfigured):
        return False
    return True


def read_copy(run: Run, since: str = START) -> list[Entry]:
    """The entries after `since` that SQL keeps of a run that has ended."""
    if run.feed_copy is None:
        return []
    lines = zlib.decompress(bytes(run.feed_copy)).splitlines()
    entries = [Entry(entry_id, body) for entry_id, body in map(orjson.loads, lines)]
    start = position(since)
    return [entry for entry in entries if position(entry.id) > start]


def closing_entry(run: Run, last: str) -> Entry:
    """The end of a run that nobody could say any more, as SQL has it, behind `last`."""
    epoch, seq = position(last)
    started, ended = run.started_at or run.created_at, run.ended_at or run.created_at
    body = {
        "t": round((ended - started).total_seconds() * 1000),
        "k": "end",
        "status": run.status,
        "reason": run.reason or None,
        "degraded": run.degraded,
        "answer": run.answer_key or None,
        "message": run.message,
    }
    if epoch < run.epoch:
        epoch, seq = run.epoch, 0
    return Entry(f"{epoch}-{seq + 1}", body)


def pack_copy(entries: Sequence[Entry]) -> bytes:
    """The compressed form in which SQL keeps a feed."""
    lines = (orjson.dumps([entry.id, entry.body]) for entry in entries)
    return zlib.compress(b"\n".join(lines), level=6)


def keep_copy(run: Run, entries: Sequence[Entry]) -> None:
    """Keep the feed of a run that has ended in SQL."""
    Run.objects.filter(pk=run.pk).update(
        feed_copy=pack_copy(entries) if entries else None,
        feed_last=entries[-1].id if entries else START,
    )


def shown_texts(
    entries: Iterable[Entry],
    *,
    kept: Mapping[str, tuple[int, str]] = MappingProxyType({}),
) -> dict[str, dict[int, str]]:
    """Per draft key and call number, the text that a reader of `entries` has seen.

    `kept` are checkpoints, by draft the call and its text: a stream that lost its
    beginning goes on from them. Offsets count UTF-16 units; a delta that overlaps what
    is there adds only the rest, one that leaves a hole is not applied, because its
    place is not known.
    """
    shown: dict[str, dict[int, bytes]] = {
        key: {n: text.encode("utf-16-le", "surrogatepass")}
        for key, (n, text) in kept.items()
    }
    for entry in entries:
        for key, n, offset, text in entry.body.get("x", ()):
            calls = shown.setdefault(key, {})
            calls[n] = _extend(calls.get(n, b""), offset=offset, text=text)
    return {
        key: {n: _from_utf16(units) for n, units in calls.items()}
        for key, calls in shown.items()
    }


def first_words(entries: Iterable[Entry]) -> dict[int, int]:
    """Per call number, the ms from its opening to the first that readers heard of it."""
    opened: dict[int, int] = {}
    first: dict[int, int] = {}
    for entry in entries:
        body = entry.body
        if entry.kind == "draft" and body["status"] == "writing":
            opened[body["n"]] = body.get("opened_ms", body["t"])
        heard = [n for _, n, _, _ in body.get("x", ())]
        if entry.kind == "note" and body.get("reasoning"):
            heard.append(body["n"])
        for n in heard:
            first.setdefault(n, body["t"])
    return {n: max(0, at - opened[n]) for n, at in first.items() if n in opened}


def thought(entries: Iterable[Entry]) -> dict[int, int]:
    """Per call number, how many characters it had thought at last."""
    notes = (entry.body for entry in entries if entry.kind == "note")
    return {body["n"]: body["reasoning"] for body in notes if body.get("reasoning")}


def waits(entries: Iterable[Entry]) -> dict[int, str]:
    """Per call number, what it waits for at its provider; sent calls are left out."""
    told = (entry.body for entry in entries if entry.kind == "note")
    last = {body["n"]: body["waits"] for body in told if "waits" in body}
    return {n: why for n, why in last.items() if why}


def _extend(units: bytes, *, offset: int, text: str) -> bytes:
    have = len(units) // 2
    if offset > have:
        return units
    return units + text.encode("utf-16-le", "surrogatepass")[2 * (have - offset) :]


def _from_utf16(units: bytes) -> str:
    return units.decode("utf-16-le", "replace")
