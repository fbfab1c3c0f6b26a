"""The run page and the history: who sees them, what they say, how often they ask."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from playground.accounts.models import User
from playground.runs.models import Draft, Run
from tests.runs.factories import a_member, a_run

pytestmark = pytest.mark.django_db


def finished(**more: object) -> Run:
    run = a_run(status="done", answer_key="2.Z.1", **more)
    Draft.objects.filter(run=run).update(status="done", text="**so** <b>it</b> is")
    return run


def test_a_run_sends_strangers_to_sign_in_and_is_not_there_for_others(
    client: Client,
) -> None:
    run = a_run()
    assert client.get(f"/runs/{run.pk}/").status_code == 302
    client.force_login(a_member("sten", team="elsewhere"))
    assert client.get(f"/runs/{run.pk}/").status_code == 404


@pytest.mark.usefixtures("valkey")
def test_a_queued_run_waits_in_words_and_can_be_stopped(
    client: Client, ada: User
) -> None:
    run = a_run()
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert "Waits for a worker." in page
    assert f'action="/runs/{run.pk}/stop/"' in page
    assert f'ws-connect="/ws/runs/{run.pk}/"' in page


@pytest.mark.usefixtures("valkey")
def test_only_who_may_stop_sees_the_button(client: Client) -> None:
    run = a_run()
    client.force_login(a_member("ben"))
    assert b"/stop/" not in client.get(f"/runs/{run.pk}/").content


def test_a_done_run_shows_its_answer_and_has_no_socket(
    client: Client, ada: User
) -> None:
    page = client.get(f"/runs/{finished().pk}/").content.decode()
    answer = page[page.index('id="answer"') : page.index('id="timeline"')]
    assert "<strong>so</strong> &lt;b&gt;it&lt;/b&gt; is" in answer
    assert "ws-connect" not in page


def test_the_page_has_no_styles_and_no_scripts_of_its_own(
    client: Client, ada: User
) -> None:
    pages = ["/", "/runs/", "/recipes/", f"/runs/{finished().pk}/"]
    for address in pages:
        page = client.get(address).content.decode()
        assert not re.search(r"<style|\sstyle=|<script(?! src=)|\son\w+=", page)


def test_a_run_page_asks_as_often_for_many_drafts_as_for_few(
    client: Client, ada: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    few, many = finished(), finished()
    with django_assert_max_num_queries(12) as first:
        client.get(f"/runs/{few.pk}/")
    Draft.objects.filter(run=many).update(references=["1.A.1", "1.B.1"])
    with django_assert_max_num_queries(len(first)):
        client.get(f"/runs/{many.pk}/")


@pytest.mark.parametrize("address", ["/runs/", "/recipes/", "/runs/{run}/"])
def test_pages_are_for_reading(client: Client, ada: User, address: str) -> None:
    run = a_run()
    assert client.post(address.format(run=run.pk)).status_code == 405
