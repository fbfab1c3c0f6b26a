"""Reads what judges reply. A judge's draft is its reply, and what it means follows from
that text alone: read again, it means the same.

Judges are asked for one JSON object. Models put it into fences and prose, so every object
in a reply is tried where it begins, those outside before those within, and **the first
that fits counts**. What a model thinks before it replies is not looked at. A reply that
cannot be read is asked for once more; then it is counted as unread, and nothing is put
in its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import msgspec

from playground.engine.messages import Message
from playground.engine.prompts import without_thoughts
from playground.engine.tokens import bound_of_text

Value = TypeVar("Value")
# Text before the object may be full of braces; nobody looks through a whole book for it.
MOST_TRIED = 200
_FAULT = "Your reply could not be read: {reason}. "
AS_OBJECT = (
    "Reply once more, with nothing but one JSON object in the form that was asked for."
)
AS_LETTER = (
    "Reply once more, with one letter and nothing else: A or B for the better draft, C "
    "when neither is better."
)
LONGEST_REASON = 300
REPAIR_TOKENS = LONGEST_REASON + max(
    bound_of_text(_FAULT + form) for form in (AS_OBJECT, AS_LETTER)
)
# JSON can spell characters that no database stores: NUL, and halves of pairs.
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
# What judges call what they are shown, besides drafts.
CALLED = (
    "draft",
    "reference",
    "response",
    "answer",
    "reply",
    "option",
    "candidate",
    "assistant",
    "model",
)
_AROUND_NAME = re.compile(rf"^\W*(?:(?:{'|'.join(CALLED)})\b\W*)?|\W+$", re.IGNORECASE)
_KEY = re.compile(r"(?<![\w.])\d{1,3}\.[A-Z]\d{0,3}\.\d{1,4}(?![\w]|\.\d)")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A reply that says nothing. `reason` is told to the judge, and to people."""

    reason: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", self.reason[:LONGEST_REASON])


class Misread(Exception):
    """Raised while a reply is read that has the right form and makes no sense."""


def read_json(reply: str, schema: type[Value]) -> Value | Unreadable:
    """The first JSON object in a reply that fits a msgspec schema, or why none does."""
    said = without_thoughts(reply)
    fault = ""
    for found in objects_in(said):
        try:
            return msgspec.convert(found, schema)
        except msgspec.ValidationError as error:
            fault = fault or f"its JSON does not fit: {error}"
    if fault:
        return Unreadable(fault)
    broken = "{" in said
    return Unreadable(
        "the JSON in it is broken or cut off" if broken else "it has no JSON object"
    )


def repair(
    messages: Sequence[Message], reply: str, reason: str, form: str = AS_OBJECT
) -> tuple[Message, ...]:
    """What a judge is asked whose reply could not be read: all of it, and what was wrong.

    `form` says what its layer's kind can read.
    """
    return (
        *messages,
        Message("assistant", without_thoughts(reply)),
        Message("user", _FAULT.format(reason=reason.rstrip(".")) + form),
    )


class Names:
    """The drafts before a judge, by the labels that they carry there, in their order."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._keys = dict(keys)
        self._folded = {label.casefold(): key for label, key in keys.items()}

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels as the judge sees them."""
        return tuple(self._keys)

    def label(self, key: str) -> str:
        """The label of a draft; its key when it is not among them."""
        found = (label for label, each in self._keys.items() if each == key)
        return next(found, key)

    def key(self, said: str | int) -> str:
        """The draft that a judge means; Misread when there is none of that name."""
        name = str(said).strip()
        bare = _AROUND_NAME.sub("", name)
        for each in (name, bare):
            if each in self._keys:
                return self._keys[each]
            if each in self._keys.values():
                return each
            if each.casefold() in self._folded:
                return self._folded[each.casefold()]
        known = ", ".join(self._keys)
        raise Misread(f"it names a draft `{name[:40]}`, and the drafts are {known}")

    def with_keys(self, prose: str) -> str:
        """A sentence in which drafts are called by their keys and not by these labels.

        A label counts where it stands behind a word for a draft: a lone `A` is a word.
        """
        return self._mentions.sub(
            lambda group: self._each.sub(
                lambda found: self._folded[found[0].casefold()], group[0]
            ),
            prose,
        )

    def with_labels(self, prose: str) -> str:
        """The inverse of `with_keys`, for readers who know the drafts by these labels."""
        return _KEY.sub(lambda found: self.label(found[0]), prose)

    @cached_property
    def _mentions(self) -> re.Pattern[str]:
        called = "|".join(CALLED)
        one = rf"(?:{self._each.pattern})"
        return re.compile(
            rf"\b(?i:{called})s?\s+{one}(?:(?:\s*(?:,|&|/|and|or|nor|vs\.?)\s*)+{one})*"
        )

    @cached_property
    def _each(self) -> re.Pattern[str]:
        longest_first = sorted(self._keys, key=len, reverse=True)
        either = "|".join(map(re.escape, longest_first)) or r"(?!)"
        return re.compile(rf"(?<!\w)(?:{either})(?!\w|\.\d)")

    def keys(self, said: Sequence[str | int]) -> tuple[str, ...]:
        """The drafts that a judge means, each once, in the judge's order."""
        return tuple(dict.fromkeys(self.key(each) for each in said))


def objects_in(text: str) -> Iterator[Any]:
    """Every JSON object in a text, in the order of their beginnings."""
    start = text.find("{")
    for _ in range(MOST_TRIED):
        if start < 0:
            return
        try:
            found, _end = _DECODER.raw_decode(text, start)
            yield _as_text(found)
        except (ValueError, RecursionError):
            pass
        start = text.find("{", start + 1)


def _as_text(found: Any) -> Any:
    match found:
        case str():
            return _NOT_TEXT.sub("\ufffd", found)
        case list():
            return [_as_text(each) for each in found]
        case dict():
            return {_as_text(name): _as_text(each) for name, each in found.items()}
        case _:
            return found
