"""One log file for each part: opened for appending, turned over when it grew large."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

_LARGE_BYTES = 5_000_000
_TAIL_BYTES = 8_192


def open_log(path: Path) -> BinaryIO:
    """Append to the log; what was large is kept once, as `NAME.1`."""
    if path.exists() and path.stat().st_size > _LARGE_BYTES:
        path.replace(path.with_name(f"{path.name}.1"))
    # Unbuffered: the file's end is where the child will write.
    return path.open("ab", buffering=0)


def last_lines(path: Path, *, since: int, count: int) -> list[str]:
    """The last lines that were written after the byte `since`."""
    try:
        with path.open("rb") as file:
            end = file.seek(0, 2)
            file.seek(max(since, end - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    return [line.rstrip() for line in text.splitlines() if line.strip()][-count:]
