"""Models that write words at a steady pace, all driven by one timer.

One heap of due times for all streams costs far less than a sleeping task for each;
a stream that is late sends what is due in one write.
"""

from __future__ import annotations

import asyncio
import heapq
import re
import time
from dataclasses import dataclass

import orjson

from tests.stub.chunks import chunk, ending, event, said, usage_of, whole
from tests.stub.reply import Reply

PACE = re.compile(r"m-(\d+)-(\d+)-(\d+)((?:-[trx]\d*)*)")
OPTION = re.compile(r"-([trx])(\d*)")


@dataclass(frozen=True, slots=True)
class Pace:
    """How a model writes: milliseconds, numbers of chunks, and its options."""

    first_ms: int
    chunks: int
    every_ms: int
    stamps: bool = False
    thoughts: int = 0
    width: int = 0


def pace_of(name: str) -> Pace | None:
    """The pace that a model's name asks for, if it is one of a pace."""
    if not (match := PACE.fullmatch(name)):
        return None
    options = {letter: int(n or 1) for letter, n in OPTION.findall(match[4])}
    return Pace(
        int(match[1]),
        int(match[2]),
        int(match[3]),
        stamps="t" in options,
        thoughts=options.get("r", 0),
        width=options.get("x", 0),
    )


class Writing:
    """One paced answer: words w1, w2, …; the first is led by the markers."""

    def __init__(self, reply: Reply, pace: Pace) -> None:
        self.reply = reply
        self.pace = pace
        asked = reply.seen.body.get("max_tokens")
        budget = pace.chunks + pace.thoughts
        self.total = min(budget, int(asked)) if asked is not None else budget
        self.finish = "length" if self.total < budget else "stop"
        self.written = 0
        self.due = time.monotonic() + pace.first_ms / 1000
        before, after = event(said(reply.seen, "\0")).split(b"\\u0000")
        self._before, self._after = before, after

    def __lt__(self, other: Writing) -> bool:
        return self.due < other.due

    def step(self, now: float) -> bool:
        """Write all that is due; True when there is more to come."""
        if self.reply.over.is_set():
            return False
        events: list[bytes] = []
        while self.written < self.total and self.due <= now:
            events.append(self._next())
            self.due += self.pace.every_ms / 1000
        if self.written < self.total:
            self.reply.send(b"".join(events))
            return True
        self.reply.end(b"".join(events) + self._ending())
        return False

    def text(self) -> str:
        """All that the answer will say, at once."""
        words = range(1, self.total - min(self.pace.thoughts, self.total) + 1)
        return "".join(self._word(n) for n in words)

    def usage(self) -> dict[str, object]:
        thought = min(self.pace.thoughts, self.total)
        return usage_of(self.reply.seen, self.total, thought)

    def _next(self) -> bytes:
        self.written += 1
        thoughts = self.pace.thoughts
        if self.written <= thoughts:
            thought = {"reasoning_content": f"r{self.written} "}
            return event(chunk(self.reply.seen, thought))
        word = self._word(self.written - thoughts)
        return b"%b%b%b" % (self._before, word.encode(), self._after)

    def _word(self, n: int) -> str:
        stamp = f"@{time.monotonic_ns() // 1000}" if self.pace.stamps else ""
        word = f"w{n}{stamp}".ljust(self.pace.width, "x")
        return f"{self._lead()}{word} " if n == 1 else f"{word} "

    def _lead(self) -> str:
        seen = self.reply.seen
        read = f" read {' '.join(seen.references)}" if seen.references else ""
        return f"{seen.marker}{read}: "

    def _ending(self) -> bytes:
        return ending(self.reply.seen, self.finish, self.usage())


class Pacer:
    """The one timer of all paced answers of a loop."""

    def __init__(self) -> None:
        self._heap: list[Writing] = []
        self._timer: asyncio.TimerHandle | None = None

    def start(self, reply: Reply, pace: Pace) -> None:
        """Answer in the given pace; returns at once."""
        writing = Writing(reply, pace)
        if not reply.seen.body.get("stream"):
            asyncio.get_running_loop().call_later(
                pace.first_ms / 1000, self._answer_whole, writing
            )
            return
        reply.open()
        heapq.heappush(self._heap, writing)
        self._arm()

    @property
    def written(self) -> int:
        """The chunks of all answers that are being written now."""
        return sum(writing.written for writing in self._heap)

    def stop(self) -> None:
        """Write nothing more."""
        self._heap.clear()
        if self._timer:
            self._timer.cancel()

    def _arm(self) -> None:
        if self._timer:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        wait = max(self._heap[0].due - time.monotonic(), 0)
        self._timer = loop.call_later(wait, self._tick)

    def _tick(self) -> None:
        self._timer = None
        # Half a millisecond of look-ahead: neighbours share one wake-up.
        now = time.monotonic() + 0.0005
        while self._heap and self._heap[0].due <= now:
            writing = self._heap[0]
            if writing.step(now):
                heapq.heapreplace(self._heap, writing)
            else:
                heapq.heappop(self._heap)
        if self._heap:
            self._arm()

    @staticmethod
    def _answer_whole(writing: Writing) -> None:
        reply, thoughts = writing.reply, min(writing.pace.thoughts, writing.total)
        thought = "".join(f"r{n} " for n in range(1, thoughts + 1))
        answer = whole(
            reply.seen, writing.text(), writing.finish, writing.usage(), thought
        )
        reply.whole(200, orjson.dumps(answer))
