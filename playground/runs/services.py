"""Starting and cancelling runs."""

from __future__ import annotations

import functools
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from celery.exceptions import CeleryError
from django.conf import settings
from django.db import IntegrityError, transaction
from kombu.exceptions import KombuError, OperationalError
from redis.exceptions import RedisError

from playground.accounts.access import Viewer, can_run_in
from playground.accounts.models import Team
from playground.catalog.queries import cards_for
from playground.db.clock import StatementNow, database_now
from playground.db.turns import writing
from playground.engine.branches import NO_BRANCH
from playground.engine.contexts import Overflow, certain_overflows
from playground.engine.errors import Problem
from playground.engine.machine import plan_demand
from playground.engine.messages import Message
from playground.engine.plan import (
    AnswerOverrides,
    Card,
    Plan,
    check_aliases,
    check_variables,
    parse,
)
from playground.engine.tokens import bytes_of
from playground.recipes.models import Revision
from playground.runs.departures import Departure, drafts_of_new
from playground.runs.execution.ending import cancel_without_worker
from playground.runs.funding import set_aside, within
from playground.runs.hints import hint_cancel
from playground.runs.models import Draft, Run
from playground.runs.search import index_new
from playground.runs.states import OPEN_STATUSES
from playground.runs.tasks import wake
from playground.web.refusals import (
    Conflict,
    Forbidden,
    Refusal,
    TooLarge,
    Unprocessable,
)

log = logging.getLogger(__name__)


def start_run(
    *,
    viewer: Viewer,
    team: Team,
    revision: Revision,
    messages: Sequence[Message],
    variables: Mapping[str, Any],
    overrides: AnswerOverrides | None = None,
    origin: str = "web",
    form_token: UUID | None = None,
    parent: Run | None = None,
    leaving: Departure | None = None,
) -> Run:
    """Queue a run and wake a worker once it is committed.

    With a `parent` it is `leaving` that run: drafts that it takes over are not called.
    Idempotent for one `form_token`: a double click gets the run of the first. Raises
    Forbidden, TooLarge, Unprocessable, and where no budget has room OverBudget and
    TooMany; nothing is written then.
    """
    if not can_run_in(viewer, team):
        raise Forbidden(
            f"You may look at {team.name}, not run in it.",
            "Ask an admin of the team for the role member.",
        )
    again = _run_of_form(viewer, form_token)
    if again is not None:
        return again
    _check_size(messages, variables)
    plan = parse(revision.document)
    branch = NO_BRANCH if leaving is None else leaving.branch
    cards = _cards_for(plan, branch.called(plan))
    _check_variables(plan, variables)
    _check_contexts(certain_overflows(plan, cards, messages, variables, branch))
    demand = plan_demand(plan, cards, tuple(messages), variables, overrides, branch)
    run = _new_run(
        viewer=viewer,
        team=team,
        revision=revision,
        messages=messages,
        variables=variables,
        overrides=overrides,
        origin=origin,
        form_token=form_token,
        parent=parent,
        cards=cards,
        ceiling=demand.total.nanos,
        leaving=leaving,
    )
    demand = within(demand, plan.limits.max_cost_usd)
    try:
        with writing():
            run.pools = [pool.to_json() for pool in set_aside(run, demand)]
            run.save(force_insert=True)
            Draft.objects.bulk_create(drafts_of_new(run, plan, leaving))
            index_new(run)
            transaction.on_commit(functools.partial(publish, run.pk))
    except IntegrityError:
        again = _run_of_form(viewer, form_token)
        if again is None:
            raise _used_form() from None
        return again
    return run


def cancel_run(run: Run) -> None:
    """Ask that the run end. Harmless when it has ended, or was asked before.

    A living worker hears of it within a moment; without one the run ends here.
    """
    asked = Run.objects.filter(
        pk=run.pk, status__in=OPEN_STATUSES, cancel_requested_at__isnull=True
    ).update(cancel_requested_at=StatementNow())
    if asked:
        hint_cancel(run.pk)
    cancel_without_worker(run.pk)


