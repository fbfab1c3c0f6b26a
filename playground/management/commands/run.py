"""`manage.py run RECIPE PROMPT`: a run in the terminal, on the same path as the web."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from contextlib import aclosing
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from redis.exceptions import RedisError

from playground.accounts.access import Viewer
from playground.accounts.models import User
from playground.api.answers import AnswerReader, Replaced, answer_reader
from playground.api.feed import heard
from playground.api.queries import Outcome, outcome_of
from playground.db.commands import DatabaseCommand, UsageError
from playground.db.redis import redis_now
from playground.engine.messages import Message
from playground.engine.plan import Plan, parse
from playground.management.naming import REFUSED, find_revision
from playground.management.terminal import Terminal, line_of
from playground.recipes.models import Revision
from playground.runs.estimates import reckon_run
from playground.runs.export import export_run, run_url
from playground.runs.hub import close_hub
from playground.runs.models import Run
from playground.runs.queries import workers_alive
from playground.runs.services import cancel_run, start_run
from playground.runs.states import RunStatus
from playground.web.formats import count, counted, listed, money, seconds
from playground.web.refusals import Refusal

FAILED = 1
WORKER_SECONDS = 10.0
LAST_WORDS_SECONDS = 5.0
_BEAT_SECONDS = 0.5
_YES, _NO = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}


class NoWorker(Exception):
    """Nobody took the run in time."""


class Command(DatabaseCommand):
    """Progress goes to stderr, the answer or the export to stdout."""

    help = "Run a recipe on a prompt; exit 0 done, 1 failed, 2 usage, 3 refused."
    _terminal: Terminal

    def add_arguments(self, parser: CommandParser) -> None:
        """What to run, on what, as whom."""
        parser.add_argument("recipe", metavar="RECIPE", help="slug or team/slug")
        parser.add_argument("prompt", metavar="PROMPT", help="text; - reads stdin")
        parser.add_argument(
            "--as", dest="user", metavar="USER", help="default: the first staff user"
        )
        parser.add_argument("--json", action="store_true", help="print moa-run/1 alone")
        parser.add_argument(
            "--var", action="append", default=[], metavar="NAME=VALUE", dest="variables"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Start the run, follow it, and say what it came to."""
        viewer = Viewer(_find_user(options["user"]))
        revision = find_revision(viewer, options["recipe"])
        plan = parse(revision.document)
        variables = _read_variables(plan, options["variables"])
        prompt = sys.stdin.read() if options["prompt"] == "-" else options["prompt"]
        _require_redis()
        run = _start(viewer, revision, prompt, variables)
        self._terminal = Terminal(self.stdout, self.stderr)
        self._terminal.say(f"Run {run_url(run)}")
        self._terminal.say(_outlook(run, plan))
        answer = None if options["json"] else answer_reader(plan)
        self._follow(run, plan, answer)
        outcome = outcome_of(run.pk)
        if options["json"]:
            exported = export_run(Run.objects.get(pk=run.pk))
            self.stdout.write(json.dumps(exported, indent=2, ensure_ascii=False))
        elif outcome.has_answer and answer is not None:
            self._finish_answer(answer, outcome)
        self._conclude(outcome)

    def _follow(self, run: Run, plan: Plan, answer: AnswerReader | None) -> None:
        try:
            asyncio.run(self._to_the_end(run, plan, answer))
        except NoWorker:
            cancel_run(run)
            raise CommandError(
                f"No worker took the run within {WORKER_SECONDS:.0f} seconds; it is "
                "cancelled. `manage.py up` starts the site with one.",
                returncode=REFUSED,
            ) from None
        except (KeyboardInterrupt, asyncio.CancelledError):
            self._terminal.say("Stopping the run.")
            cancel_run(run)
            _await_end(run)

    async def _to_the_end(
        self, run: Run, plan: Plan, answer: AnswerReader | None
    ) -> None:
        try:
            await self._listen(run, plan, answer)
        finally:
            await close_hub()

    async def _listen(self, run: Run, plan: Plan, answer: AnswerReader | None) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        if task is not None:
            loop.add_signal_handler(signal.SIGTERM, task.cancel)
        deadline, is_taken = time.monotonic() + WORKER_SECONDS, False
        async with aclosing(heard(run, beat_seconds=_BEAT_SECONDS)) as entries:
            async for entry in entries:
                if entry is not None:
                    is_taken = True
                    self._tell(entry.body, plan, answer)
                elif not is_taken and time.monotonic() >= deadline:
                    # Workers that are busy come to it; without one it would wait on.
                    if not await asyncio.to_thread(workers_alive):
                        raise NoWorker
                    self._terminal.say("Queued: the workers are busy.")
                    deadline = time.monotonic() + WORKER_SECONDS

    def _tell(
        self, body: dict[str, Any], plan: Plan, answer: AnswerReader | None
    ) -> None:
        line = line_of(body, plan)
        if line:
            self._terminal.say(line)
        if answer:
            self._terminal.write(answer.hear(body))

    def _finish_answer(self, answer: AnswerReader, outcome: Outcome) -> None:
        try:
            rest = answer.rest(key=outcome.key, n=outcome.n, text=outcome.text)
        except Replaced:
            self._terminal.end_answer()
            self._terminal.say("The answering call broke; this is the answer:")
            rest = outcome.text
        self._terminal.write(rest)
        self._terminal.end_answer()

    def _conclude(self, outcome: Outcome) -> None:
        if outcome.has_answer:
            self._terminal.say(_figures(outcome))
            return
        message = outcome.run.message
        why = f"\n{message}" if message else ""
        raise CommandError(f"{_figures(outcome)}{why}", returncode=FAILED)


