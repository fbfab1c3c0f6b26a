"""Starting and cancelling, seen from the database and the feed."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import redis
from pytest_django import Settings

from playground.accounts.access import Viewer
from playground.accounts.models import Membership, Team
from playground.catalog.models import ModelCard, Price, Provider
from playground.engine.messages import Message
from playground.engine.plan import AnswerOverrides
from playground.recipes.models import Revision
from playground.runs.execution import lease
from playground.runs.feed import read_feed
from playground.runs.models import Call, Run
from playground.runs.services import cancel_run, start_run
from playground.web.refusals import (
    Conflict,
    Forbidden,
    Refusal,
    TooLarge,
    Unprocessable,
)
from tests.runs.factories import DOCUMENT, a_member, a_run

pytestmark = [pytest.mark.locks, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _priced(valkey: redis.Redis) -> None:
    provider = Provider.objects.create(
        slug="stub", name="Stub", base_url="http://127.0.0.1:1/v1"
    )
    card = ModelCard.objects.create(alias="fast", provider=provider, model="m")
    Price.objects.create(card=card, input=1, output=2)


def begin(prompt: str = "Why?", *, username: str = "ada", **given: Any) -> Run:
    run = a_run()
    fields: dict[str, Any] = {
        "viewer": Viewer(a_member(username)),
        "team": run.team,
        "revision": run.revision,
        "messages": [Message("user", prompt)],
        "variables": {},
    }
    run.delete()
    return start_run(**(fields | given))


def changed(**more: Any) -> dict[str, Any]:
    """A revision with other content."""
    run = a_run()
    revision = Revision.objects.create(
        recipe=run.revision.recipe,
        number=2 + Revision.objects.count(),
        document={**DOCUMENT, **more},
    )
    run.delete()
    return {"revision": revision}


def test_start_freezes_cards_and_plans_the_drafts() -> None:
    run = begin()
    assert run.status == "queued"
    assert [draft.key for draft in run.drafts.all()] == ["1.A.1", "1.B.1", "2.Z.1"]
    assert run.cards["fast"]["price"]["input"] in {"1", "1.000000000000"}
    assert run.ceiling_nanos is not None
    assert run.messages == [{"role": "user", "content": "Why?"}]


def test_ceiling_counts_what_the_caller_asks_of_the_answer() -> None:
    short = begin(overrides=AnswerOverrides(max_tokens=5)).ceiling_nanos
    usual = begin().ceiling_nanos
    assert short is not None
    assert usual is not None
    assert usual - short == (2048 - 5) * 2_000


def test_double_click_makes_one_run() -> None:
    token = uuid4()
    assert begin(form_token=token).pk == begin(form_token=token).pk
    assert Run.objects.count() == 1


def test_form_of_somebody_else_is_refused_in_words() -> None:
    token = uuid4()
    begin(form_token=token)
    with pytest.raises(Conflict):
        begin(form_token=token, username="ben")
    assert Run.objects.count() == 1


def test_variables_count_and_hold_no_nul(settings: Settings) -> None:
    variable = {"name": "tone", "type": "text"}
    given = changed(variables=[variable])
    with pytest.raises(TooLarge):
        begin(variables={"tone": "a" * settings.MOA_MESSAGE_BYTES}, **given)
    with pytest.raises(Unprocessable):
        begin(variables={"tone": "a\0b"}, **given)


def test_viewer_looks_and_does_not_run() -> None:
    a_member("vera", role="viewer")
    with pytest.raises(Forbidden):
        begin(username="vera")
    assert not Run.objects.exists()


def test_stranger_does_not_run() -> None:
    stranger = a_member("sten", team="elsewhere")
    Membership.objects.filter(user=stranger, team__slug="research").delete()
    run = a_run()
    with pytest.raises(Forbidden):
        start_run(
            viewer=Viewer(stranger),
            team=Team.objects.get(slug="research"),
            revision=run.revision,
            messages=[Message("user", "x")],
            variables={},
        )


@pytest.mark.parametrize(
    ("prompt", "refusal", "says"),
    [
        ("x" * 262_145, TooLarge, "262,145 bytes"),
        ("  \n", Unprocessable, "empty"),
        ("a\0b", Unprocessable, "NUL"),
    ],
)
def test_bad_prompt_is_refused_and_nothing_is_written(
    prompt: str, refusal: type[Refusal], says: str
) -> None:
    with pytest.raises(refusal, match=says):
        begin(prompt)
    assert not Run.objects.exists()


def test_unpriced_model_is_refused_under_a_money_limit_alone() -> None:
    Price.objects.all().delete()
    assert begin().ceiling_nanos is None
    with pytest.raises(Unprocessable, match="No price is known for fast"):
        begin(**changed(limits={"max_cost_usd": 0.5}))


def test_missing_variable_is_named() -> None:
    variables = [{"name": "tone", "type": "string", "required": True}]
    with pytest.raises(Unprocessable, match="tone"):
        begin(**changed(variables=variables))


def test_cancelled_while_queued_ends_without_a_worker() -> None:
    run = begin()
    cancel_run(run)
    cancel_run(run)
    run.refresh_from_db()
    assert (run.status, run.reason, run.epoch, run.cost_nanos) == (
        "cancelled",
        "cancelled",
        1,
        0,
    )
    assert {draft.status for draft in run.drafts.all()} == {"skipped"}
    assert not Call.objects.exists()
    entries = read_feed(run)
    assert [entry.id for entry in entries] == [
        f"1-{n}" for n in range(1, len(entries) + 1)
    ]
    assert (entries[0].kind, entries[-1].kind) == ("run", "end")


def test_feed_of_an_ended_run_is_read_from_sql_once_the_stream_is_gone(
    valkey: redis.Redis,
) -> None:
    run = begin()
    cancel_run(run)
    told = read_feed(run)
    valkey.flushall()
    run = Run.objects.get(pk=run.pk)
    assert read_feed(run) == told
    assert read_feed(run, told[0].id) == told[1:]


def test_cancel_leaves_a_held_run_to_its_worker() -> None:
    run = begin()
    lease.claim(run.pk, worker="w1")
    cancel_run(run)
    run.refresh_from_db()
    assert (run.status, run.epoch) == ("running", 1)
    assert run.cancel_requested_at is not None
