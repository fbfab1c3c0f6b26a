"""Runs and what belongs to them, read from SQL and the feed together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

import orjson
from redis.exceptions import RedisError

from playground.accounts.models import Team
from playground.db.clock import StatementNow
from playground.db.redis import redis_now
from playground.engine.ballots import Ballot
from playground.engine.routes import Routing
from playground.engine.verdicts import Verdict, verdict_from_json
from playground.recipes.outline import layers_of as layers_of_document
from playground.runs.models import Call, Draft, JournalEntry, Run
from playground.runs.states import CallStatus, DraftStatus, RunStatus

WORKERS_KEY = "moa:workers"
BREAKERS_KEY = "moa:breakers"
PROBE_KEY = "moa:probe:"
WORKER_FRESH_SECONDS = 10
# How far back one looks for what is usual, and how many runs make a habit.
_NEWEST, _KEPT = 200, 20


@dataclass(frozen=True, slots=True)
class LayerRecord:
    """A layer as the run went through it. Times in ms since the run's start."""

    index: int
    kind: str
    name: str
    opened_ms: int | None = None
    closed_ms: int | None = None
    closed_by: str | None = None
    passed_on: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    ballot: Ballot | None = None
    routing: Routing | None = None
    inputs: tuple[str, ...] = ()
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A run as a page shows it: everything up to the feed entry `last`, or later.

    What is later than `last` is told again by the feed and changes nothing twice.
    """

    run: Run
    drafts: list[Draft]
    calls: list[Call]
    layers: list[LayerRecord]
    last: str
    thought: dict[str, int] = field(default_factory=dict)
    waits: dict[int, str] = field(default_factory=dict)
    margins: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a run is carried. `lease_left` in seconds; None when nobody ever held it."""

    status: str
    lease_left: float | None


def standing_of(run_id: UUID) -> Standing | None:
    """How a run stands by the database's clock; None when there is no such run."""
    row = (
        Run.objects.filter(pk=run_id)
        .annotate(now=StatementNow())
        .values_list("status", "lease_until", "now")
        .first()
    )
    if row is None:
        return None
    status, until, now = row
    return Standing(status, None if until is None else (until - now).total_seconds())


def layers_of(run: Run) -> list[LayerRecord]:
    """The layers of the run's revision with what the journal says of each."""
    rows = JournalEntry.objects.filter(
        run=run, kind__in=["layer_opened", "layer_closed"]
    ).values_list("kind", "content")
    opened: dict[int, dict[str, object]] = {}
    closed: dict[int, dict[str, object]] = {}
    for kind, content in rows:
        if kind == "layer_opened":
            opened[content["layer"]] = content
        else:
            closed[content["layer"]] = content
    return [
        _record(number, layer, opened.get(number, {}), closed.get(number, {}))
        for number, (_, _, layer) in enumerate(
            layers_of_document(run.revision.document), start=1
        )
    ]


def _record(
    number: int,
    layer: dict[str, str],
    opened: dict[str, object],
    closed: dict[str, object],
) -> LayerRecord:
    return LayerRecord(
        index=number,
        kind=layer["kind"],
        name=layer.get("name") or f"Layer {number}",
        opened_ms=opened.get("at"),  # type: ignore[arg-type]
        closed_ms=closed.get("at"),  # type: ignore[arg-type]
        closed_by=closed.get("closed_by"),  # type: ignore[arg-type]
        passed_on=tuple(closed.get("passed_on", ())),  # type: ignore[arg-type]
        notes=tuple(closed.get("notes", ())),  # type: ignore[arg-type]
        ballot=_ballot(closed.get("ballot")),
        routing=_routing(closed.get("routing")),
        inputs=tuple(opened.get("inputs", ())),  # type: ignore[arg-type]
        verdict=_verdict(closed.get("verdict")),
    )


def _ballot(stored: object) -> Ballot | None:
    return Ballot.from_json(stored) if isinstance(stored, dict) else None


def _routing(stored: object) -> Routing | None:
    return Routing.from_json(stored) if isinstance(stored, dict) else None


def _verdict(stored: object) -> Verdict | None:
    return verdict_from_json(stored) if isinstance(stored, dict) else None


def margins_of(run: Run) -> dict[str, float]:
    """What the odds of the run's verdicts said, by the keys of its judges' drafts."""
    ends = JournalEntry.objects.filter(run=run, kind__in=["draft_done", "draft_given"])
    contents = ends.order_by("seq").values_list("content", flat=True)
    said = {content["key"]: content.get("margin") for content in contents}
    return {key: margin for key, margin in said.items() if margin is not None}


def drafts_of(run: Run) -> list[Draft]:
    """The run's drafts in reading order."""
    return list(Draft.objects.filter(run=run))


def calls_of(run: Run) -> list[Call]:
    """The run's calls by number."""
    return list(Call.objects.filter(run=run).select_related("draft"))


# Runs that reused drafts of another took less time than their recipe does.
_GIVEN_IN_PART = ("retried", "edited", "left_out")


@dataclass(frozen=True, slots=True)
class PastCall:
    """A call of an earlier run that was answered. Times in ms."""

    run: UUID
    key: str
    alias: str
    opened_ms: int
    first_ms: int
    ended_ms: int


