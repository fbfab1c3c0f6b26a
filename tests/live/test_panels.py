"""An aggregate of several slots on the run's page: all side by side, one of them chosen."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from playground.accounts.models import Team
from playground.engine.errors import KeyRefused
from playground.engine.events import CallFailed
from playground.engine.plan import parse
from playground.live.fragments import RunFragments
from playground.recipes.models import Recipe, Revision
from playground.runs.departures import drafts_of_new
from playground.runs.execution.telling import told_by
from playground.runs.export import export_run
from playground.runs.feed import Entry
from playground.runs.models import Draft, Run
from tests.live.views import view_of
from tests.runs.driving import Driven
from tests.runs.factories import a_member, a_run

pytestmark = pytest.mark.django_db
LAYERS: list[dict[str, Any]] = [
    {"kind": "draft", "slots": [{"model": "fast"}]},
    {
        "kind": "aggregate",
        "primary": "Y",
        "slots": [{"model": "fast"}, {"model": "fast"}, {"model": "fast"}],
    },
]


def begun() -> tuple[Run, Driven]:
    """A run whose three aggregators are being asked; the second is the primary."""
    document = {"schema": "moa-recipe/1", "slug": "p", "name": "P", "layers": LAYERS}
    a_member()
    team = Team.objects.get(slug="research")
    recipe = Recipe.objects.create(team=team, slug="p", name="P")
    revision = Revision.objects.create(recipe=recipe, number=1, document=document)
    run = a_run(revision=revision)
    Draft.objects.filter(run=run).delete()
    Draft.objects.bulk_create(drafts_of_new(run, parse(document), None))
    driven = Driven(run)
    driven.done("1.A.1", "draft")
    return run, driven


def over(*, failing: tuple[str, ...] = ()) -> Run:
    """The run when all of them have ended."""
    run, driven = begun()
    for label in "ZYX":
        key = f"2.{label}.1"
        n = next(n for n, at in driven.machine.open_calls.items() if at == key)
        if label in failing:
            driven.give(CallFailed(n, 10, KeyRefused("refused", status=401)))
        else:
            driven.done(key, f"from {label}")
    run.refresh_from_db()
    return run


def page_of(run: Run) -> str:
    client = Client()
    client.force_login(run.user)
    return client.get(f"/runs/{run.pk}/").content.decode()


def cards_of(page: str) -> dict[str, str]:
    """The last layer's cards, by key."""
    section = page.partition('id="layer-2"')[2].partition("</section>")[0]
    found = re.findall(
        r'<article class="draft"[^>]* data-key="([^"]+)".*?</article>',
        section,
        re.DOTALL,
    )
    bodies = re.split(r'<article class="draft"', section)[1:]
    return dict(zip(found, bodies, strict=True))


def tags_of(page: str) -> dict[str, list[str]]:
    found = (
        (key, re.findall(r'<span class="tag">([^<]*)</span>', card))
        for key, card in cards_of(page).items()
    )
    return {key: tags for key, tags in found if tags}


def test_all_stand_side_by_side_and_the_primary_is_the_answer() -> None:
    page = page_of(over())
    assert list(cards_of(page)) == ["2.Z.1", "2.Y.1", "2.X.1"]
    assert tags_of(page) == {"2.Y.1": ["the answer"]}
    assert "2Y goes on: Y is the primary." in page
    answer = page.partition('id="answer"')[2].partition("</section>")[0]
    assert "from Y" in answer
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))


def test_who_takes_the_place_of_a_primary_that_failed_is_said() -> None:
    run = over(failing=("Y",))
    page = page_of(run)
    assert (run.answer_key, run.degraded) == ("2.Z.1", True)
    assert list(cards_of(page)) == ["2.Z.1", "2.Y.1", "2.X.1"]
    assert tags_of(page) == {"2.Z.1": ["the answer"], "2.Y.1": ["primary"]}
    assert "2Z goes on in place of the primary Y, which failed." in page
    assert "no draft of the primary" not in page
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))


def test_the_layer_that_none_could_write_says_what_stands_instead() -> None:
    run = over(failing=("Z", "Y", "X"))
    assert run.answer_key == "1.A.1"
    page = page_of(run)
    assert "goes on" not in page.partition('id="layer-head-2"')[2][:900]
    assert tags_of(page) == {"2.Y.1": ["primary"]}


def test_the_primary_is_marked_while_all_are_written() -> None:
    run, _ = begun()
    page = page_of(run)
    assert tags_of(page) == {"2.Y.1": ["primary"]}
    assert "Y is the primary: its draft is to go on." in page
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))


def test_fragments_end_with_the_parts_of_the_page() -> None:
    run, driven = begun()
    fragments = RunFragments(view_of(run))
    rows = []
    for label in "ZYX":
        rows += driven.done(f"2.{label}.1", f"from {label}")
    since = int(fragments.view.last.partition("-")[2] or 0)
    told = [
        fragments.advance(Entry(f"1-{since + seq}", {"t": seq, **body})) or ""
        for seq, body in enumerate(told_by(rows), start=1)
    ]
    assert not fragments.broken
    whole = [html for html in told if 'id="layer-2"' in html][-1]
    assert tags_of(whole) == {"2.Y.1": ["the answer"]}
    both = [html for html in told if 'id="draft-2-Y-1"' in html]
    assert 'id="answer"' in both[0]
    assert 'id="body-answer-2-Y-1"' in both[0]


def test_exports_say_whose_draft_is_the_answer_and_why(client: Client) -> None:
    run = over(failing=("Y",))
    layer = export_run(run)["layers"][1]
    assert layer["passed_on"] == ["2.Z.1"]
    assert layer["notes"] == ["no draft of the primary Y: 2.Z.1 takes its place"]
    client.force_login(run.user)
    text = client.get(f"/runs/{run.pk}.md").content.decode()
    assert "no draft of the primary Y: 2.Z.1 takes its place" in text
    assert "This is draft 2.Z.1." in text
