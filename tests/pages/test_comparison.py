"""Two runs beside each other."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from playground.runs.models import Draft, Run
from tests.runs.factories import a_member, a_run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("valkey")]


def done(text: str, **more: object) -> Run:
    run = a_run(status="done", answer_key="2.Z.1", **more)
    Draft.objects.filter(run=run).update(status="done", text=text)
    return run


def test_comparison_shows_both_answers_and_the_same_recipe(client: Client) -> None:
    left, right = done("It is <b>old</b> now."), done("It is <b>new</b> now.")
    client.force_login(a_member())
    page = client.get(
        f"/runs/compare/?left={left.pk}&right={right.pk}"
    ).content.decode()
    assert "It is &lt;b&gt;<del>old</del>&lt;/b&gt; now." in page
    assert "It is &lt;b&gt;<ins>new</ins>&lt;/b&gt; now." in page
    assert "Both ran the same recipe." in page
    assert "The same prompt, answered twice." in page


def test_comparison_says_when_an_answer_is_missing(client: Client) -> None:
    left, right = done("Text."), a_run(status="failed", prompt="Other")
    client.force_login(a_member())
    page = client.get(
        f"/runs/compare/?left={left.pk}&right={right.pk}"
    ).content.decode()
    assert "Only one of the two has an answer." in page


def test_comparison_needs_the_right_to_see_both(client: Client) -> None:
    ours = done("Text.")
    client.force_login(a_member("sten", team="elsewhere"))
    for query in (f"left={ours.pk}&right={ours.pk}", "left=x&right=y", ""):
        assert client.get(f"/runs/compare/?{query}").status_code == 404
    client.force_login(a_member())
    gone = f"left={ours.pk}&right={uuid4()}"
    assert client.get(f"/runs/compare/?{gone}").status_code == 404


def test_comparison_asks_a_constant_number_of_questions(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    left, right = done("Text."), done("Other.")
    client.force_login(a_member())
    with django_assert_max_num_queries(24):
        client.get(f"/runs/compare/?left={left.pk}&right={right.pk}")
