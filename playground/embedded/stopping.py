"""Makes the first Ctrl-C, SIGTERM or hang-up a StopAsked; later ones change nothing."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ASKED_BY = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopAsked(BaseException):
    """A person or the system wants `up` to stop. Not an error."""


@contextmanager
def stoppable() -> Iterator[None]:
    """Within it, the first request to stop raises StopAsked in the main thread."""
    before = {number: signal.getsignal(number) for number in _ASKED_BY}
    for number in _ASKED_BY:
        # `nohup` says that a hang-up is none of our business.
        if number != signal.SIGHUP or before[number] is not signal.SIG_IGN:
            signal.signal(number, _ask)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ask(_number: int, _frame: FrameType | None) -> None:
    for number in _ASKED_BY:
        signal.signal(number, signal.SIG_IGN)
    raise StopAsked