def _figures(outcome: Outcome) -> str:
    run = outcome.run
    took = run.ended_at - run.started_at if run.ended_at and run.started_at else None
    is_lesser = run.degraded and run.status == RunStatus.DONE
    return (
        f"{run.get_status_display().lower()}{' (degraded)' if is_lesser else ''}: "
        f"{took.total_seconds() if took else 0:.1f} s, "
        f"{counted(outcome.calls, 'call')}, {count(outcome.tokens_in)} tokens in, "
        f"{count(outcome.tokens_out)} out, {money(run.cost_nanos)}"
    )


def _outlook(run: Run, plan: Plan) -> str:
    told = reckon_run(run.team, plan, run.prompt, run.variables).estimate
    cost, took = told.total.cost, told.total.took_ms
    left_out = f", without {listed([*told.unpriced])}" if told.unpriced else ""
    return (
        f"Likely {money(cost.likely)}{left_out} and {seconds(took.likely)}, "
        f"at most {money(cost.ceiling)} and {seconds(took.ceiling)} without retries."
    )


def _find_user(username: str | None) -> User:
    people = User.objects.filter(is_active=True).order_by("pk")
    if username is None:
        user = people.filter(is_staff=True).first()
        if user is None:
            raise UsageError("There is no staff user. Say who runs it with --as USER.")
        return user
    user = people.filter(username=username).first()
    if user is None:
        raise UsageError(f"There is no active user {username}.")
    return user


def _read_variables(plan: Plan, given: list[str]) -> dict[str, object]:
    kinds = {variable.name: variable.type for variable in plan.variables}
    variables: dict[str, object] = {}
    for item in given:
        name, equals, value = item.partition("=")
        if not equals:
            raise UsageError(f"--var takes NAME=VALUE, not {item}.")
        variables[name] = _typed(kinds.get(name, "string"), name, value)
    return variables


def _typed(kind: str, name: str, value: str) -> object:
    try:
        if kind == "integer":
            return int(value)
        if kind == "number":
            return float(value)
    except ValueError:
        raise UsageError(f"--var {name} must be a {kind}, not {value}.") from None
    if kind == "boolean":
        if value.lower() not in _YES | _NO:
            raise UsageError(f"--var {name} must be true or false, not {value}.")
        return value.lower() in _YES
    return value


def _require_redis() -> None:
    try:
        if settings.REDIS_URL:
            redis_now().ping()
            return
    except RedisError:
        pass
    raise CommandError(
        "Nothing was started: no worker can be reached, because Redis does not answer. "
        "`manage.py up` starts the site with all that it needs.",
        returncode=REFUSED,
    )


def _start(
    viewer: Viewer, revision: Revision, prompt: str, variables: dict[str, object]
) -> Run:
    try:
        return start_run(
            viewer=viewer,
            team=revision.recipe.team,
            revision=revision,
            messages=[Message("user", prompt)],
            variables=variables,
            origin="cli",
        )
    except Refusal as refusal:
        param = refusal.param or ""
        is_usage = param == "prompt" or param.startswith("variables")
        text = " ".join(filter(None, (refusal.headline, refusal.hint)))
        raise CommandError(text, returncode=2 if is_usage else REFUSED) from None


def _await_end(run: Run) -> None:
    deadline = time.monotonic() + LAST_WORDS_SECONDS
    while time.monotonic() < deadline:
        run.refresh_from_db(fields=["status"])
        if run.status not in (RunStatus.QUEUED, RunStatus.RUNNING):
            return
        time.sleep(0.1)
