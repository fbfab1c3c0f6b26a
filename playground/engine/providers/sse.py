"""Server-sent events, parsed incrementally from bytes.

Knows CRLF, LF and CR, a byte order mark, comments, data in several lines, with and
without a space, and events split anywhere over reads, also inside a character.
"""

from __future__ import annotations

from typing import Final

MOST_BYTES: Final = 1024 * 1024
BOM: Final = b"\xef\xbb\xbf"

# The event's name (empty when it has none) and its data.
Event = tuple[bytes, bytes]


class EventTooLarge(Exception):
    """An event grew past the cap; the stream cannot be trusted any further."""


class EventParser:
    """Turns the bytes of a stream into events; `close` yields an unended last one."""

    def __init__(self, *, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._rest = b""  # a line whose end has not come
        self._name = b""
        self._data: list[bytes] = []
        self._size = 0
        self._fresh = True
        self._skip_lf = False

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that this read completed, in order.

        Raises:
            EventTooLarge: one event has more than the allowed bytes.
        """
        if self._is_plain(chunk):
            self._fresh = False
            blocks = chunk[:-2].split(b"\n\n")
            return [(b"", block[5:].removeprefix(b" ")) for block in blocks]
        return self._feed_lines(chunk)

    def close(self) -> list[Event]:
        """The last event when the stream ended without its blank line, if any."""
        return self._feed_lines(b"\n\n")

    def _is_plain(self, chunk: bytes) -> bool:
        """Whether a read is nothing but whole events of one data line each.

        Nearly all reads of real providers are; for them no line is looked at twice.
        """
        return (
            chunk.startswith(b"data:")
            and chunk.endswith(b"\n\n")
            and not (self._rest or self._data or self._name or self._skip_lf)
            and len(chunk) <= self._most
            and chunk.count(b"\n") == 2 * chunk.count(b"\n\ndata:") + 2
            and b"\r" not in chunk
        )

    def _feed_lines(self, chunk: bytes) -> list[Event]:
        events: list[Event] = []
        for line in self._lines(chunk):
            if line:
                self._field(line)
            elif event := self._dispatch():
                events.append(event)
        if len(self._rest) + self._size > self._most:
            raise EventTooLarge
        return events

    def _lines(self, chunk: bytes) -> list[bytes]:
        if not chunk:
            return []
        if self._skip_lf:
            # The CR before it ended a line already; its LF may come a read later.
            chunk = chunk.removeprefix(b"\n")
        self._skip_lf = chunk.endswith(b"\r")
        buffered = self._rest + chunk
        if self._fresh:
            if len(buffered) < len(BOM) and BOM.startswith(buffered):
                self._rest = buffered
                return []
            buffered = buffered.removeprefix(BOM)
            self._fresh = False
        lines = buffered.splitlines()
        ended = buffered.endswith((b"\n", b"\r"))
        self._rest = b"" if ended or not lines else lines.pop()
        return lines

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
            self._size += len(value) + 1
            if self._size > self._most:
                raise EventTooLarge
        elif name == b"event":
            self._name = value.strip()

    def _dispatch(self) -> Event | None:
        event = (self._name, b"\n".join(self._data)) if self._data else None
        self._name, self._data, self._size = b"", [], 0
        return event
