"""Wishes for single drafts of a running run: asked once, taken once, lost never."""

from __future__ import annotations

import threading

import pytest
import redis
from django.db import connections, transaction

from playground.accounts.access import Viewer
from playground.catalog.models import ModelCard, Price, Provider
from playground.engine.errors import KeyRefused
from playground.engine.events import CallFailed
from playground.runs.asking import ask_retry, ask_stop
from playground.runs.execution.requests import open_requests
from playground.runs.models import Call, Draft, DraftRequest, JournalEntry, Run
from playground.runs.planning import cards_of
from playground.runs.services import cancel_run
from playground.web.refusals import Conflict, Forbidden, NotFound, Unprocessable
from tests.runs.driving import Driven, finished
from tests.runs.factories import a_member, a_run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _priced(valkey: redis.Redis) -> None:
    provider = Provider.objects.create(
        slug="stub", name="Stub", base_url="http://127.0.0.1:1/v1"
    )
    for alias in ("fast", "bold", "free"):
        card = ModelCard.objects.create(alias=alias, provider=provider, model="m")
        if alias != "free":
            Price.objects.create(card=card, input=1, output=2)


@pytest.fixture
def ada() -> Viewer:
    return Viewer(a_member())


def take_up(driven: Driven) -> None:
    """Do what a worker does at a hint."""
    run = driven.claim.run
    for asked in open_requests([run.pk]).get(run.pk, ()):
        run.cards.update(asked.cards)
        driven.machine.know(cards_of(run))
        driven.give(asked.event(20))


def draft(run: Run, key: str) -> Draft:
    return Draft.objects.get(run=run, key=key)


def running() -> tuple[Run, Driven]:
    run = a_run()
    driven = Driven(run)
    run.refresh_from_db()
    return run, driven


def test_stop_is_a_row_until_a_worker_has_journalled_it(ada: Viewer) -> None:
    run, driven = running()
    ask_stop(ada, run, "1.A.1")
    ask_stop(ada, run, "1.A.1")
    request = DraftRequest.objects.get(run=run)
    assert (request.wish, request.user, request.taken_at) == ("stop", ada.user, None)
    take_up(driven)
    request.refresh_from_db()
    assert request.taken_at is not None
    assert draft(run, "1.A.1").status == "stopped"
    assert Call.objects.get(run=run, n=1).status == "cancelled"
    assert open_requests([run.pk]) == {}


@pytest.mark.locks
@pytest.mark.django_db(transaction=True)
def test_retry_freezes_the_card_of_another_model(ada: Viewer) -> None:
    run, driven = running()
    ask_retry(ada, run, "1.A.1", "bold")
    run.refresh_from_db()
    assert set(run.cards) == {"fast", "bold"}
    take_up(driven)
    driven.done("1.A.1", "bolder")
    assert [call.alias for call in Call.objects.filter(run=run)] == [
        *("fast", "fast", "bold"),
    ]
    assert (draft(run, "1.A.1").model, draft(run, "1.A.1").text) == ("bold", "bolder")


def test_retry_keeps_what_was_written_with_its_call(ada: Viewer) -> None:
    run, driven = running()
    driven.done("1.A.1", "first")
    ask_retry(ada, run, "1.A.1")
    take_up(driven)
    assert Call.objects.get(run=run, n=1).text == "first"
    assert draft(run, "1.A.1").status == "writing"
    driven.done("1.A.1", "second")
    assert draft(run, "1.A.1").text == "second"


@pytest.mark.locks
@pytest.mark.django_db(transaction=True)
def test_retry_in_vain_brings_the_draft_back_also_after_a_kill(ada: Viewer) -> None:
    run, driven = running()
    driven.done("1.A.1", "first")
    ask_retry(ada, run, "1.A.1", "bold")
    take_up(driven)
    # The checkpoint of the second call lies where the first draft lay.
    Draft.objects.filter(run=run, key="1.A.1").update(
        text="half of the sec", text_call=3
    )
    driven.kill()
    second = Driven(run, worker="w2")
    n = next(n for n, key in second.machine.open_calls.items() if key == "1.A.1")
    assert Call.objects.get(run=run, n=n).alias == "bold"
    second.give(CallFailed(n, 30, KeyRefused("refused", status=401)))
    back = draft(run, "1.A.1")
    assert (back.status, back.text, back.text_call) == ("done", "first", 1)
    assert (back.model, back.reasoning) == ("fast", "thought")
    second.done("1.B.1", "from B")
    second.done("2.Z.1", "the answer")
    run.refresh_from_db()
    assert (run.status, run.degraded) == ("done", False)


