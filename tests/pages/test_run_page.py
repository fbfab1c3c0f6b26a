"""The run page in its views: what each shows, opens and folds, and what it asks for."""

from __future__ import annotations

import re
from copy import deepcopy

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from playground.accounts.models import User
from playground.recipes.models import Revision
from playground.runs.models import Draft, Run
from tests.live.views import layer_row
from tests.runs.factories import a_call, a_member, a_run

pytestmark = pytest.mark.django_db


def done(**more: object) -> Run:
    """A run with three texts, each called for once."""
    run = a_run(status="done", answer_key="2.Z.1", **more)
    Draft.objects.filter(run=run).update(status="done", text="# So\n\n**it** is.")
    for n, key in enumerate(("1.A.1", "1.B.1", "2.Z.1"), start=1):
        a_call(run, n=n, key=key)
    for number in (1, 2):
        layer_row(run, number, "layer_opened", 0)
        layer_row(run, number, "layer_closed", 2_000)
    return run


def page_of(client: Client, run: Run, query: str = "") -> str:
    answer = client.get(f"/runs/{run.pk}/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def card_of(page: str, dom: str) -> str:
    found = re.search(rf'<article[^>]*id="draft-{dom}".*?</article>', page, re.DOTALL)
    assert found
    return found[0]


def test_a_done_run_folds_its_layers_to_plain_previews(
    client: Client, ada: User
) -> None:
    card = card_of(page_of(client, done()), "1-A-1")

    assert ">So it is.</p>" in card
    assert "<strong>" not in card
    assert "Read on" in card


@pytest.mark.parametrize(
    "query", ["?draft=1.A.1", "?layer=1", "?view=focus&draft=1.A.1"]
)
def test_a_draft_is_opened_by_its_address_and_only_there(
    client: Client, ada: User, query: str
) -> None:
    run = done()
    before = page_of(client, run)
    card = card_of(page_of(client, run, query), "1-A-1")
    after = page_of(client, run)

    assert "data-opened" in card
    assert "<strong>it</strong>" in card
    assert card_of(before, "1-A-1") == card_of(after, "1-A-1")


def test_a_newer_layer_folds_the_one_before(client: Client, ada: User) -> None:
    run = done()
    Run.objects.filter(pk=run.pk).update(status="failed", answer_key="")
    page = page_of(client, run)

    assert 'id="layer-1" data-layer="closed" data-folded' in page


def test_views_are_links_and_the_one_shown_says_so(client: Client, ada: User) -> None:
    page = page_of(client, done(), "?view=timeline")

    assert '<a href="?view=timeline" aria-current="page">' in page
    assert 'data-view="timeline"' in page
    assert page_of(client, done(), "?view=nonsense").count('data-view="auto"') == 1


def test_focus_goes_from_draft_to_draft_and_shows_the_source(
    client: Client, ada: User
) -> None:
    page = page_of(client, done(), "?view=focus&draft=1.B.1&raw")

    assert 'rel="prev" href="?view=focus&amp;draft=1.A.1"' in page
    assert 'rel="next" href="?view=focus&amp;draft=2.Z.1"' in page
    assert "<pre># So" in card_of(page, "1-B-1")


def test_reasoning_is_folded_and_read_only_in_focus(client: Client, ada: User) -> None:
    run = done()
    Draft.objects.filter(run=run, key="1.A.1").update(reasoning="I wonder <b>")
    opened = card_of(page_of(client, run, "?draft=1.A.1"), "1-A-1")
    focus = card_of(page_of(client, run, "?view=focus&draft=1.A.1"), "1-A-1")

    assert "Reasoning, 12 characters" in opened
    assert "I wonder" not in opened
    assert "I wonder &lt;b&gt;" in focus


def test_a_draft_that_was_cut_says_at_what(client: Client, ada: User) -> None:
    run = done()
    run.calls.filter(n=1).update(finish_reason="length")
    card = card_of(page_of(client, run, "?draft=1.A.1"), "1-A-1")

    assert "60 tokens, cut off" in card
    assert "cut at its limit of 4,096 tokens" in card


def test_actions_are_for_those_who_may(client: Client, ada: User) -> None:
    run = done(user=a_member("ben"))
    mine = page_of(client, run, "?draft=1.A.1")
    client.force_login(a_member("vera", role="viewer"))
    theirs = page_of(client, run)

    assert 'data-may="branch"' in mine
    assert f'formaction="/runs/{run.pk}/drafts/1.A.1/retry/"' in mine
    assert f'action="/runs/{run.pk}/follow-up/"' in mine
    assert 'data-may=""' in theirs
    assert "follow-up/" not in theirs


def test_a_failed_run_asks_what_failed_again_in_one_press(
    client: Client, ada: User
) -> None:
    run = a_run(status="failed", reason="quorum")
    Draft.objects.filter(run=run, layer=1).update(status="failed")
    late = {"kind": "layer_timeout", "message": "not done within the layer's 300 s"}
    for n, key in enumerate(("1.A.1", "1.B.1"), start=1):
        a_call(run, n=n, key=key, status="failed", error=late)
    page = page_of(client, run)

    assert (
        f'formaction="/runs/{run.pk}/drafts/1.A.1/retry/" name="also" value="failed">'
        "Ask 1A and 1B again</button>"
    ) in page
    assert '<a href="/recipes/research/two/">Open the recipe</a>' in page
    assert page.count("Raise the layer&#x27;s time limit (timeout_s)") == 2


def test_lineage_names_the_parent_and_the_children(client: Client, ada: User) -> None:
    parent = done(prompt="The first question")
    child = done(
        parent=parent,
        prompt="The second",
        branch={"kind": "left_out", "keys": ["1.B.1"]},
    )

    assert "Without 1B, from" in page_of(client, child)
    assert "The first question" in page_of(client, child)
    assert "1 run went on from here" in page_of(client, parent)
    assert f'href="/runs/{child.pk}/"' in page_of(client, parent)


def test_a_run_by_one_model_alone_is_laid_beside_the_answer(
    client: Client, ada: User
) -> None:
    run = done()
    before = page_of(client, run)
    alone = done(parent=run, branch={"kind": "alone"})
    after = page_of(client, run)

    assert "Ask one model alone" in before
    assert "Single run" in after
    assert f'href="/runs/{alone.pk}/"' in after[after.index('id="worth"') :]


def test_the_page_asks_as_often_for_many_relatives_and_calls_as_for_few(
    client: Client, ada: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    run, branch = done(), {"kind": "follow_up"}
    done(parent=run, branch=branch)
    with django_assert_max_num_queries(20) as first:
        page_of(client, run)
    for n in range(4, 12):
        a_call(run, n=n)
        done(parent=run, branch=branch)
    with django_assert_max_num_queries(len(first)):
        page_of(client, run)


def test_costs_name_the_sample_of_a_slot_that_has_several(
    client: Client, ada: User
) -> None:
    run = done()
    document = deepcopy(run.revision.document)
    document["layers"][0]["slots"][0]["samples"] = 2
    Revision.objects.filter(pk=run.revision_id).update(document=document)
    Draft.objects.create(
        run=run, key="1.A.2", position=9, layer=1, label="A", sample=2, status="done"
    )
    a_call(run, n=4, key="1.A.2")
    costs = page_of(client, run).split('id="costs-title"')[1]

    named = re.findall(r'<b class="chip"[^>]*>(.*?)</b>', costs)
    assert named == [
        "<i>1</i>A<i>·1</i>",
        "<i>1</i>A<i>·2</i>",
        "<i>1</i>B",
        "<i>2</i>Z",
    ]
