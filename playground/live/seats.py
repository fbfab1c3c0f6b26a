"""A draft as the pages show it: its calls, its text, its state in words.

It is changed only by `following.Followed`; templates read its properties.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from playground.engine.chains import NOTHING_NEW
from playground.engine.picks import NOT_NEEDED
from playground.engine.plan import Slot
from playground.engine.routes import NOT_TAKEN
from playground.live.calls import CallView, summed
from playground.live.chips import Shown, after, beginning_of, dom_id, units
from playground.live.usual import Pace
from playground.web.formats import count, counted, ordinal, seconds

_MANY = 2
_LONG = 30_000
_GIVEN = {
    "reused": "reused from the run before",
    "edited": "edited by a person",
    "left_out": "left out by a person",
}
_WORDS = {
    "failed": "failed",
    "stopped": "stopped",
    "skipped": "not begun",
    "writing": "writing",
    "sent": "no word yet",
    "retry": "asks again soon",
}


@dataclass(slots=True)
class DraftView:
    """One draft of a run, with its calls and its text as far as it is known.

    A judge's draft is its reply (`judges`); `gloss` says in short what it found.
    """

    key: str
    layer: int
    label: str
    sample: int
    slot: Slot
    hue: str
    sees: str = "none"
    is_answer: bool = False
    status: str = "waiting"
    model: str = ""
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    call_n: int = 0
    references: list[Shown] = field(default_factory=list)
    seed: int | None = None
    cause: str = ""
    thought: int = 0
    reasoning: str = ""
    calls: list[CallView] = field(default_factory=list)
    pace: Pace | None = None
    given: str = ""
    margin: float | None = None
    is_judgement: bool = False
    is_twin: bool = False
    refines: bool = False
    judges: bool = False
    gloss: str = ""

    @property
    def dom(self) -> str:
        """Its part of DOM ids; a twin is shown on the same page as its draft."""
        return f"answer-{dom_id(self.key)}" if self.is_twin else dom_id(self.key)

    @property
    def twin(self) -> DraftView:
        """The draft once more, for a second place on the same page."""
        return replace(self, is_twin=True)

    @property
    def is_on_way(self) -> bool:
        """False for a draft of the branch that the run did not take."""
        return self.cause != NOT_TAKEN

    @property
    def many(self) -> bool:
        """True when its slot is sampled more than once."""
        return self.slot.samples > 1 or self.is_judgement

    @property
    def name(self) -> str:
        """`2B`, `2B, sample 3`, `2B, refinement 1` or `2B, judgement 4`."""
        name = f"{self.layer}{self.label}"
        if self.refines:
            return f"{name}, refinement {self.sample - self.slot.samples}"
        what = "judgement" if self.is_judgement else "sample"
        return f"{name}, {what} {self.sample}" if self.many else name

    @property
    def number(self) -> str:
        """Which draft of its slot it is, on a chip: `3`, or `r1` for a refinement."""
        if self.refines:
            return f"r{self.sample - self.slot.samples}"
        return str(self.sample)

    @property
    def text(self) -> str:
        """All of it so far."""
        if len(self.pieces) > 1:
            self.pieces[:] = ["".join(self.pieces)]
        return self.pieces[0] if self.pieces else ""

    @property
    def is_long(self) -> bool:
        """True when laying all of it out at once would hold up the page."""
        return self.length > _LONG

    @property
    def given_word(self) -> str:
        """Where its text came from, if nothing was called for it here."""
        return _GIVEN.get(self.given, "")

    @property
    def preview(self) -> str:
        """Its beginning as plain text, for a card that is folded."""
        if self.gloss:
            return self.gloss
        return beginning_of(self.text)

    def write(self, n: int, offset: int, text: str) -> bool:
        """Add what a delta says; a higher `n` starts afresh. False: a hole before it."""
        if n < self.call_n:
            return True
        if n > self.call_n:
            self.begin(n)
        if offset > self.length:
            return False
        fresh = after(text, self.length - offset)
        if fresh:
            self.pieces.append(fresh)
            self.length += units(fresh)
        return True

    def begin(self, n: int) -> None:
        """Start the text of a new call."""
        self.call_n, self.length, self.thought = n, 0, 0
        self.pieces.clear()

    # ── states ───────────────────────────────────────────────────────────

    @property
    def call(self) -> CallView | None:
        """The call that wrote it; until it is done the one that is open, or was the last."""
        if self.status == "done":
            for call in self.calls:
                if call.n == self.call_n:
                    return call
        return self.calls[-1] if self.calls else None

    @property
    def state(self) -> str:
        """The glyph's name: a draft's status, with `sent`, `waiting` and `retry` told apart."""
        if self.is_unread:
            return "degraded"
        if self.status == "writing" and not self.length:
            return "waiting" if self.is_unsent else "sent"
        if self.status == "waiting" and self.calls:
            return "retry"
        return self.status

    @property
    def is_unsent(self) -> bool:
        """True while its call waits for its turn at the provider."""
        return bool(self.calls) and self.calls[-1].is_waiting

    @property
    def is_unread(self) -> bool:
        """True for a judge whose reply says nothing, even after it was asked again."""
        return self.judges and self.status == "done" and self.cause != ""

    @property
    def is_over(self) -> bool:
        """True when nothing more will be written."""
        return self.status in {"done", "failed", "stopped", "skipped"}

    @property
    def started_ms(self) -> int | None:
        """When its first call went out."""
        return self.calls[0].opened_ms if self.calls else None

    @property
    def took_ms(self) -> int | None:
        """From its first call to the end of the one that counts."""
        last = self.call.ended_ms if self.call else None
        if last is None or self.started_ms is None:
            return None
        return last - self.started_ms

    @property
    def word(self) -> str:
        """The state in words, without seconds that go on counting."""
        if self.state == "sent" and self.thought:
            return f"thinking, {count(self.thought)} characters"
        if self.is_unread:
            return "could not be read"
        if self.given:
            return "left out" if self.given == "left_out" else "given"
        if self.state == "done":
            return f"done in {seconds(self.took_ms)}{self._which_call()}"
        return _WORDS.get(self.state, "waits")

    @property
    def gate_word(self) -> str:
        """The state as the answer's gate has it."""
        return {"done": "in", "retry": "again", "sent": "asked"}.get(
            self.state, self.state
        )

    @property
    def tick_from(self) -> int | None:
        """When the call went out that is still open; None when there is none."""
        call = self.call
        return call.opened_ms if call is not None and call.is_open else None

    @property
    def reads_drafts(self) -> bool:
        """True when drafts are laid before it."""
        return self.refines or self.sees != "none"

    @property
    def unbegun(self) -> str:
        """Why nobody began to write it, in a sentence."""
        if self.cause == NOTHING_NEW:
            return "There was nothing to refine with: what stands before it goes on."
        if self.cause == NOT_NEEDED:
            return "The drafts before it agreed: nobody had to write it."
        if not self.is_on_way:
            return "The run's route took the other branch."
        return "The run ended before it was its turn."

    @property
    def waits_for(self) -> str:
        """What it waits for, in a sentence."""
        call = self.call
        if call is None and self.refines:
            return "It is written once the drafts that it may read are there."
        if call is not None and call.is_waiting and call.waits == "pause":
            return "Not sent yet: the provider asked all calls to wait for a while."
        if call is None or call.is_waiting:
            return (
                "It waits for its turn: the provider takes only so many calls at once."
            )
        if self.state == "retry" and self.judges and self.cause:
            return f"Its reply could not be read: {self.cause}. It is asked once more."
        if self.state == "retry":
            return f"Call {len(self.calls)} did not work out; the next follows soon."
        return f"Sent to {self.model}. Its first word has not come yet."

    @property
    def usually(self) -> str:
        """How long its model usually takes in this place; empty where that is not known."""
        if self.pace is None:
            return ""
        first, took = seconds(self.pace.first_ms), seconds(self.pace.took_ms)
        return f"{first} to the first word, {took} in all"

    def _which_call(self) -> str:
        made = self.calls.index(self.call) + 1 if self.call else 0
        return f", {ordinal(made)} call" if made >= _MANY else ""

    # ── figures ──────────────────────────────────────────────────────────

    @property
    def cost_nanos(self) -> int | None:
        """What its calls cost; None when none of them has a price."""
        return summed(self.calls)

    @property
    def is_estimated(self) -> bool:
        """True when a provider did not say what it used."""
        return any(call.usage.estimated for call in self.calls if call.usage)

    @property
    def faults(self) -> list[CallView]:
        """The calls that ended badly, in order."""
        return [call for call in self.calls if call.fault or call.status == "lost"]

    @property
    def facts(self) -> list[str]:
        """Tokens, speed, first word, as short texts."""
        call = self.call
        if call is None:
            return []
        facts = []
        if call.usage is not None:
            cut = ", cut off" if call.was_cut else ""
            facts.append(counted(call.usage.tokens_out, "token") + cut)
        if call.speed is not None:
            facts.append(f"{call.speed} a second")
        if call.wait_ms is not None:
            facts.append(f"first word {seconds(call.wait_ms)}")
        if call.left_out:
            facts.append(f"{' and '.join(call.left_out)} left out")
        return facts

    @property
    def stand_in(self) -> str:
        """The model that writes in place of the slot's own, where one does."""
        return self.model if self.model != self.slot.model else ""

    @property
    def plans(self) -> str:
        """What happens when this draft cannot be written."""
        if not self.slot.fallback:
            return ""
        return f"{', then '.join(self.slot.fallback)} is asked instead"
