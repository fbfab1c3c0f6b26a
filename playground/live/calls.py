"""One call as the pages show it: when, how fast, how it ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from playground.engine.lessons import Lesson
from playground.engine.usage import Usage
from playground.live.faults import Fault

# What providers call it, in the words of the page.
_FINISHES = {
    "": "ended; the provider did not say why",
    "stop": "ended by itself",
    "end_turn": "ended by itself",
    "stop_sequence": "ended at a stop sequence",
    "content_filter": "ended by the provider's filter",
    "tool_calls": "ended to call a tool",
}
_GLYPHS = {
    "streaming": "writing",
    "lost": "retry",
    "cancelled": "stopped",
}


@dataclass(slots=True)
class CallView:
    """One call. Times in ms since the run's start; `waits` is why it is not sent yet."""

    n: int
    key: str
    alias: str
    opened_ms: int
    status: str = "sent"
    first_ms: int | None = None
    ended_ms: int | None = None
    usage: Usage | None = None
    cost_nanos: int | None = None
    fault: Fault | None = None
    retry_at: int | None = None
    finish_reason: str = ""
    max_tokens: int | None = None
    waits: str = ""
    lessons: tuple[Lesson, ...] = ()
    least_in: int | None = None

    @property
    def is_open(self) -> bool:
        """True until the provider has answered in full."""
        return self.ended_ms is None and self.status in {"sent", "streaming"}

    @property
    def is_waiting(self) -> bool:
        """True while it is not sent: its turn has not come, or the provider pauses."""
        return bool(self.waits) and self.is_open

    @property
    def is_sent(self) -> bool:
        """True while it is at the provider, who may bill it."""
        return self.is_open and not self.is_waiting

    @property
    def wait_ms(self) -> int | None:
        """From the call to its first word."""
        return None if self.first_ms is None else max(0, self.first_ms - self.opened_ms)

    @property
    def tokens_in(self) -> int | None:
        """Tokens read; None while nobody knows."""
        return None if self.usage is None else self.usage.tokens_in

    @property
    def tokens_out(self) -> int | None:
        """Tokens written; None while nobody knows."""
        return None if self.usage is None else self.usage.tokens_out

    @property
    def speed(self) -> int | None:
        """Tokens a second, from the first word to the end."""
        if self.usage is None or self.first_ms is None or self.ended_ms is None:
            return None
        wrote_ms = self.ended_ms - self.first_ms
        # Below a tenth of a second the figure says more of the clock than of the model.
        return (
            round(self.usage.tokens_out * 1000 / wrote_ms) if wrote_ms >= 100 else None
        )

    @property
    def was_cut(self) -> bool:
        """True when it wrote until its limit, so that its text may end in mid-sentence."""
        return self.finish_reason == "length"

    @property
    def finish(self) -> str:
        """Why the model stopped writing, in words; empty while it has not."""
        if self.status != "done":
            return ""
        if self.was_cut:
            most = "" if self.max_tokens is None else f" of {self.max_tokens:,} tokens"
            return f"cut at its limit{most}"
        return _FINISHES.get(self.finish_reason, self.finish_reason)

    @property
    def left_out(self) -> list[str]:
        """What the slot asks for and its model does not take."""
        return [lesson.field for lesson in self.lessons if lesson.is_of_slot]

    @property
    def caution(self) -> str:
        """What is to be known of a call that ended well; mostly nothing."""
        if self.least_in is None or self.tokens_in is None:
            return ""
        return (
            f"The provider read {self.tokens_in:,} tokens of a prompt that has at least "
            f"{self.least_in:,}: it seems to cut prompts, and says nothing of it."
        )

    @property
    def glyph(self) -> str:
        """The name of the shape that goes with its status."""
        return _GLYPHS.get(self.status, self.status)

    @property
    def outcome(self) -> str:
        """How it ended, in a word or two."""
        if self.fault is not None:
            return self.fault.title
        words = {"lost": "lost with its worker", "cancelled": "stopped"}
        return words.get(self.status, "")


def summed(calls: Iterable[CallView]) -> int | None:
    """The cost of the calls that have one; None when none has."""
    costs = [call.cost_nanos for call in calls if call.cost_nanos is not None]
    return sum(costs) if costs else None
