"""Starts everything on this machine and keeps it alive: the playground, whole."""

from __future__ import annotations

import os
import socket
import sys
from argparse import ArgumentParser, ArgumentTypeError
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor

from playground.embedded.directory import (
    DataDirectory,
    ensure_secrets,
    hold,
    new_rooms,
)
from playground.embedded.doors import open_door
from playground.embedded.errors import StartError
from playground.embedded.house import Domains, House, Wishes, configured
from playground.embedded.leftovers import clear
from playground.embedded.local_model import LocalModel
from playground.embedded.speech import Speech
from playground.embedded.stopping import StopAsked, stoppable
from playground.provisioning.firststart import HOME, prepare
from playground.runs.recorded import place_recorded

_NEAR_NAMES = {"127.0.0.1", "localhost", "*"}


class Command(BaseCommand):
    """Exit 0 after Ctrl-C or SIGTERM; 2, with one line, where it cannot start."""

    help = "Start the web server, worker, Valkey and local model, and keep them alive."
    # The keys that the checks ask for are made here.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options of `up`; `--data` is read by manage.py, before the settings."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--data", metavar="DIR")
        parser.add_argument("--no-local-model", action="store_true")
        parser.add_argument("--workers", type=_count, default=1)
        parser.add_argument("--web", type=_count, default=1)

    def handle(self, **options: object) -> None:
        """Run until someone asks to stop."""
        wishes = Wishes(
            host=str(options["host"]),
            port=int(str(options["port"])),
            workers=int(str(options["workers"])),
            webs=int(str(options["web"])),
            local_model=not options["no_local_model"],
        )
        # The database holds prompts and sessions: it is nobody's but the owner's.
        os.umask(0o077)
        try:
            with stoppable():
                _run(wishes, Speech(sys.stdout))
        except StopAsked:
            return
        except StartError as refusal:
            self.stderr.write(str(refusal))
            sys.exit(2)


def _run(wishes: Wishes, speech: Speech) -> None:
    with new_rooms(Path(settings.MOA_DATA)) as directory, hold(directory):
        for name in clear(directory):
            speech.say(f"Ended {name}, which an earlier start had left behind.")
        with closing(open_door(wishes.host, wishes.port)) as door:
            wishes = replace(wishes, port=door.getsockname()[1])  # asked for any: 0
            speech.say(f"Starting MoA Playground; its data is in {directory.root}.")
            _mention_other_machines(wishes, speech)
            _adopt_secrets(directory)
            _keep_house(directory, wishes, speech, door)


def _keep_house(
    directory: DataDirectory, wishes: Wishes, speech: Speech, door: socket.socket
) -> None:
    house = House(
        directory, wishes, speech, site_url=_site_url(wishes), named=_known_name()
    )
    domains = Domains(migrate=lambda: _migrate(speech), prepare=_prepare)
    with house.open(door, domains) as supervisor:
        supervisor.watch()


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError(f"{text} is not a number of processes from 1")
    return int(text)


def _adopt_secrets(directory: DataDirectory) -> None:
    # The settings were read before the file was there; the parts will read it.
    if configured("SECRET_KEY") and configured("MOA_ENCRYPTION_KEYS"):
        return
    kept = ensure_secrets(directory)
    if not configured("SECRET_KEY"):
        settings.SECRET_KEY = kept["secret_key"]
    if not configured("MOA_ENCRYPTION_KEYS"):
        settings.MOA_ENCRYPTION_KEYS = kept["encryption_keys"].split(",")


def _mention_other_machines(wishes: Wishes, speech: Speech) -> None:
    if wishes.host not in _NEAR_NAMES and not configured("ALLOWED_HOSTS"):
        speech.say(
            "Set ALLOWED_HOSTS to the names by which other machines call this one; "
            "until then they are refused."
        )


def _site_url(wishes: Wishes) -> str:
    # Not the settings' value alone: an earlier start may have left its own there.
    return str(settings.SITE_URL) if configured("SITE_URL") else wishes.site_url


def _known_name() -> str | None:
    """A Host for our own questions where this machine's address is not allowed."""
    allowed = [str(name) for name in settings.ALLOWED_HOSTS]
    if _NEAR_NAMES.intersection(allowed) or not allowed:
        return None
    return allowed[0].lstrip(".")


def _migrate(speech: Speech) -> None:
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            speech.say(f"Preparing the database ({len(plan)} migrations).")
            call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as error:
        reason = " ".join(str(error).split())
        raise StartError(f"The database cannot be used: {reason}") from error


def _prepare(local_model: LocalModel | None) -> str:
    try:
        link = prepare(local_model)
        place_recorded(HOME)
        return link
    finally:
        # Nothing here needs the database again while the parts run.
        connections.close_all()
