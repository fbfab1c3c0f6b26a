"""Judges on the run's page, in its feed and in its exports."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from playground.accounts.access import Viewer
from playground.accounts.models import Team
from playground.engine.plan import parse
from playground.live.fragments import RunFragments
from playground.live.spared import Spared, spared_by
from playground.recipes.models import Recipe, Revision
from playground.runs.branching import retry_in_branch, with_edited
from playground.runs.departures import drafts_of_new
from playground.runs.execution.reconstruction import sent_call
from playground.runs.execution.telling import told_by
from playground.runs.feed import Entry
from playground.runs.models import Call, Draft, Run
from playground.web.formats import money
from tests.engine.house import FINDINGS
from tests.live.views import view_of
from tests.pages.stock import a_catalogue
from tests.runs.driving import Driven
from tests.runs.factories import a_member, a_run

pytestmark = pytest.mark.django_db
EVIL = "<script>window.pwned=1;</script>"
FOUND: dict[str, Any] = FINDINGS | {
    "consensus": [{"point": "It scatters.", "drafts": ["A", "B"]}],
    "contradictions": [
        {
            "point": "Violet",
            "sides": [
                {"says": "seen less", "drafts": ["A"]},
                {"says": "not sent", "drafts": ["B"]},
            ],
        }
    ],
    "blind_spots": [{"point": f"Ozone {EVIL}"}],
}
READABLE = f"Here:\n```json\n{json.dumps(FOUND)}\n```"


def started(judges: int = 1, **keys: Any) -> Run:
    """A queued run of judges, who compare if nothing else is said, on two drafts."""
    layers = [
        {"kind": "draft", "slots": [{"model": "fast"}, {"model": "fast"}]},
        {"kind": "compare", "name": "Panel", "slots": [{"model": "fast"}] * judges}
        | keys,
        {"kind": "aggregate", "slots": [{"model": "fast"}]},
    ]
    document = {"schema": "moa-recipe/1", "slug": "c", "name": "C", "layers": layers}
    a_member()
    team = Team.objects.get(slug="research")
    recipe = Recipe.objects.create(team=team, slug="c", name="C")
    revision = Revision.objects.create(recipe=recipe, number=1, document=document)
    run = a_run(revision=revision)
    Draft.objects.filter(run=run).delete()
    Draft.objects.bulk_create(drafts_of_new(run, parse(document), None))
    return run


def driven_to(*replies: str, run: Run) -> Driven:
    driven = Driven(run)
    driven.done("1.A.1", "blue")
    driven.done("1.B.1", "sky")
    for reply in replies:
        driven.done("2.A.1", reply)
    return driven


def over(*replies: str, **keys: Any) -> Run:
    run = started(**keys)
    driven_to(*replies, run=run).done("3.Z.1", "so blue")
    run.refresh_from_db()
    return run


def page_of(run: Run, **asked: str) -> str:
    client = Client()
    client.force_login(run.user)
    return client.get(f"/runs/{run.pk}/", asked).content.decode()


def section_of(page: str) -> str:
    found = re.search(
        r'<section class="part layer" id="layer-2".*?(?=<section class="part )',
        page + '<section class="part ',
        re.DOTALL,
    )
    assert found is not None
    return found[0]


def test_panel_shows_each_point_with_who_says_it() -> None:
    section = section_of(page_of(over(READABLE)))
    themes = re.findall(r"<h4>([\w ]+)<span", section)
    assert [theme.strip() for theme in themes] == [
        *("Consensus", "Contradictions", "Blind spots")
    ]
    agreed = section.partition("Consensus")[2].partition("<h4>")[0]
    assert re.findall(r'href="#draft-([\w-]+)"', agreed) == ["1-A-1", "1-B-1"]
    differ = section.partition("Contradictions")[2].partition("<h4>")[0]
    voices = re.findall(r'<li data-slot="(\w)">.*?dir="auto">([\w ]+)<', differ)
    assert voices == [("a", "seen less"), ("b", "not sent")]
    gap = section.partition("Blind spots")[2].partition("</ul>")[0]
    assert gap.count("chip away") == 2


def test_what_a_judge_wrote_stays_text() -> None:
    page = page_of(over(READABLE))
    assert EVIL not in page
    assert "Ozone &lt;script&gt;window.pwned=1;&lt;/script&gt;" in page


def test_no_id_is_there_twice_and_the_reply_is_shown_as_it_is() -> None:
    page = page_of(over(READABLE), draft="2.A.1")
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))
    assert "<pre>Here:\n```json" in page


@pytest.mark.parametrize("view", ["columns", "tabs", "timeline", "compare", "focus"])
def test_each_view_shows_a_run_with_judges(view: str) -> None:
    assert "so blue" in page_of(over(READABLE), view=view)


def test_next_layer_is_wired_to_the_judge_that_was_heard() -> None:
    view = view_of(over(READABLE))
    assert [wire.start for wire in view.wires_into(3)] == ["2.A.1"]
    assert view.layers[1].tally == "1 of 1 read"
    assert not view.degraded


def test_unread_judge_is_counted_and_says_why() -> None:
    run = over("They agree.", "As I said.")
    view = view_of(run)
    assert (run.status, run.degraded) == ("done", True)
    assert view.wires_into(3) == []
    assert view.layers[1].tally == "0 of 1 read"
    section = section_of(page_of(run))
    assert "It could not be read: it has no JSON object" in section
    assert "no judge gave an analysis that can be read" in section
    assert "As I said." in section
    assert view.lesser == (
        "Layer 2 could not be read (2A): its drafts went on without it."
    )


def test_first_reply_stays_with_its_call_and_the_repair_can_be_seen() -> None:
    run = over("They agree.", READABLE)
    first, second = Call.objects.filter(run=run, draft__key="2.A.1")
    assert (first.status, first.text) == ("done", "They agree.")
    sent = sent_call(run, second)
    assert sent is not None
    assert sent.is_exact
    assert [each.content for each in sent.order.messages][-2] == "They agree."
    client = Client()
    client.force_login(run.user)
    page = client.get(f"/runs/{run.pk}/calls/{second.n}/").content.decode()
    assert "it has no JSON object" in page


def test_while_it_is_asked_again_the_page_says_so() -> None:
    run = started()
    driven_to("They agree.", run=run)
    draft = Draft.objects.get(run=run, key="2.A.1")
    assert (draft.status, draft.cause) == ("writing", "it has no JSON object")


def test_feed_tells_of_an_unread_reply_once_for_each_call() -> None:
    run = started()
    driven = driven_to(run=run)
    told = list(told_by(driven.done("2.A.1", "no")))
    assert [(body["status"], body.get("cause")) for body in told] == [
        *(("waiting", "it has no JSON object"), ("writing", None))
    ]
    told = list(told_by(driven.done("2.A.1", "no")))
    assert [body.get("status") for body in told[:2]] == ["done", None]
    assert told[0]["cause"] == "it has no JSON object"
    assert told[1]["verdict"]["unread"] == [
        {"key": "2.A.1", "reason": "it has no JSON object"}
    ]


def test_fragments_put_the_panel_there_when_the_layer_is_over() -> None:
    run = started()
    driven = Driven(run)
    fragments = RunFragments(view_of(run))
    rows = [*driven.rows, *driven.done("1.A.1", "blue"), *driven.done("1.B.1", "sky")]
    rows += [*driven.done("2.A.1", "no"), *driven.done("2.A.1", READABLE)]
    told = [
        fragments.advance(Entry(f"1-{seq}", {"t": seq, **body})) or ""
        for seq, body in enumerate(told_by(rows), start=1)
    ]
    assert not fragments.broken
    [drawn] = [html for html in told if 'id="found-2" hx-swap-oob' in html]
    assert "It scatters." in drawn
    assert fragments.view.drafts["2.A.1"].gloss.startswith(
        "consensus 1, contradictions"
    )
    [panel] = fragments.view.layers[1].panels
    assert [(theme.title, len(theme.points)) for theme in panel.themes] == [
        *(("Consensus", 1), ("Contradictions", 1), ("Blind spots", 1))
    ]


def test_exports_tell_what_was_found(client: Client) -> None:
    run = over(READABLE)
    client.force_login(run.user)
    layer = client.get(f"/runs/{run.pk}.json").json()["layers"][1]
    assert layer["passed_on"] == ["1.A.1", "1.B.1"]
    assert layer["notes"] == [
        "2.A.1 compared 1.A.1, 1.B.1: consensus 1, contradictions 1, blind spots 1"
    ]
    [judge] = layer["x_compare"]["judges"]
    assert judge["consensus"] == [
        {"point": "It scatters.", "drafts": ["1.A.1", "1.B.1"]}
    ]
    text = client.get(f"/runs/{run.pk}.md").content.decode()
    assert "### Analysis by 2.A.1" in text
    assert "- It scatters. (1.A.1, 1.B.1)" in text
    assert "    - 1.B.1: not sent" in text
    assert EVIL not in text.partition("### Draft 2.A.1")[0]


def test_run_with_a_lost_judge_can_be_retried_without_it(valkey: Any) -> None:
    a_catalogue("fast")
    run = over("no", "no")
    Draft.objects.filter(run=run, key="2.A.1").update(status="failed")
    branch = retry_in_branch(Viewer(run.user), run, "3.Z.1")
    driven = Driven(branch)
    assert list(driven.machine.open_calls.values()) == ["3.Z.1"]


def test_edited_reply_is_read_anew(valkey: Any) -> None:
    a_catalogue("fast")
    run = over("no", "no")
    branch = with_edited(Viewer(run.user), run, "2.A.1", json.dumps(FOUND))
    driven = Driven(branch)
    assert list(driven.machine.open_calls.values()) == ["3.Z.1"]
    [opened] = map(driven.machine.sent, driven.machine.open_calls)
    assert "It scatters." in opened.messages[-1].content


def chosen(*replies: str, **keys: Any) -> Run:
    """A run of select when its moderators have replied."""
    run = started(kind="select", keep=1, **keys)
    driven_to(*replies, run=run)
    run.refresh_from_db()
    return run


PICK = json.dumps({"keep": ["B"], "agree": True, "why": f"Clear {EVIL}"})


def test_panel_shows_who_was_kept_and_why() -> None:
    section = section_of(page_of(chosen(PICK)))
    kept = section.partition("One goes on")[2].partition("</header>")[0]
    assert re.findall(r'href="#draft-([\w-]+)"', kept) == ["1-B-1"]
    row = section.partition('<section class="theme">')[2].partition("</section>")[0]
    assert re.findall(r'href="#draft-([\w-]+)"', row) == ["1-B-1", "2-A-1"]
    assert row.count("chip away") == 1
    assert "the drafts agree" in row
    assert EVIL not in section
    assert "Clear &lt;script&gt;" in section


def test_page_of_an_early_end_says_what_was_spared() -> None:
    run = chosen(PICK, stop_early=True)
    assert (run.status, run.answer_key, run.degraded) == ("done", "1.B.1", False)
    view = view_of(run)
    spared = spared_by(view)
    assert spared is not None
    assert spared.calls == 1
    # At least what the aggregate is likely to write: 400 tokens at 60 cents a million.
    assert (spared.nanos or 0) > 240_000
    page = page_of(run)
    assert f"That spared 1 call and about {money(spared.nanos)}, by" in page
    assert "The drafts agree, so the run ended here" in section_of(page)
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))


def test_without_a_price_the_money_that_was_spared_is_not_known() -> None:
    view = view_of(chosen(PICK, stop_early=True))
    view.cards = {
        alias: replace(card, price=None) for alias, card in view.cards.items()
    }
    assert spared_by(view) == Spared(1, None)


def test_run_that_goes_on_spares_nothing() -> None:
    run = chosen(PICK)
    assert spared_by(view_of(run)) is None
    assert "spared" not in page_of(run)


def test_fragments_tell_of_an_early_end() -> None:
    run = started(kind="select", keep=1, stop_early=True)
    driven = Driven(run)
    fragments = RunFragments(view_of(run))
    rows = [*driven.rows, *driven.done("1.A.1", "blue"), *driven.done("1.B.1", "sky")]
    rows += driven.done("2.A.1", PICK)
    told = [
        fragments.advance(Entry(f"1-{seq}", {"t": seq, **body})) or ""
        for seq, body in enumerate(told_by(rows), start=1)
    ]
    assert not fragments.broken
    assert "That spared 1 call" in told[-1]
    assert any("so the run ended here" in html for html in told)


def test_exports_tell_what_was_kept(client: Client) -> None:
    run = chosen(PICK, stop_early=True)
    client.force_login(run.user)
    exported = client.get(f"/runs/{run.pk}.json").json()
    layer = exported["layers"][1]
    assert exported["answer"] == {"draft": "1.B.1", "text": "sky"}
    assert layer["passed_on"] == ["1.B.1"]
    assert layer["x_select"]["ends"] is True
    assert [judge["kept"] for judge in layer["x_select"]["judges"]] == [["1.B.1"]]
    assert [draft["status"] for draft in exported["drafts"]][-1] == "skipped"
    text = client.get(f"/runs/{run.pk}.md").content.decode()
    assert "the drafts agree: the run ends early, with 1.B.1" in text
    assert "2.A.1: Clear" in text


def test_unread_moderator_leaves_the_order_and_says_so() -> None:
    run = chosen("no", "no")
    view = view_of(run)
    assert view.layers[1].passed_on == ("1.A.1",)
    assert "the first drafts go on, in their order" in section_of(page_of(run))
    assert "could not be read" in view.lesser
