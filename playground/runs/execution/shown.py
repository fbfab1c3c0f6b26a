"""What readers saw of drafts that are not finished: the feed has it, or the checkpoint.

Whoever ends or takes over a run keeps it, so that no text that was read vanishes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from playground.engine.events import Heard
from playground.engine.tokens import bytes_of
from playground.runs.feed import Entry, first_words, position, shown_texts, thought
from playground.runs.models import Call, Draft, Run
from playground.runs.queries import checkpoints_of
from playground.runs.states import CallStatus, DraftStatus


@dataclass(frozen=True, slots=True)
class Shown:
    """By draft, the last call that said something, and what readers saw of it."""

    texts: dict[str, tuple[int, str]]
    open_calls: Mapping[int, str]
    waits: dict[int, int]
    thoughts: dict[int, int]
    is_whole: bool

    def of_call(self, n: int) -> str:
        """What readers saw of one of the open calls."""
        said, text = self.texts.get(self.open_calls[n], (0, ""))
        return text if said == n else ""

    @property
    def heard(self) -> Heard:
        """The same as the machine counts it. A call of unknown length is left out."""
        received = {n: self._received(n) for n in self.open_calls}
        return Heard(
            received={n: size for n, size in received.items() if size or self.is_whole},
            first_token_ms={n: self.waits[n] for n in received if n in self.waits},
        )

    def _received(self, n: int) -> int:
        """Bytes. Of thoughts readers heard the length in characters alone."""
        return bytes_of(self.of_call(n)) + self.thoughts.get(n, 0)


def shown_of(
    run: Run, *, epoch: int, open_calls: Mapping[int, str], feed: Sequence[Entry]
) -> Shown:
    """What was said before `epoch`. Without Redis the feed is empty: checkpoints stay."""
    entries = [entry for entry in feed if position(entry.id)[0] < epoch]
    unfinished = Draft.objects.filter(
        run=run, status__in=[DraftStatus.WAITING, DraftStatus.WRITING]
    )
    keys = {draft.key for draft in unfinished}
    told = shown_texts(entries, kept=checkpoints_of(unfinished))
    texts = {
        key: max(said)
        for key, calls in told.items()
        if key in keys and (said := [each for each in calls.items() if each[1]])
    }
    return Shown(
        texts, open_calls, first_words(entries), thought(entries), bool(entries)
    )


def keep_open_calls(run: Run, shown: Shown) -> None:
    """Store what readers saw of each open call with the call itself."""
    for n in shown.open_calls:
        Call.objects.filter(
            run=run, n=n, status__in=[CallStatus.SENT, CallStatus.STREAMING]
        ).update(text=shown.of_call(n))
