"""A vote on the run's page and in its exports."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from playground.accounts.access import Viewer
from playground.accounts.models import Team
from playground.engine.plan import parse
from playground.live.critical import critical_of
from playground.live.fragments import RunFragments
from playground.recipes.models import Recipe, Revision
from playground.runs.branching import without_drafts
from playground.runs.departures import drafts_of_new
from playground.runs.execution.telling import told_by
from playground.runs.feed import Entry
from playground.runs.models import Draft, Run
from tests.live.views import view_of
from tests.runs.driving import Driven
from tests.runs.factories import a_member, a_run

pytestmark = pytest.mark.django_db
EVIL = "<script>window.pwned=1;</script>"


def started(samples: int, *last: dict[str, Any], **keys: Any) -> Run:
    """A queued run of a vote on these many drafts."""
    layers = [
        {"kind": "draft", "slots": [{"model": "fast", "samples": samples}]},
        {"kind": "vote", "name": "Count", "extract": "number", **keys},
        *last,
    ]
    document = {"schema": "moa-recipe/1", "slug": "v", "name": "V", "layers": layers}
    a_member()
    team = Team.objects.get(slug="research")
    recipe = Recipe.objects.create(team=team, slug="v", name="V")
    revision = Revision.objects.create(recipe=recipe, number=1, document=document)
    run = a_run(revision=revision)
    Draft.objects.filter(run=run).delete()
    Draft.objects.bulk_create(drafts_of_new(run, parse(document), None))
    return run


def over(*texts: str, **keys: Any) -> Run:
    """The run when its drafts say this."""
    run = started(len(texts), **keys)
    driven = Driven(run)
    for number, text in enumerate(texts, start=1):
        driven.done(f"1.A.{number}", text)
    run.refresh_from_db()
    return run


def page_of(run: Run) -> str:
    client = Client()
    client.force_login(run.user)
    return client.get(f"/runs/{run.pk}/").content.decode()


def section_of(page: str) -> str:
    found = re.search(
        r'<section class="part layer" id="layer-2".*?</section>', page, re.DOTALL
    )
    assert found is not None
    return found[0]


def test_panel_shows_who_stood_for_what_and_who_won() -> None:
    section = section_of(page_of(over("41", "it is 42", "none", "42")))
    assert "1.A.2 won with 2 of 4 votes." in section
    rows = re.findall(r"<tr[^>]*>\s*<th scope=\"row\".*?</tr>", section, re.DOTALL)
    assert [re.findall(r"#draft-([\w-]+)", row) for row in rows] == [
        *(["1-A-2", "1-A-4"], ["1-A-1"], ["1-A-3"]),
    ]
    assert ["won" in row for row in rows] == [True, False, False]
    assert "no answer found" in rows[2]
    assert 'width="50%"' in rows[0]


def test_panel_says_how_a_tie_was_broken() -> None:
    assert "(ties: first)" in section_of(page_of(over("41", "42")))


def test_medoid_shows_the_likeness_of_each() -> None:
    said = ("the sky is blue", "grass", "sky so blue", "the sky is so blue")
    run = over(*said, extract="medoid")
    section = section_of(page_of(run))
    assert "of all drafts it is most like the others" in section
    assert section.count("% alike") == 4


def test_what_a_model_wrote_stays_text_in_the_panel() -> None:
    pattern = "(?P<answer>.*)"
    run = over(EVIL, EVIL, extract="regex", pattern=pattern)
    section = section_of(page_of(run))
    assert EVIL not in section
    assert "&lt;script&gt;window.pwned=1;&lt;/script&gt;" in section


def test_answer_is_the_winner_and_no_id_is_there_twice() -> None:
    page = page_of(over("41", "it is 42", "42"))
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))
    answer = page.partition('id="answer"')[2].partition("</section>")[0]
    assert "it is 42" in answer
    assert "won the vote" in answer
    assert "draft 1A, sample 2" in answer


def test_page_of_a_vote_that_is_to_come_says_what_it_waits_for() -> None:
    page = page_of(started(3))
    assert "A vote says which draft it is." in page
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize("view", ["columns", "tabs", "timeline", "compare", "focus"])
def test_each_view_shows_a_run_with_a_vote(client: Client, view: str) -> None:
    run = over("41", "42", "42")
    client.force_login(run.user)
    response = client.get(f"/runs/{run.pk}/", {"view": view})
    assert response.status_code == 200


def test_strip_has_a_seat_for_the_vote_and_wires_to_it() -> None:
    view = view_of(over("41", "42", "42"))
    assert [wire.end for wire in view.wires_into(2)] == ["vote-2"] * 3
    assert view.layers[1].tally == "2 of 3"
    assert 'data-key="vote-2"' in page_of(view.run)


def test_next_layer_is_wired_to_the_vote() -> None:
    run = started(2, {"kind": "aggregate", "slots": [{"model": "fast"}]})
    driven = Driven(run)
    for key, text in (("1.A.1", "41"), ("1.A.2", "42"), ("3.Z.1", "so 41")):
        driven.done(key, text)
    view = view_of(run)
    assert [wire.start for wire in view.wires_into(3)] == ["vote-2"]
    assert view.answer_key == "3.Z.1"
    assert "The votes" not in view.layers[1].gist


def test_degraded_run_says_that_no_draft_had_an_answer() -> None:
    view = view_of(over("one", "two"))
    assert view.lesser == (
        "Layer 2 found no answer to count in any draft: the first that it was given stands."
    )
    assert view.layers[1].tally == "no answer found"


def test_failed_vote_says_why() -> None:
    run = over("one", "two", on_fail="abort")
    assert (run.status, run.reason) == ("failed", "abort")
    assert "the vote failed: an answer was found in 0 of 2." in section_of(page_of(run))


def test_fragments_draw_the_panel_when_the_vote_is_held() -> None:
    run = started(2)
    driven = Driven(run)
    fragments = RunFragments(view_of(run))
    rows = [*driven.rows, *driven.done("1.A.1", "41"), *driven.done("1.A.2", "42")]
    told = [
        fragments.advance(Entry(f"1-{seq}", {"t": seq, **body})) or ""
        for seq, body in enumerate(told_by(rows), start=1)
    ]
    assert not fragments.broken
    drawn = [html for html in told if "(ties: first)" in html]
    assert drawn
    assert section_of(drawn[0]) in drawn[-1] or 'id="layer-2"' in drawn[0]
    assert fragments.view.layers[1].elected is fragments.view.drafts["1.A.1"]
    assert "won the vote" in told[-1]


def test_what_the_time_hung_on_is_the_draft_that_decided() -> None:
    run = started(4, stop_early=True)
    driven = Driven(run)
    for key in ("1.A.1", "1.A.2", "1.A.4"):
        driven.done(key, "42")
    view = view_of(run)
    assert (view.status, view.degraded) == ("done", False)
    assert view.drafts["1.A.3"].status == "stopped"
    assert "1.A.3" not in critical_of(view).keys
    assert "the drafts still to come were not needed" in page_of(run)


def test_exports_tell_the_vote(client: Client) -> None:
    run = over("41", "42", "none")
    client.force_login(run.user)
    exported = client.get(f"/runs/{run.pk}.json").json()
    layer = exported["layers"][1]
    assert exported["answer"] == {"draft": "1.A.1", "text": "41"}
    assert layer["passed_on"] == ["1.A.1"]
    assert layer["notes"][1:] == [
        "1 for 41: 1.A.1",
        "1 for 42: 1.A.2",
        "1 without an answer: 1.A.3",
    ]
    assert layer["x_vote"]["counts"] == {"41": 1, "42": 1}
    assert (layer["x_vote"]["by"], layer["x_vote"]["winner"]) == ("first", "1.A.1")
    assert "x_vote" not in exported["layers"][0]
    text = client.get(f"/runs/{run.pk}.md").content.decode()
    assert "## Layer 2: Count (vote)" in text
    assert "1 without an answer: 1.A.3" in text


def test_leaving_the_winner_out_counts_again_without_a_call(valkey: Any) -> None:
    run = over("41", "42", "42", ties="first")
    branch = without_drafts(Viewer(run.user), run, ["1.A.2", "1.A.3"])
    Driven(branch)
    branch.refresh_from_db()
    assert (branch.status, branch.answer_key) == ("done", "1.A.1")
    assert branch.calls.count() == 0
