"""What a model was found not to take of a request, and what goes in its place.

Learned from a provider's first refusal and applied to every later call. The cap on what
may be written is renamed, never left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from playground.engine.messages import Message

# How many lessons one draft takes from one model: whoever refuses more refuses all.
MOST_LESSONS: Final = 16
SYSTEM: Final = "system"
CAP: Final = "max_tokens"
# Fields that are sent whatever a slot asks for.
_ALWAYS: Final = frozenset((CAP, "stream", "stream_options"))


@dataclass(frozen=True, slots=True, order=True)
class Lesson:
    """`field` of a request is not taken; `instead` goes in its place, nothing if empty.

    The field `system` is the role of system messages; `user` in its place means that
    their text is laid before the first user message.
    """

    field: str
    instead: str = ""

    def __str__(self) -> str:
        if self.field == SYSTEM:
            if self.instead == "user":
                return "system text laid before the prompt"
            return f"system text sent as {self.instead}"
        return f"{self.field} {self._fate}"

    @property
    def _fate(self) -> str:
        return f"sent as {self.instead}" if self.instead else "left out"

    @property
    def is_of_slot(self) -> bool:
        """True when it leaves out what a slot's parameters ask for."""
        return not self.instead and self.field not in _ALWAYS

    def to_json(self) -> list[str]:
        """The lesson as journal and feed keep it."""
        return [self.field, self.instead]

    @classmethod
    def from_json(cls, stored: Iterable[str]) -> Lesson:
        """The inverse of `to_json`."""
        return cls(*stored)


def in_force(
    known: Iterable[Lesson], params: Mapping[str, object], messages: Iterable[Message]
) -> tuple[Lesson, ...]:
    """Those that change a call with these parameters and messages, in a fixed order."""
    lessons = sorted(set(known))
    if not lessons:
        return ()
    extra = params.get("extra")
    asked = {name for name, value in params.items() if value not in (None, (), [], {})}
    asked |= set(extra) if isinstance(extra, Mapping) else set()
    asked |= {SYSTEM for message in messages if message.role == SYSTEM}
    return tuple(lesson for lesson in lessons if lesson.field in asked | _ALWAYS)
