"""What a part is, and the two that are Django's: the web server and the worker."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

# Parts of a higher tier lean on those below and stop before them.
STORE, MODEL, WORKER, WEB = range(4)

_TASKS_AT_ONCE = 4  # tasks only hand a run to the loop and return
_SOCKET_MESSAGE_BYTES = 65_536  # a viewer says nothing but acknowledgements


@dataclass(frozen=True, slots=True)
class Part:
    """One process that `up` keeps alive."""

    name: str
    command: tuple[str, ...]
    tier: int
    environment: Mapping[str, str] = field(default_factory=dict)
    niceness: int = 0
    handed: tuple[int, ...] = ()
    at_death: signal.Signals = signal.SIGTERM
    patience_seconds: float = 5.0
    is_ready: Callable[[], bool] = lambda: True

    @property
    def log_name(self) -> str:
        """The name of its log file."""
        return f"{self.name.replace(' ', '-')}.log"


def worker_part(number: int) -> Part:
    """A Celery worker, which carries runs in its one asyncio loop."""
    return Part(
        name=f"worker {number}",
        command=(
            # Quiet: what its log ends with is shown when it dies, and is no banner then.
            *(sys.executable, "-m", "celery", "--quiet", "-A", "moa_site", "worker"),
            *("--pool", "threads", "--concurrency", str(_TASKS_AT_ONCE)),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
            *("--loglevel", "WARNING", "-n", f"worker{number}@%h"),
        ),
        tier=WORKER,
        patience_seconds=8.0,
    )


def web_part(number: int, *, door: int, is_ready: Callable[[], bool]) -> Part:
    """A Daphne that takes its connections from the socket that `up` holds open."""
    return Part(
        name=f"web {number}",
        command=(
            *(sys.executable, "-m", "daphne", "--fd", str(door)),
            # Verbosity 0 keeps paths, and so sign-in links, out of the log.
            *("-v", "0", "--no-server-name"),
            *("--websocket_timeout", "-1", "--application-close-timeout", "2"),
            *("--websocket-max-message-size", str(_SOCKET_MESSAGE_BYTES)),
            *("--websocket-max-frame-size", str(_SOCKET_MESSAGE_BYTES)),
            "moa_site.asgi:application",
        ),
        tier=WEB,
        handed=(door,),
        # It keeps nothing that a gentle end would save.
        at_death=signal.SIGKILL,
        is_ready=is_ready,
    )
