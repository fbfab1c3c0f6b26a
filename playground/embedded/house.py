"""Brings the parts up in the order that is ready soonest, and takes them down again.

What needs the domains (tables, first start) comes in as functions.
"""

from __future__ import annotations

import http.client
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playground.embedded.asking import get_status
from playground.embedded.directory import DataDirectory, write_private
from playground.embedded.errors import StartError
from playground.embedded.local_model import (
    LocalModel,
    embed_local_model,
    find_local_model,
)
from playground.embedded.parts import Part, web_part, worker_part
from playground.embedded.speech import Speech
from playground.embedded.supervisor import Supervisor
from playground.embedded.valkey import embed_valkey

_REPOSITORY = Path(__file__).resolve().parent.parent.parent
_VALKEY_PATIENCE_SECONDS = 60.0  # a long append-only file takes time to read
_WEB_PATIENCE_SECONDS = 60.0
_WHOLE_PATIENCE_SECONDS = 30.0  # a cold disk takes its time with the model
_EVERYWHERE = "0.0.0.0"  # noqa: S104  # compared with, never bound by default


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person asked of `up`."""

    host: str
    port: int
    workers: int
    webs: int
    local_model: bool

    @property
    def near_host(self) -> str:
        """An address of the web server that this machine itself can reach."""
        return "127.0.0.1" if self.host in {_EVERYWHERE, ""} else self.host

    @property
    def site_url(self) -> str:
        """Where a browser on this machine finds the site."""
        return f"http://{self.near_host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Domains:
    """What the floors above lend: `prepare` answers with the sign-in link's path."""

    migrate: Callable[[], None]
    prepare: Callable[[LocalModel | None], str]


def configured(name: str) -> bool:
    """True when the environment sets this knob, by value or by file."""
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def child_environment(directory: DataDirectory) -> Mapping[str, str]:
    """The parts run as this process does, on the same data, from any folder."""
    paths = [str(_REPOSITORY), os.environ.get("PYTHONPATH", "")]
    return {
        **os.environ,
        "MOA_DATA": str(directory.root),
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "PYTHONUNBUFFERED": "1",
    }


class House:
    """One running instance."""

    def __init__(
        self,
        directory: DataDirectory,
        wishes: Wishes,
        speech: Speech,
        *,
        site_url: str,
        named: str | None,
    ) -> None:
        """`named` is a Host that the site answers to, when 127.0.0.1 is none."""
        self._directory = directory
        self._wishes = wishes
        self._speech = speech
        self._site_url = site_url
        self._named = named
        self._supervisor = Supervisor(
            directory, speech, environment=child_environment(directory)
        )

    @contextmanager
    def open(self, door: socket.socket, domains: Domains) -> Iterator[Supervisor]:
        """All parts up, and their stop whatever happens. Raises StartError."""
        try:
            self._bring_up(door, domains)
            yield self._supervisor
        finally:
            self._speech.say("Stopping.")
            self._supervisor.stop()
            self._directory.facts.unlink(missing_ok=True)
            self._speech.say("Stopped.")

    def _bring_up(self, door: socket.socket, domains: Domains) -> None:
        self._start_store()
        domains.migrate()
        model = self._find_model()
        self._speech.say(
            "Starting the worker, the web server and the local model."
            if model
            else "Starting the worker and the web server."
        )
        # All at once: they spend their first seconds importing, each on its own.
        for number in range(1, self._wishes.workers + 1):
            self._supervisor.start(worker_part(number))
        for number in range(1, self._wishes.webs + 1):
            self._supervisor.start(
                web_part(number, door=door.fileno(), is_ready=self._web_answers)
            )
        if model:
            self._supervisor.start(model[0])
        path = domains.prepare(model[1] if model else None)
        self._await_web()
        self._await_rest(model[0] if model else None)
        self._welcome(path)

    def _start_store(self) -> None:
        facts = {"site_url": self._site_url}
        if configured("REDIS_URL"):
            write_private(self._directory.facts, facts)
            return
        valkey = embed_valkey(self._directory)
        write_private(self._directory.facts, {**facts, "redis_url": valkey.url})
        self._speech.say("Starting Valkey.")
        self._supervisor.start(valkey.part)
        if not self._supervisor.wait_until(
            valkey.is_ready, patience=_VALKEY_PATIENCE_SECONDS
        ):
            raise StartError(f"Valkey does not answer; see {self._log(valkey.part)}.")

    def _find_model(self) -> tuple[Part, LocalModel] | None:
        if not self._wishes.local_model:
            return None
        path = find_local_model(self._directory, self._speech)
        return embed_local_model(path) if path else None

    def _await_web(self) -> None:
        if not self._supervisor.wait_until(
            self._web_answers, patience=_WEB_PATIENCE_SECONDS
        ):
            raise StartError(
                f"The web server does not answer; see {self._directory.logs}."
            )

    def _await_rest(self, model: Part | None) -> None:
        def whole() -> bool:
            return self._status("/readyz") == http.client.OK and (
                model is None or model.is_ready()
            )

        if self._supervisor.wait_until(whole, patience=_WHOLE_PATIENCE_SECONDS):
            return
        if model and not model.is_ready():
            self._speech.say(
                "The local model is still being loaded: first drafts wait for it. "
                f"Should they fail, see {self._log(model)}."
            )
            return
        self._speech.say(
            "Not every part is up yet; /readyz says which one is missing, "
            f"{self._directory.logs} why."
        )

    def _welcome(self, path: str) -> None:
        self._speech.say(f"Ready: {self._site_url}/")
        self._speech.say(f"Sign in, once: {self._site_url}{path}")
        self._speech.say("Ctrl-C stops everything.")

    def _web_answers(self) -> bool:
        return self._status("/healthz") == http.client.OK

    def _status(self, path: str) -> int:
        wishes = self._wishes
        return get_status(wishes.near_host, wishes.port, path, named=self._named)

    def _log(self, part: Part) -> Path:
        return self._directory.logs / part.log_name