@pytest.mark.locks
@pytest.mark.django_db(transaction=True)
def test_wish_that_no_worker_took_is_taken_by_the_next(ada: Viewer) -> None:
    run, driven = running()
    ask_stop(ada, run, "1.A.1")
    driven.kill()
    second = Driven(run, worker="w2")
    take_up(second)
    assert draft(run, "1.A.1").status == "stopped"


@pytest.mark.locks
@pytest.mark.django_db(transaction=True)
def test_wish_is_taken_in_the_transaction_of_its_rows(ada: Viewer) -> None:
    run, driven = running()
    ask_stop(ada, run, "1.A.1")
    with transaction.atomic():
        take_up(driven)
        transaction.set_rollback(True)
    assert DraftRequest.objects.get(run=run).taken_at is None
    assert not JournalEntry.objects.filter(run=run, kind="stop_asked").exists()


def test_wish_that_came_too_late_is_not_heard_again(ada: Viewer) -> None:
    run, driven = running()
    ask_retry(ada, run, "1.A.1")
    driven.done("1.A.1", "from A")
    driven.done("1.B.1", "from B")
    take_up(driven)
    assert not JournalEntry.objects.filter(run=run, kind="retry_asked").exists()
    driven.done("2.Z.1", "the answer")
    assert DraftRequest.objects.get(run=run).taken_at is not None


def test_end_of_a_run_takes_what_nobody_took(ada: Viewer) -> None:
    run, driven = running()
    ask_stop(ada, run, "1.A.1")
    driven.kill()
    cancel_run(run)
    assert DraftRequest.objects.get(run=run).taken_at is not None


def test_wish_out_of_place_is_refused_in_clear_words(ada: Viewer) -> None:
    run, driven = running()
    with pytest.raises(Conflict, match="Layer 2 has not begun"):
        ask_stop(ada, run, "2.Z.1")
    with pytest.raises(NotFound, match="no draft"):
        ask_stop(ada, run, "9.Q.1")
    driven.done("1.A.1", "from A")
    with pytest.raises(Conflict, match="done already"):
        ask_stop(ada, run, "1.A.1")
    driven.done("1.B.1", "from B")
    with pytest.raises(Conflict, match="Layer 1 is over"):
        ask_retry(ada, run, "1.A.1")
    over = finished(a_run())
    with pytest.raises(Conflict, match="The run is over"):
        ask_stop(ada, over, "2.Z.1")
    assert not DraftRequest.objects.exists()


def test_only_who_may_stop_the_run_may_ask(ada: Viewer) -> None:
    run, _ = running()
    for name, role in (("ben", "member"), ("vera", "viewer")):
        with pytest.raises(Forbidden):
            ask_stop(Viewer(a_member(name, role=role)), run, "1.A.1")
    ask_stop(Viewer(a_member("olga", role="owner")), run, "1.A.1")


def test_model_that_cannot_be_called_is_refused(ada: Viewer) -> None:
    run, _ = running()
    with pytest.raises(Unprocessable, match="no model stranger"):
        ask_retry(ada, run, "1.A.1", "stranger")
    revision = run.revision
    revision.document = {**revision.document, "limits": {"max_cost_usd": 1}}
    revision.save()
    with pytest.raises(Unprocessable, match="No price is known for free"):
        ask_retry(ada, run, "1.A.1", "free")


@pytest.mark.locks
@pytest.mark.django_db(transaction=True)
def test_of_two_who_choose_models_at_once_both_cards_are_kept(ada: Viewer) -> None:
    run, _ = running()
    gate = threading.Barrier(2)

    def choose(key: str, alias: str) -> None:
        gate.wait()
        ask_retry(ada, run, key, alias)
        connections.close_all()

    chosen = (("1.A.1", "bold"), ("1.B.1", "free"))
    threads = [threading.Thread(target=choose, args=each) for each in chosen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run.refresh_from_db()
    assert set(run.cards) == {"fast", "bold", "free"}
    assert DraftRequest.objects.count() == 2
