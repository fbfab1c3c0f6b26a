"""What a worker's runs say, gathered for 40 ms and written to their feeds together.

The only writer of feeds in a worker. Ids count up within the epoch, so whoever reads can
see a hole; what Redis did not take stays queued, in order, and is sent again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import redis.asyncio
from redis.exceptions import RedisError, ResponseError

from playground.engine.events import CallOpened, Row
from playground.runs.execution.telling import told_by
from playground.runs.feed import KEEP_SECONDS, feed_key, pack, position

log = logging.getLogger(__name__)
TICK_SECONDS = 0.04
MOST_A_FLUSH = 200


class RunVoice:
    """One run's voice in one epoch (the engine's `Voice`)."""

    def __init__(
        self,
        run_id: UUID,
        *,
        epoch: int,
        now: Callable[[], int],
        wake: Callable[[], None],
    ) -> None:
        self.key = feed_key(run_id)
        self.epoch = epoch
        self.waiting: deque[tuple[str, dict[str, Any]]] = deque()
        self.last = ""
        self.texts: dict[str, tuple[int, list[str]]] = {}
        self.changed: set[str] = set()
        # The calls that are known to stream, also to the database.
        self.streaming: set[int] = set()
        self._over: dict[str, int] = {}
        self._opened: dict[str, int] = {}
        self._seq = 0
        self._now = now
        self._wake = wake
        self._deltas: list[list[Any]] = []
        self._tails: dict[tuple[str, int], list[Any]] = {}
        self._thought: dict[tuple[str, int], int] = {}

    def delta(self, key: str, n: int, offset: int, text: str) -> None:
        """Say more of a draft. `offset` counts UTF-16 units from the call's start."""
        if not text or n <= self._over.get(key, 0):
            return
        held_n, held = self.texts.get(key, (0, []))
        if held_n != n:
            held_n, held = n, []
            self.texts[key] = (held_n, held)
        held.append(text)
        self.changed.add(key)
        tail = self._tails.get((key, n))
        if tail is None:
            tail = self._tails[(key, n)] = [key, n, offset, text]
            self._deltas.append(tail)
        else:
            tail[3] += text
        self._wake()

    def recall(self, texts: Mapping[str, tuple[int, str]]) -> None:
        """Take in what an earlier epoch said of unfinished drafts; it is not said again."""
        self.texts.update({key: (n, [text]) for key, (n, text) in texts.items()})

    def last_words(self, key: str) -> tuple[int, str] | None:
        """The call and the text that a draft stands at: no more of its calls is said.

        Its connection is closed only after the commit, and may bring more until then;
        readers must not see what is not kept. A call that is opened later speaks again.
        """
        self._over[key] = self._opened.get(key, 0)
        n, parts = self.texts.get(key, (0, []))
        return (n, "".join(parts)) if parts else None

    def reasoning(self, key: str, n: int, chars: int) -> None:
        """Say how much a call has thought so far; the thought itself is never fed."""
        self._thought[(key, n)] = chars
        self._wake()

    def waits(self, key: str, n: int, why: str) -> None:
        """Say that a call waits for its turn, and why; or that its turn has come."""
        if n > self._over.get(key, 0):
            self.say({"k": "note", "key": key, "n": n, "waits": why or None})

    def rows(self, rows: tuple[Row, ...] | list[Row]) -> None:
        """Say what has just been committed."""
        for row in rows:
            if isinstance(row, CallOpened):
                self._opened[row.key] = row.n
        for body in told_by(rows):
            self.say(body)

    def say(self, body: dict[str, Any]) -> None:
        """Queue one entry behind what has been said."""
        self.gather()
        self._queue({"t": self._now(), **body})
        self._wake()

    def gather(self) -> None:
        """Make one entry of the deltas that came since the last."""
        if self._deltas:
            deltas, self._deltas = self._deltas, []
            self._tails.clear()
            self._queue({"t": self._now(), "k": "delta", "x": deltas})
        for (key, n), chars in self._thought.items():
            self._queue(
                {"t": self._now(), "k": "note", "key": key, "n": n, "reasoning": chars}
            )
        self._thought.clear()

    def _queue(self, body: dict[str, Any]) -> None:
        self._seq += 1
        self.waiting.append((f"{self.epoch}-{self._seq}", body))