@dataclass(frozen=True, slots=True)
class Past:
    """The team's last runs of one recipe that came to an answer."""

    took_ms: tuple[int, ...]
    calls: tuple[PastCall, ...]


def past_of(run: Run) -> Past:
    """What came before this run. Two queries, and never more than the newest runs.

    The recipe is picked out here: an index gives the newest of a team at once, while a
    recipe that was last used long ago would make the database walk its whole history.
    """
    earlier = (
        Run.objects.filter(team_id=run.team_id, pk__lt=run.pk)
        .order_by("-pk")
        .only("status", "revision__recipe_id", "branch", "started_at", "ended_at")
        .select_related("revision")
    )[:_NEWEST]
    took = {
        each.pk: took
        for each in earlier
        if each.status == RunStatus.DONE
        and each.revision.recipe_id == run.revision.recipe_id
        and each.branch.get("kind") not in _GIVEN_IN_PART
        and (took := _took_ms(each)) is not None
    }
    kept = dict(list(took.items())[:_KEPT])
    calls = Call.objects.filter(
        run__in=kept, status=CallStatus.DONE, first_token_ms__isnull=False
    ).values_list(
        "run", "draft__key", "alias", "opened_ms", "first_token_ms", "ended_ms"
    )
    answered = tuple(
        PastCall(run_id, key, alias, opened, first, ended)
        for run_id, key, alias, opened, first, ended in calls
        if first is not None and ended is not None
    )
    return Past(tuple(kept.values()), answered)


def _took_ms(run: Run) -> int | None:
    if run.started_at is None or run.ended_at is None:
        return None
    return round((run.ended_at - run.started_at).total_seconds() * 1000)


_MEASURED = 300


@dataclass(frozen=True, slots=True)
class PastAnswer:
    """A call that was answered: its first token after ms, then how long it wrote.

    `thought` is the part of its `tokens` that nobody was shown.
    """

    alias: str
    first_ms: int
    wrote_ms: int
    tokens: int
    thought: int


def answers_in(team: Team, aliases: Iterable[str] | None = None) -> list[PastAnswer]:
    """Calls of the team's newest runs that were answered, newest first; one query.

    With `aliases` only those of these models.
    """
    own = Run.objects.filter(team=team).exclude(origin="recorded")
    newest = own.order_by("-pk").values("pk")[:_MEASURED]
    calls = Call.objects.filter(
        run__in=newest,
        status=CallStatus.DONE,
        first_token_ms__isnull=False,
        ended_ms__isnull=False,
        tokens_out__gt=0,
    ).order_by("-pk")
    if aliases is not None:
        calls = calls.filter(alias__in=set(aliases))
    times = ("first_token_ms", "opened_ms", "ended_ms")
    rows = calls.values_list("alias", *times, "tokens_out", "reasoning_tokens")
    return [
        PastAnswer(alias, first, ended - opened - first, tokens, thought or 0)
        for alias, first, opened, ended, tokens, thought in rows
        if first is not None and ended is not None and tokens
    ]


def is_unfinished(draft: Draft) -> bool:
    """True while what SQL holds of a draft's text is a checkpoint at most."""
    return draft.status in (DraftStatus.WAITING, DraftStatus.WRITING)


def checkpoints_of(drafts: Iterable[Draft]) -> dict[str, tuple[int, str]]:
    """By draft, the call that wrote last and what SQL has of it."""
    return {
        draft.key: (draft.text_call or 0, draft.text) for draft in drafts if draft.text
    }


def live_workers() -> int:
    """How many workers gave a sign of life in the last ten seconds.

    Raises redis.exceptions.RedisError when Redis does not answer.
    """
    redis = redis_now()
    seconds, _ = redis.time()
    fresh = redis.zcount(WORKERS_KEY, seconds - WORKER_FRESH_SECONDS, "+inf")
    return int(fresh)


@dataclass(frozen=True, slots=True)
class PausedProvider:
    """A provider that is left alone for so many seconds more, and what failed last."""

    seconds: float
    why: str


def paused_providers() -> dict[str, PausedProvider]:
    """Providers that the workers' breakers hold back now, by slug.

    Raises redis.exceptions.RedisError when Redis does not answer.
    """
    redis = redis_now()
    seconds, microseconds = redis.time()
    now_ms = seconds * 1000 + microseconds // 1000
    kept = cast("dict[bytes, bytes]", redis.hgetall(BREAKERS_KEY))
    told = {slug.decode(): orjson.loads(words) for slug, words in kept.items()}
    return {
        slug: PausedProvider((words["until"] - now_ms) / 1000, words["why"])
        for slug, words in sorted(told.items())
        if words["until"] > now_ms
    }


def workers_alive() -> bool:
    """Whether at least one worker lives, as far as can be told now."""
    try:
        return live_workers() > 0
    except RedisError:
        return False


def with_texts(run: Run) -> Run:
    """A run with its drafts and calls, for who lays it beside another."""
    return Run.objects.prefetch_related("drafts", "calls").get(pk=run.pk)


def children_of(run: Run) -> list[Run]:
    """The runs that name this one as their parent, oldest first; only what names them."""
    children = Run.objects.filter(parent=run).order_by("pk")
    return list(children.only("pk", "parent", "branch", "status", "prompt"))
