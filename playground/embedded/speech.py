"""Says line by line what `up` is doing; progress moves on one line of a terminal."""

from __future__ import annotations

import os
from typing import TextIO

_MEGABYTE = 1_000_000
_CLEAR_TO_END = "\x1b[K"


class Speech:
    """A calm voice on one stream."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._moving = False
        self._quarter = 0

    def say(self, line: str) -> None:
        """Write one line, below whatever progress stands there."""
        self._write(f"{self._below()}{line}\n")

    def progress(self, what: str, *, done: int, total: int) -> None:
        """Show bytes: in place on a terminal, else one line per quarter."""
        share = min(done / total, 1.0) if total else 1.0
        text = f"{what}: {done / _MEGABYTE:.0f} of {total / _MEGABYTE:.0f} MB"
        if self._stream.isatty():
            self._moving = True
            self._write(f"\r{text}{_CLEAR_TO_END}")
        elif int(share * 4) > self._quarter:
            self._quarter = int(share * 4)
            self._write(f"{text}\n")

    def _below(self) -> str:
        moving, self._moving, self._quarter = self._moving, False, 0
        return "\n" if moving else ""

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            # Whoever read this has gone, as after `up | head`. The parts still want to
            # be stopped in order, so go on without a listener.
            _silence(self._stream)


def _silence(stream: TextIO) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
