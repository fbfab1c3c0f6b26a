"""A rank layer on the run's page, in its feed and in its exports."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from playground.accounts.access import Viewer
from playground.accounts.models import Team
from playground.engine.events import CallDone
from playground.engine.odds import TokenOdds
from playground.engine.plan import parse
from playground.live.costs import bills_of
from playground.live.fragments import RunFragments
from playground.live.timeline import timeline_of
from playground.recipes.models import Recipe, Revision
from playground.runs.branching import retry_in_branch
from playground.runs.departures import drafts_of_new
from playground.runs.execution.telling import told_by
from playground.runs.feed import Entry
from playground.runs.models import Draft, Run
from tests.live.views import view_of
from tests.pages.stock import a_catalogue
from tests.runs.driving import Driven
from tests.runs.factories import a_member, a_run

pytestmark = pytest.mark.django_db
EVIL = "<script>window.pwned=1;</script>"
TEXTS = {"1.A.1": "alpha", "1.B.1": "beta", "1.C.1": "gamma"}
ANSWER = {"kind": "aggregate", "slots": [{"model": "fast"}]}


def started(
    *judges: str, last: tuple[dict[str, Any], ...] = (ANSWER,), **keys: Any
) -> Run:
    """A queued run whose layer 2 ranks three drafts of fast, careful and fast."""
    drafts = [{"model": "fast"}, {"model": "careful"}, {"model": "fast"}]
    slots = [{"model": model} for model in judges or ("careful",)]
    layers = [
        {"kind": "draft", "slots": drafts},
        {"kind": "rank", "name": "Order", "slots": slots, **keys},
        *last,
    ]
    document = {"schema": "moa-recipe/1", "slug": "r", "name": "R", "layers": layers}
    a_member()
    a_catalogue("fast", "careful", "other")
    team = Team.objects.get(slug="research")
    recipe = Recipe.objects.create(team=team, slug="r", name="R")
    revision = Revision.objects.create(recipe=recipe, number=1, document=document)
    run = a_run(revision=revision)
    card = run.cards["fast"]
    others = ("careful", "other")
    run.cards |= {each: {**card, "alias": each, "model": each} for each in others}
    run.save(update_fields=["cards"])
    Draft.objects.filter(run=run).delete()
    Draft.objects.bulk_create(drafts_of_new(run, parse(document), None))
    return run


def driven_to_judges(run: Run) -> Driven:
    driven = Driven(run)
    for key, text in TEXTS.items():
        driven.rows += driven.done(key, text)
    return driven


def judged(driven: Driven, *replies: str) -> None:
    """Let the open judgements be written, in their order, then the answer."""
    for reply in replies:
        key = next(iter(driven.machine.open_calls.values()))
        driven.rows += driven.done(key, reply)
    if "3.Z.1" in driven.machine.open_calls.values():
        driven.rows += driven.done("3.Z.1", "the answer")


def over(*replies: str, judges: tuple[str, ...] = (), **keys: Any) -> Run:
    run = started(*judges, **keys)
    judged(driven_to_judges(run), *replies)
    run.refresh_from_db()
    return run


def page_of(run: Run, **query: str) -> str:
    client = Client()
    client.force_login(run.user)
    return client.get(f"/runs/{run.pk}/", query).content.decode()


def section_of(page: str) -> str:
    found = re.search(
        r'<section class="part layer" id="layer-2".*?</section>', page, re.DOTALL
    )
    assert found is not None
    return found[0]


def rows_of(section: str) -> list[str]:
    return re.findall(r"<tr[^>]*>\s*<td class=\"rank\".*?</tr>", section, re.DOTALL)


def marks_of(html: str) -> list[str]:
    return re.findall(r'class="mark"[^>]*>(?:<i>\w+</i>)?([^<]+)<', html)


# A against B, A against C, B against C, each in both orders: B, then A, then C.
VERDICTS = ("B", "A", "A", "B", "[[A]]", "B")


def test_matrix_shows_each_verdict_and_the_ranks() -> None:
    section = section_of(page_of(over(*VERDICTS, keep=2)))
    rows = rows_of(section)
    assert [re.findall(r'data-medal="\w+">([^<]+)<', row) for row in rows] == [
        *(["1"], ["2"], ["3"]),
    ]
    assert [re.findall(r"#draft-([\w-]+)", row) for row in rows] == [
        *(["1-B-1"], ["1-A-1"], ["1-C-1"]),
    ]
    minus = "\N{MINUS SIGN}1"
    assert [marks_of(row) for row in rows] == [
        *(["+1", "+1"], [minus, "+1"], [minus, minus]),
    ]
    assert ["goes on" in row for row in rows] == [True, True, False]
    assert "left out" in rows[2]


def test_every_judgement_can_be_read_by_itself() -> None:
    run = over(*VERDICTS)
    section = section_of(page_of(run))
    links = set(re.findall(r'class="act push" href="([^"]+)"', section))
    assert links == {f"?view=focus&amp;draft=2.A.{n}" for n in range(1, 7)}
    page = page_of(run, view="focus", draft="2.A.5")
    focus = page.partition('id="draft-2-A-5"')[2].partition("</article>")[0]
    assert "[[A]]" in focus
    assert "Judgement" not in section.partition("<details")[0]


def test_no_card_and_no_id_is_there_twice() -> None:
    page = page_of(over(*VERDICTS))
    assert 'class="draft" id="draft-2-' not in page
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))


def test_list_shows_the_places_that_each_judge_gave() -> None:
    """`careful` wrote B and leaves it to `fast`, which leaves A and C to it."""
    section = section_of(
        page_of(
            over(
                '{"ranking": ["A", "B"], "reason": "clear"}',
                '{"ranking": ["A", "B", "C"], "reason": "exact"}',
                judges=("careful", "other"),
                method="listwise",
            )
        )
    )
    assert "The place that each judge gave" in section
    cells = {
        re.findall(r"#draft-([\w-]+)", row)[0]: len(marks_of(row))
        for row in rows_of(section)
    }
    assert cells == {"1-A-1": 2, "1-B-1": 1, "1-C-1": 2}
    assert "exact" in section


def test_scores_stand_with_their_reasons() -> None:
    replies = [f'{{"score": {n}, "reason": "{EVIL} {n}"}}' for n in (3, 9, 3)]
    section = section_of(page_of(over(*replies, judges=("other",), method="score")))
    assert [marks_of(row) for row in rows_of(section)] == [["9"], ["3"], ["3"]]
    assert re.findall(r"<td class=\"rank\"><b[^>]*>([^<]+)<", section) == [
        *("1", "=2", "=2"),
    ]
    assert EVIL not in section
    assert section.count("&lt;script&gt;window.pwned=1;&lt;/script&gt; 9") == 1


def test_unread_verdicts_are_shown_as_such() -> None:
    page = page_of(over("unclear", *["A"] * 5, "still unclear"))
    section = section_of(page)
    assert marks_of(section).count("?") == 1
    assert "could not be read" in section
    assert "1 judgement (2.A.1) could not be read and counts for nothing" in section


def test_page_says_when_nobody_could_rank() -> None:
    run = over(*["unclear"] * 12)
    view = view_of(run)
    assert view.lesser.startswith("Layer 2 has no judgement to count")
    assert "not ranked" in section_of(page_of(run))


def test_strip_has_a_seat_for_each_judge() -> None:
    run = started("other", "fast")
    driven_to_judges(run)
    view = view_of(run)
    ends = {wire.end for wire in view.wires_into(2)}
    assert {end for each in ends for end in each.split()} == {
        *("judge-2-A", "judge-2-B"),
    }
    board = view.layers[1].board
    assert board is not None
    # `fast` wrote two of the drafts: pairs with the third are the other's to judge.
    assert [judge.tally for judge in board.judges] == ["0 of 6", "0 of 2"]
    assert view.layers[1].tally == "0 of 8"
    assert page_of(run).count('data-key="judge-2-') == 2


def test_timeline_and_costs_take_a_judges_calls_together() -> None:
    view = view_of(over(*VERDICTS))
    lanes = [lane.draft.key for lane in timeline_of(view).lanes]
    assert lanes == ["1.A.1", "1.B.1", "1.C.1", "2.A.1", "3.Z.1"]
    (bill,) = [bill for bill in bills_of(view) if bill.draft.layer == 2]
    assert (bill.call.outcome, bill.call.tokens_in) == ("6 calls", 60)


def test_fragments_fill_the_matrix_while_judges_write() -> None:
    run = started()
    driven = Driven(run)
    fragments = RunFragments(view_of(run))
    for key, text in TEXTS.items():
        driven.rows += driven.done(key, text)
    judged(driven, *VERDICTS)
    told = [
        fragments.advance(Entry(f"1-{seq}", {"t": seq, **body})) or ""
        for seq, body in enumerate(told_by(driven.rows), start=1)
    ]
    assert not fragments.broken
    boards = [html for html in told if 'id="ranking-2"' in html]
    filled = [len(re.findall(r"[+\u2212]1<", html)) for html in boards]
    assert filled == sorted(filled)
    assert max(filled) == 6
    assert "goes on" in boards[-1]
    assert "goes on" not in boards[0]


def test_live_matrix_knows_the_odds_after_a_reload() -> None:
    run = started()
    driven = driven_to_judges(run)
    n = next(iter(driven.machine.open_calls))
    odds = (TokenOdds("B", {"A": 0.3, "B": 0.6}),)
    driven.give(CallDone(n, 10, "B", odds=odds))
    assert "\N{MINUS SIGN}0.3" in marks_of(section_of(page_of(run)))


def test_answer_of_a_rank_at_the_end_is_the_first_of_it() -> None:
    run = started(combine="bubble", keep=1, last=())
    assert "The ranking says which draft it is." in page_of(run)
    driven = driven_to_judges(run)
    judged(driven, "A", "B", "A", "B")
    page = page_of(run)
    assert "was ranked first" in page
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize("view", ["columns", "tabs", "timeline", "compare", "focus"])
def test_each_view_shows_a_run_with_a_ranking(client: Client, view: str) -> None:
    run = over(*VERDICTS)
    client.force_login(run.user)
    response = client.get(f"/runs/{run.pk}/", {"view": view, "draft": "2.A.1"})
    assert response.status_code == 200
    assert "2A, judgement 1" in response.content.decode() or view != "focus"


def test_exports_tell_the_ranking(client: Client) -> None:
    run = over(*VERDICTS, keep=2)
    client.force_login(run.user)
    layer = client.get(f"/runs/{run.pk}.json").json()["layers"][1]
    assert layer["passed_on"] == ["1.B.1", "1.A.1"]
    assert [each["rank"] for each in layer["x_rank"]["standings"]] == [1, 2, 3]
    assert layer["x_rank"]["judgements"][0] == {
        "key": "2.A.1",
        "shown": ["1.A.1", "1.B.1"],
        "margin": -1.0,
        "by_odds": False,
        "places": [],
        "score": None,
        "reason": "",
    }
    text = client.get(f"/runs/{run.pk}.md").content.decode()
    assert "ranked: 1 1.B.1 (2), 2 1.A.1 (0), 3 1.C.1 (-2)" in text


def test_retry_of_a_judgement_keeps_the_odds_of_the_others() -> None:
    run = started()
    driven = driven_to_judges(run)
    for n in list(driven.machine.open_calls):
        odds = (TokenOdds("A", {"A": 0.6, "B": 0.2}),)
        driven.give(CallDone(n, 10, "A", odds=odds))
    driven.done("3.Z.1", "the answer")
    run.refresh_from_db()
    again = retry_in_branch(Viewer(run.user), run, "2.A.1")
    assert again.branch["margins"] == {f"2.A.{n}": 0.4 for n in range(2, 7)}
    branched = Driven(again)
    assert list(branched.machine.open_calls.values()) == ["2.A.1"]


def test_retry_in_a_bubble_makes_what_rested_on_it_again() -> None:
    run = started(combine="bubble")
    driven = driven_to_judges(run)
    judged(driven, "A", "B", "A", "B")
    run.refresh_from_db()
    again = retry_in_branch(Viewer(run.user), run, "2.A.1")
    reused = Draft.objects.filter(run=again, layer=2).exclude(given="")
    assert [draft.key for draft in reused] == ["2.A.2"]