def publish(run_id: UUID) -> None:
    """Knock at the workers' door. A lost knock is mended by their next sweep."""
    try:
        wake.apply_async((str(run_id),), retry=False)
    except (KombuError, OperationalError, CeleryError, RedisError, OSError) as error:
        log.warning("no wake-up for run %s: %s", run_id, error)


def _run_of_form(viewer: Viewer, form_token: UUID | None) -> Run | None:
    if form_token is None:
        return None
    return Run.objects.filter(form_token=form_token, user=viewer.user).first()


def _used_form() -> Refusal:
    return Conflict(
        "This form was sent before, by somebody else.",
        "Load the page again and start the run from there.",
        code="form_used",
    )


def _check_size(messages: Sequence[Message], variables: Mapping[str, Any]) -> None:
    values = [value for value in variables.values() if isinstance(value, str)]
    texts = [*(message.content for message in messages), *values]
    size = sum(map(bytes_of, texts))
    if size > settings.MOA_MESSAGE_BYTES:
        raise TooLarge(
            f"The messages have {size:,} bytes; {settings.MOA_MESSAGE_BYTES:,} is the most.",
            "Shorten the prompt, or split it over several runs.",
            param="messages",
        )
    if any("\0" in text for text in texts):
        raise Unprocessable(
            "The text holds a NUL character, which no database and no model can take.",
            "Take it out; it often comes from a file that is not text.",
            param="messages",
        )
    if not messages or not messages[-1].content.strip():
        raise Unprocessable(
            "The prompt is empty.",
            "Write what the models shall answer.",
            param="prompt",
        )


def _cards_for(plan: Plan, called: Plan) -> dict[str, Card]:
    """The cards of what is `called`, and as far as there are any of the whole plan."""
    cards = cards_for(plan.aliases() | called.aliases())
    unknown = check_aliases(called, cards)
    if unknown:
        raise _refused(
            "The recipe names models that are not in the catalogue.", unknown
        )
    unpriced = sorted(a for a in called.aliases() if cards[a].price is None)
    if plan.limits.max_cost_usd is not None and unpriced:
        raise Unprocessable(
            f"No price is known for {', '.join(unpriced)}, so limits.max_cost_usd "
            "cannot be kept.",
            "Give the model a price (0 means free), or take the limit out of the recipe.",
            code="unpriced",
            param="model",
        )
    return cards


def _check_variables(plan: Plan, variables: Mapping[str, Any]) -> None:
    problems = check_variables(plan, variables)
    if problems:
        raise _refused("The recipe's variables do not fit.", problems)


def _check_contexts(overflows: Sequence[Overflow]) -> None:
    if overflows:
        raise Unprocessable(
            str(overflows[0]),
            "No call was made.",
            code="context_length_exceeded",
            param="messages",
        )


def _refused(headline: str, problems: Sequence[Problem]) -> Refusal:
    return Unprocessable(
        f"{headline} {'; '.join(str(problem) for problem in problems)}",
        param=problems[0].path,
        problems=[(problem.path, problem.message) for problem in problems],
    )


def _new_run(
    *,
    viewer: Viewer,
    cards: dict[str, Card],
    ceiling: int | None,
    messages: Sequence[Message],
    variables: Mapping[str, Any],
    overrides: AnswerOverrides | None,
    leaving: Departure | None,
    **given: Any,
) -> Run:
    return Run(
        user=viewer.user,
        created_at=database_now(),
        prompt=messages[-1].content,
        messages=[message.to_json() for message in messages],
        variables=dict(variables),
        overrides=_plain(overrides),
        cards={alias: card.to_json() for alias, card in cards.items()},
        seed=_seed(leaving),
        ceiling_nanos=ceiling,
        branch={} if leaving is None else leaving.to_json(),
        **given,
    )


def _seed(leaving: Departure | None) -> int:
    if leaving is None or leaving.seed is None:
        return secrets.randbits(53)
    return leaving.seed


def _plain(overrides: AnswerOverrides | None) -> dict[str, Any]:
    if overrides is None:
        return {}
    return {
        name: value
        for name, value in asdict(overrides).items()
        if value not in (None, ())
    }
