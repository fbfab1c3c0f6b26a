"""What refusals teach is kept, read by every worker, shown, and can be forgotten."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from playground.catalog.models import Lesson as Stored
from playground.catalog.models import Provider
from playground.catalog.services import keep_lesson
from playground.engine.errors import NotTaken
from playground.engine.events import CallDone, CallFailed
from playground.engine.lessons import Lesson
from playground.engine.usage import Usage
from playground.recipes.models import Recipe, Revision
from playground.runs.execution.learned import Lessons
from playground.runs.execution.telling import told_by
from playground.runs.export import export_run
from playground.runs.models import Run
from tests.live.views import view_of
from tests.people import Cast
from tests.runs.driving import Driven
from tests.runs.factories import DOCUMENT, a_member, a_run

pytestmark = pytest.mark.django_db
MODEL = "m-0-3-1"
NO_TEMPERATURE = Lesson("temperature")
RENAMED = Lesson("max_tokens", "max_completion_tokens")


@pytest.fixture
def provider() -> Provider:
    return Provider.objects.create(slug="stub", name="Stub", base_url="https://x.test")


def warm_run() -> Run:
    """A run whose slots ask for a temperature."""
    slots: list[dict[str, Any]] = [{"model": "fast", "params": {"temperature": 0.2}}]
    layers = [{"kind": "draft", "slots": slots * 2}, DOCUMENT["layers"][1]]  # type: ignore[index]
    run = a_run()
    recipe = Recipe.objects.create(team=run.team, slug="warm", name="Warm")
    run.revision = Revision.objects.create(
        recipe=recipe, number=1, document={**DOCUMENT, "layers": layers}
    )
    run.save()
    return run


def refuse(driven: Driven, key: str, lesson: Lesson) -> list[Any]:
    n = next(n for n, open_ in driven.machine.open_calls.items() if open_ == key)
    error = NotTaken("stub does not take it", lesson=lesson, status=400)
    return list(driven.give(CallFailed(n, 5, error)))


def stored() -> list[tuple[str, str, str, str]]:
    rows = Stored.objects.values_list("provider__slug", "model", "field", "instead")
    return list(rows)


def test_lesson_is_kept_once_with_the_refusals_words(provider: Provider) -> None:
    driven = Driven(warm_run())
    refuse(driven, "1.A.1", NO_TEMPERATURE)
    refuse(driven, "1.B.1", NO_TEMPERATURE)

    assert stored() == [("stub", MODEL, "temperature", "")]
    assert Stored.objects.get().said == "stub does not take it"


def test_lesson_of_a_provider_that_is_gone_is_not_kept() -> None:
    refuse(Driven(warm_run()), "1.A.1", NO_TEMPERATURE)

    assert stored() == []


def test_worker_reads_what_others_learned_and_forgets_what_admins_forgot(
    provider: Provider,
) -> None:
    run, known = a_run(), Lessons()
    keep_lesson("stub", MODEL, RENAMED, said="")
    keep_lesson("stub", "another", NO_TEMPERATURE, said="")
    known.read(run)
    assert set(known.of(run)("fast")) == {RENAMED}

    known.note("stub", MODEL, NO_TEMPERATURE)
    assert set(known.of(run)("fast")) == {RENAMED, NO_TEMPERATURE}

    Stored.objects.all().delete()
    known.read(run)
    assert set(known.of(run)("fast")) == set()


def test_same_model_name_at_another_provider_is_another_model(
    provider: Provider,
) -> None:
    other = Provider.objects.create(slug="other", name="O", base_url="https://o.test")
    keep_lesson(other.slug, MODEL, NO_TEMPERATURE, said="")
    run, known = a_run(), Lessons()
    known.read(run)

    assert set(known.of(run)("fast")) == set()


def test_run_page_export_and_feed_tell_what_was_left_out(
    provider: Provider, client: Client
) -> None:
    run = warm_run()
    driven = Driven(run)
    rows = refuse(driven, "1.A.1", NO_TEMPERATURE)
    driven.done("1.A.1", "text")
    draft = view_of(run).drafts["1.A.1"]

    assert [call.outcome for call in draft.faults] == ["asked again without it"]
    assert "temperature left out" in draft.facts
    told = [body for body in told_by(rows) if body.get("n") == 3]
    assert told[0]["lessons"] == [["temperature", ""]]
    calls = export_run(run)["calls"]
    assert [call.get("x_not_taken") for call in calls] == [
        None,
        None,
        {"temperature": None},
    ]
    assert calls[0]["error"]["kind"] == "not_taken"

    client.force_login(a_member())
    page = client.get(f"/runs/{run.pk}/calls/3/").content.decode()
    assert "left out: this model does not take it (asked for: 0.2)" in page
    assert "temperature left out" in client.get(f"/runs/{run.pk}/").content.decode()


def test_call_page_tells_of_a_prompt_that_was_cut(
    provider: Provider, client: Client
) -> None:
    run = a_run(messages=[{"role": "user", "content": "word " * 900}])
    driven = Driven(run)
    driven.give(CallDone(1, 10, "text", "", Usage(256, 0, 5)))

    assert export_run(run)["calls"][0]["x_least_in"] == 900
    client.force_login(a_member())
    for page in (f"/runs/{run.pk}/calls/1/", f"/runs/{run.pk}/"):
        assert (
            "The provider read 256 tokens of a prompt that has at least 900"
            in client.get(page).content.decode()
        )


def test_site_admin_can_have_a_lesson_forgotten(
    provider: Provider, cast: Cast, client: Client
) -> None:
    keep_lesson("stub", MODEL, NO_TEMPERATURE, said="its words")
    lesson = Stored.objects.get()
    path = reverse("admin:playground_lesson_delete", args=[lesson.pk])
    client.force_login(cast.ada)
    assert client.post(path, {"post": "yes"}).status_code == 302
    assert stored() != []

    client.force_login(cast.root)
    shown = client.get(reverse("admin:playground_lesson_change", args=[lesson.pk]))
    assert "its words" in shown.content.decode()
    assert client.post(path, {"post": "yes"}).status_code == 302
    assert stored() == []
