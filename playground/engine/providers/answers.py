"""Reads one answer's bytes: a stream of events, or a complete JSON answer.

No I/O. Provider bytes are data: known fields are picked out, the rest is dropped.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

import orjson

from playground.engine.errors import CallError
from playground.engine.odds import TokenOdds
from playground.engine.providers.counting import Counter
from playground.engine.providers.faults import Faults
from playground.engine.providers.odds import MOST_TOKENS, odds_in
from playground.engine.providers.redaction import encodable, storable
from playground.engine.providers.sse import Event, EventParser, EventTooLarge
from playground.engine.providers.thoughts import Thoughts
from playground.engine.providers.wire import Finished, Piece

MOST_BYTES: Final = 16 * 1024 * 1024
_MOST_PAGE: Final = 8192
_WITHHELD: Final = frozenset(
    (
        "content_filter",
        "safety",
        "recitation",
        "prohibited_content",
        "blocklist",
        "spii",
    )
)


class AnswerReader:
    """Feed it what the network brings; it hands out pieces and, last, the end."""

    def __init__(self, faults: Faults, headers: Mapping[str, str]) -> None:
        self._faults = faults
        self._headers = headers
        self._parser = EventParser()
        self._counter = Counter()
        self._form: str | None = None  # events, json or page, by its first byte
        self._whole = bytearray()
        self._size = 0
        self._events = 0
        self._text: list[str] = []
        self._thoughts: list[str] = []
        self._inner = Thoughts()
        self._odds: list[TokenOdds] = []
        self._half = ""
        self._spoke = False
        self._finish: str | None = None
        # Kept until `end`: the text that came before it is handed out first.
        self._failure: CallError | None = None
        self.done = False

    @property
    def over(self) -> bool:
        """Whether nothing that may still come can matter."""
        return self.done or self._failure is not None

    @property
    def complete(self) -> bool:
        """Whether the provider said in some way that the answer is whole."""
        return self.done or self._finish is not None

    def feed(self, data: bytes) -> Piece | None:
        """Take one network read; its text, joined, when there is any."""
        self._size += len(data)
        if self._size > MOST_BYTES:
            raise self._faults.garbled("sent far more than was asked for")
        if self._form == "events":
            return self._feed_events(data)
        return self._feed_first(data)

    def end(self) -> Piece | None:
        """The stream has ended; the text that only now is known, if any."""
        if self._failure:
            raise self._failure
        if self._form == "page":
            raise self._faults.page(self._whole.decode("utf-8", "replace"))
        if self._form == "json":
            return self._read_whole()
        if self.done:
            return self._piece(final=True)
        for event in self._parser.close():
            # An event cut in two is a cut, and no garbled answer.
            if self._loads(event[1]) is not None or event[1].strip() == b"[DONE]":
                self._event(event)
        return self._piece(final=True)

    def finished(self) -> Finished:
        """The end of the answer; raises when it was not a good one."""
        if not self.complete:
            raise self._broken_off()
        reason = self._finish
        if reason == "error":
            raise self._counted(self._faults.errored())
        if reason and reason.lower() in _WITHHELD and not self._spoke:
            raise self._counted(self._faults.withheld(reason))
        word = self._faults.word(reason) if reason else None
        return Finished(self._counter.usage(), word, tuple(self._odds))

    def _counted(self, error: CallError) -> CallError:
        """The error with what the provider counted: an answer that is kept back costs."""
        error.usage = self._counter.usage()
        return error

    def _broken_off(self) -> Exception:
        if self._events or self._spoke:
            return self._faults.cut("broke off its answer before the end")
        said = bytes(self._whole).decode("utf-8", "replace").strip()
        if said and not said.startswith((":", "data:", "event:")):
            return self._faults.garbled("answered with text that is no event", said)
        return self._faults.cut("closed the connection without a word")

    def _feed_first(self, data: bytes) -> Piece | None:
        """Decide by the first byte what this is, whatever the content type says."""
        self._whole += data
        if self._form is None:
            first = bytes(self._whole[:64]).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
            if first and first != b"\xef":
                forms = {b"<": "page", b"{": "json", b"[": "json"}
                self._form = forms.get(first, "events")
        if self._form == "events":
            data, self._whole = bytes(self._whole), self._whole[:_MOST_PAGE]
            return self._feed_events(data)
        if self._form == "page" and len(self._whole) > _MOST_PAGE:
            raise self._faults.page(self._whole.decode("utf-8", "replace"))
        return None

    def _feed_events(self, data: bytes) -> Piece | None:
        try:
            for event in self._parser.feed(data):
                self._event(event)
                if self.done:
                    break
        except EventTooLarge:
            self._failure = self._faults.garbled("sent an event that is too large")
        except CallError as failure:
            self._failure = failure
        return self._piece()

    def _event(self, event: Event) -> None:
        name, data = event
        word = data.strip()
        if not word:
            return
        if word == b"[DONE]":
            self.done = True
            return
        self._events += 1
        chunk = self._loads(data)
        if name == b"error" or (isinstance(chunk, dict) and _has_error(chunk)):
            failure = chunk if chunk is not None else data.decode("utf-8", "replace")
            raise self._faults.in_stream(failure, self._headers)
        if isinstance(chunk, dict):
            self._chunk(chunk)
        elif word != b"null":
            said = data.decode("utf-8", "replace")
            raise self._faults.garbled(
                "sent an event that is not of the protocol", said
            )

    def _chunk(self, chunk: dict[str, Any]) -> None:
        choices = chunk.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else {}
        if not isinstance(choice, dict) or choice.get("index") not in (0, None):
            choice = {}
        groq = chunk.get("x_groq")
        for place in (choice, groq, chunk) if groq else (choice, chunk):
            if isinstance(place, dict) and (usage := place.get("usage")):
                self._counter.read(usage)
        self._choice(choice)

    def _choice(self, choice: dict[str, Any]) -> None:
        said = choice.get("delta") or choice.get("message")
        if isinstance(said, dict):
            self._say(said)
        elif isinstance(text := choice.get("text"), str):
            self._text.append(text)
        if isinstance(reason := choice.get("finish_reason"), str) and reason:
            self._finish = reason
        if len(self._odds) < MOST_TOKENS and choice.get("logprobs"):
            self._odds += islice(odds_in(choice), MOST_TOKENS - len(self._odds))

    def _say(self, said: dict[str, Any]) -> None:
        content = said.get("content")
        if isinstance(content, str):
            self._text.append(content)
        elif isinstance(content, list):
            self._parts(content)
        if isinstance(refusal := said.get("refusal"), str):
            self._text.append(refusal)
        # Two names for one thing; some proxies send both.
        for name in ("reasoning_content", "reasoning", "reasoning_details"):
            if thought := said.get(name):
                self._thoughts.append(_joined(thought))
                return

    def _parts(self, parts: list[Any]) -> None:
        for part in parts:
            if isinstance(part, dict) and "thinking" in part:
                self._thoughts.append(_joined(part["thinking"]))
            else:
                self._text.append(_joined(part))

    def _piece(self, *, final: bool = False) -> Piece | None:
        text, thoughts = "".join(self._text), "".join(self._thoughts)
        self._text.clear()
        self._thoughts.clear()
        if self._half or not text.isascii():
            text = self._whole_characters(text, final=final)
        if "\0" in text:
            # PostgreSQL stores no NUL.
            text = text.replace("\0", "\ufffd")
        if not self._inner.is_over:
            text, inner = self._inner.feed(text, final=final)
            thoughts += inner
        if not text and not thoughts:
            return None
        self._spoke = self._spoke or bool(text)
        return Piece(text, storable(thoughts) if thoughts else "")

    def _whole_characters(self, text: str, *, final: bool) -> str:
        """Mend a character that came as two halves, also in two reads."""
        text, self._half = self._half + text, ""
        if not final and "\ud800" <= text[-1:] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return encodable(text)

    def _read_whole(self) -> Piece | None:
        answer = self._loads(bytes(self._whole))
        if isinstance(answer, list) and answer:
            answer = answer[0]
        if not isinstance(answer, dict):
            said = self._whole[:_MOST_PAGE].decode("utf-8", "replace")
            raise self._faults.garbled("sent JSON that is broken", said)
        if _has_error(answer):
            raise self._faults.in_stream(answer, self._headers)
        if not answer.get("choices"):
            if "detail" in answer or "message" in answer:
                raise self._faults.in_stream(answer, self._headers)
            raise self._faults.garbled("sent an answer without choices")
        self._chunk(answer)
        self.done = True
        return self._piece(final=True)

    @staticmethod
    def _loads(data: bytes) -> Any:
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError:
            pass
        try:
            # Slower and laxer: halves of characters, bytes that are no UTF-8.
            return json.loads(data.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            return None


def _has_error(chunk: dict[str, Any]) -> bool:
    return bool(chunk.get("error")) or chunk.get("object") == "error"


def _joined(said: object) -> str:
    """The text of a string, a part, or a list of parts."""
    if isinstance(said, str):
        return said
    if isinstance(said, list):
        return "".join(_joined(part) for part in said)
    if isinstance(said, dict):
        return _joined(said.get("text") or said.get("summary"))
    return ""