class Mouth:
    """Flushes all voices of a process: one pipeline a tick."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._redis = client
        self._voices: dict[str, RunVoice] = {}
        self._stirred = asyncio.Event()
        self._flushing = asyncio.Lock()
        self._is_heard = True

    def voice(self, run_id: UUID, *, epoch: int, now: Callable[[], int]) -> RunVoice:
        """A voice for a run that was just claimed."""
        voice = RunVoice(run_id, epoch=epoch, now=now, wake=self._stirred.set)
        self._voices[voice.key] = voice
        return voice

    def forget(self, voice: RunVoice) -> None:
        """Let a run's voice go."""
        if self._voices.get(voice.key) is voice:
            del self._voices[voice.key]

    async def speak(self) -> None:
        """Flush every tick while there is something to say. Runs until cancelled."""
        while True:
            await self._stirred.wait()
            await asyncio.sleep(TICK_SECONDS)
            self._stirred.clear()
            if not await self.flush():
                self._stirred.set()
                await asyncio.sleep(0.5)

    async def finish(self, voice: RunVoice, *, patience: float = 5.0) -> bool:
        """Flush until this voice has said all, or patience ends. True when all is out."""
        deadline = asyncio.get_running_loop().time() + patience
        while asyncio.get_running_loop().time() < deadline:
            taken = await self.flush()
            if taken and not voice.waiting:
                return True
            await asyncio.sleep(0.05 if taken else 0.5)
        return False

    async def flush(self) -> bool:
        """Write what waits. False when Redis did not take it; it is kept."""
        async with self._flushing:
            batch = [
                (voice, entry_id, body)
                for voice in list(self._voices.values())
                for entry_id, body in _next_of(voice)
            ]
            if not batch:
                return True
            try:
                answers = await self._send(batch)
            except (RedisError, OSError) as error:
                if self._is_heard:
                    log.warning("The feed is not reachable: %s", error)
                self._is_heard = False
                return False
        self._is_heard = True
        settled = [
            _settle(*said, told) for said, told in zip(batch, answers, strict=True)
        ]
        return all(settled)

    async def _send(
        self, batch: list[tuple[RunVoice, str, dict[str, Any]]]
    ) -> list[Any]:
        pipe = self._redis.pipeline(transaction=False)
        for voice, entry_id, body in batch:
            pipe.xadd(voice.key, pack(body), id=entry_id)  # type: ignore[arg-type]
        for key in {
            voice.key for voice, entry_id, _ in batch if _is_milestone(entry_id)
        }:
            pipe.expire(key, KEEP_SECONDS)
        answers = await pipe.execute(raise_on_error=False)
        return list(answers[: len(batch)])


def _next_of(voice: RunVoice) -> list[tuple[str, dict[str, Any]]]:
    voice.gather()
    return [
        voice.waiting[place] for place in range(min(MOST_A_FLUSH, len(voice.waiting)))
    ]


def _is_milestone(entry_id: str) -> bool:
    """The first entry of an epoch, and every 256th: enough to keep the expiry far away."""
    seq = position(entry_id)[1]
    return seq == 1 or seq % 256 == 0


def _settle(voice: RunVoice, entry_id: str, _: dict[str, Any], answer: Any) -> bool:
    """Take one entry off the queue when Redis has it."""
    if isinstance(answer, ResponseError) and "equal or smaller" in str(answer):
        # Either an earlier attempt got through and its answer was lost, or a later
        # epoch has opened. In both cases there is nothing left to say with this id.
        answer = entry_id
    if isinstance(answer, Exception):
        return False
    if voice.waiting and voice.waiting[0][0] == entry_id:
        voice.waiting.popleft()
        voice.last = entry_id
    return True
