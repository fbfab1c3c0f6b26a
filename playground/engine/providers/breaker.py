"""Decides when calls to a provider are not worth making. Knows no clock and no Redis.

| state   | how it comes                       | what calls do                          |
|---------|------------------------------------|----------------------------------------|
| closed  | a call got an answer of any kind   | go                                     |
| open    | MOST_FAILURES in a row in WINDOW_S,| stop, until the pause is over          |
|         | of FEWEST_DRAFTS drafts at least   |                                        |
| probing | one call went when it was over     | wait for its first word; another goes  |
|         |                                    | when that has not come in PROBE_S      |

A probe that fails opens it again for twice as long, up to LONGEST_PAUSE_S. Only failures
that speak of the provider count; one draft's alone never do, its prompt may be at fault.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final, Literal

from playground.engine.errors import (
    CallError,
    ConnectFailed,
    Cut,
    ServerFailed,
    TimedOut,
)

MOST_FAILURES: Final = 12
FEWEST_DRAFTS: Final = 4
WINDOW_S: Final = 60.0
FIRST_PAUSE_S: Final = 2.0
LONGEST_PAUSE_S: Final = 60.0
PROBE_S: Final = 30.0
_OF_PROVIDER: Final = (ConnectFailed, ServerFailed)
# These, too, where the call brought nothing at all.
_WITHOUT_A_WORD: Final = (TimedOut, Cut)


@dataclass(frozen=True, slots=True)
class Pause:
    """Calls stop until then; `times` in a row now, `why` in the last failure's words."""

    until: float
    times: int
    why: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call is to do, and for how many seconds before it asks again."""

    act: Literal["go", "probe", "wait", "stop"]
    seconds: float = 0.0


_GO: Final = Answer("go")


def speaks_of_provider(error: CallError, *, heard: bool) -> bool:
    """Whether a failure is the provider's and not this one request's."""
    kinds = _OF_PROVIDER if heard else (*_OF_PROVIDER, *_WITHOUT_A_WORD)
    return isinstance(error, kinds)


class Breaker:
    """The state of one provider. Times are seconds of any clock that never goes back."""

    def __init__(self) -> None:
        self.pause: Pause | None = None
        self._failures: deque[tuple[float, str]] = deque(maxlen=MOST_FAILURES)
        self._probe_until: float | None = None

    def ask(self, now: float) -> Answer:
        """What a call may do now. Who is told to probe is the probe until it says more."""
        pause = self.pause
        if pause is None:
            return _GO
        if now < pause.until:
            return Answer("stop", pause.until - now)
        if self._probe_until is not None and now < self._probe_until:
            return Answer("wait", self._probe_until - now)
        self._probe_until = now + PROBE_S
        return Answer("probe", PROBE_S)

    def probed_elsewhere(self, until: float) -> None:
        """Another worker's call is the probe."""
        self._probe_until = until

    def is_probed(self, now: float) -> bool:
        """True while a call is on its way to find out."""
        return self._probe_until is not None and now < self._probe_until

    def let_go(self) -> bool:
        """The probe is over. True when it said nothing: the next call may be one."""
        was_probing = self._probe_until is not None
        self._probe_until = None
        return was_probing

    def worked(self) -> bool:
        """A call got an answer. True when the pause ends by that."""
        was_paused = self.pause is not None
        self.pause = self._probe_until = None
        self._failures.clear()
        return was_paused

    def failed(
        self,
        draft: str,
        why: str,
        *,
        now: float,
        is_probe: bool = False,
        after: float | None = None,
    ) -> Pause | None:
        """A call failed by the provider's fault. The pause that begins by that, if any.

        `after` is how long the provider asked us to wait. What was sent before a pause
        and fails in it lengthens nothing.
        """
        if self.pause is not None:
            return self._open(why, now, after) if is_probe else None
        self._failures.append((now, draft))
        first = self._failures[0][0]
        is_run = len(self._failures) == MOST_FAILURES and now - first <= WINDOW_S
        drafts = {each for _, each in self._failures}
        if not is_run or len(drafts) < FEWEST_DRAFTS:
            return None
        return self._open(why, now, after)

    def take_over(self, pause: Pause) -> bool:
        """A pause that another worker began. True when it is news."""
        known = self.pause
        if known is not None and pause.times <= known.times:
            return False
        self.pause, self._probe_until = pause, None
        return True

    def _open(self, why: str, now: float, after: float | None) -> Pause:
        times = self.pause.times + 1 if self.pause else 1
        seconds = max(FIRST_PAUSE_S * 2 ** min(times - 1, 10), after or 0.0)
        self.pause = Pause(now + min(seconds, LONGEST_PAUSE_S), times, why)
        self._probe_until = None
        return self.pause
