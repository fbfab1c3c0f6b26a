"""History: what is listed for whom, searched, filtered, page by page, compared."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from playground.accounts.models import Team, User
from playground.pages.history import PAGE
from playground.runs.models import Draft, Run
from playground.runs.search import index_ended
from tests.runs.factories import a_member, a_run

pytestmark = pytest.mark.django_db


def shown(client: Client, query: str = "") -> list[str]:
    """The prompts that the page lists, in its order."""
    response = client.get(f"/runs/{query}")
    assert response.status_code == 200
    rows = response.context["page"].rows
    return ["".join(piece.text for piece in row.title) for row in rows]


def ended(prompt: str, text: str = "", **more: Any) -> Run:
    """A run that is done, whose first draft says this."""
    now = timezone.now()
    run = a_run(prompt=prompt, status="done", started_at=now, ended_at=now, **more)
    Draft.objects.filter(run=run, key="1.A.1").update(text=text, status="done")
    index_ended(run.pk)
    return run


def test_pages_go_on_and_back_without_gap_or_double(client: Client, ada: User) -> None:
    made = [a_run(prompt=f"run {n}").prompt for n in range(PAGE + 3)][::-1]
    first = client.get("/runs/").context["page"]
    assert (len(first.rows), first.newer, first.count) == (PAGE, None, PAGE + 3)
    rest = client.get(f"/runs/?before={first.older}").context["page"]
    assert rest.older is None
    both = [row.title[0].text for row in [*first.rows, *rest.rows]]
    assert both == made
    back = client.get(f"/runs/?after={rest.newer}").context["page"]
    assert [row.run.pk for row in back.rows] == [row.run.pk for row in first.rows]


def test_a_strangers_list_is_empty_and_the_team_not_there(client: Client) -> None:
    a_run()
    client.force_login(a_member("sten", team="elsewhere"))
    assert shown(client) == []
    assert client.get("/runs/?team=research").status_code == 404


def test_words_find_prompts_and_drafts_and_are_marked(
    client: Client, ada: User
) -> None:
    ended("Why is the sea salty?", "Rivers carry <b>minerals</b> to it.")
    ended("Name a colour.")
    assert shown(client, "?q=min+SALT") == ["Why is the sea salty?"]
    page = client.get("/runs/?q=min+SALT").content.decode()
    assert "<mark>salty</mark>" in page
    assert "carry &lt;b&gt;<mark>minerals</mark>&lt;/b&gt; to it." in page
    assert "in 1.A.1" in page


def test_an_excerpt_shows_the_surroundings_in_a_long_text(
    client: Client, ada: User
) -> None:
    ended("long " * 400 + "needle " + "hay " * 400, "word " * 3000 + "pin " * 3)
    rows = client.get("/runs/?q=needle").context["page"].rows
    told = "".join(piece.text for piece in rows[0].excerpt.pieces)
    assert rows[0].excerpt.key == ""
    assert told.startswith("… long")
    assert told.endswith("hay …")
    rows = client.get("/runs/?q=pin").context["page"].rows
    assert rows[0].excerpt.key == "1.A.1"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?mine", ["hers"]),
        ("?by=me", ["hers"]),
        ("?by=ben", ["his"]),
        ("?state=open", ["his"]),
        ("?state=done", ["hers"]),
        ("?degraded=on", ["hers"]),
        ("?origin=api", ["his"]),
        ("?recipe=research/two", ["his", "hers"]),
        ("?team=research&state=failed", []),
        ("?from=2000-01-01", ["his", "hers"]),
        ("?to=2000-01-01", []),
    ],
)
def test_filters_narrow_the_list(
    client: Client, ada: User, query: str, expected: list[str]
) -> None:
    ended("hers", degraded=True)
    a_run(prompt="his", user=a_member("ben"), origin="api")
    assert shown(client, query) == expected


@pytest.mark.parametrize(
    "query",
    ["?by=nobody", "?recipe=x/y", "?state=lost", "?origin=moon", "?from=never"],
)
def test_a_filter_that_makes_no_sense_is_left_out_and_says_so(
    client: Client, ada: User, query: str
) -> None:
    a_run(prompt="there")
    assert shown(client, query) == ["there"]
    assert b"was left out" in client.get(f"/runs/{query}").content


def test_to_includes_its_day(client: Client, ada: User) -> None:
    a_run(prompt="today")
    day = timezone.now().date()
    assert shown(client, f"?from={day}&to={day}") == ["today"]
    assert shown(client, f"?to={day - timedelta(days=1)}") == []


def test_filters_stay_in_the_links_between_pages(client: Client, ada: User) -> None:
    for _ in range(PAGE + 1):
        a_run(prompt="a & b")
    page = client.get("/runs/?q=a+%26&by=me").content.decode()
    assert 'href="?q=a+%26&amp;by=me&amp;before=' in page


def test_more_than_a_thousand_are_not_counted(
    client: Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.pages.history.MOST_COUNTED", 2)
    for _ in range(3):
        a_run()
    assert b"More than 2 runs" in client.get("/runs/").content


def test_no_match_says_how_search_works(client: Client, ada: User) -> None:
    a_run()
    assert b"All of the words must be in one run" in client.get("/runs/?q=zz").content
    assert b"Nothing ran here yet" not in client.get("/runs/?q=zz").content


def test_two_chosen_runs_lead_to_their_comparison(client: Client, ada: User) -> None:
    one, two = a_run(), a_run()
    response = client.get(f"/runs/?compare=1&pick={two.pk}&pick={one.pk}")
    assert response.status_code == 302
    assert response["Location"] == f"/runs/compare/?left={one.pk}&right={two.pk}"


@pytest.mark.parametrize("count", [0, 1, 3])
def test_other_than_two_chosen_runs_stay_chosen(
    client: Client, ada: User, count: int
) -> None:
    picks = "".join(f"&pick={a_run().pk}" for _ in range(count))
    a_run()
    page = client.get(f"/runs/?compare=1{picks}").content.decode()
    assert "Choose exactly two runs" in page
    assert page.count('name="pick"') == count + 1
    assert page.count(" checked") == count


def test_a_fragment_is_the_part_of_the_page(client: Client, ada: User) -> None:
    a_run()
    headers = {"HX-Request": "true", "HX-Target": "found"}
    part = client.get("/runs/", headers=headers).content.decode()
    assert part.lstrip().startswith('<div id="found"')
    assert part.strip() in client.get("/runs/").content.decode()


def test_history_asks_as_often_for_three_runs_as_for_one(
    client: Client, ada: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ended("sea", "the salt of it")
    with django_assert_max_num_queries(15) as first:
        client.get("/runs/?q=salt&by=me&state=done")
    for name in ("ben", "cleo"):
        ended("sea", "the salt of it")
        ended("sea", "the salt of it", user=a_member(name))
    Team.objects.create(slug="more", name="More")
    with django_assert_max_num_queries(len(first)):
        client.get("/runs/?q=salt&by=me&state=done")
