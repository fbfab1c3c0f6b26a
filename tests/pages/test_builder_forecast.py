"""What the builder's bar says of a run of the recipe as it is now."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.pages.at_builder import Builder, ben_at_the_builder
from tests.runs.factories import a_call, a_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def bench(client: Client) -> Builder:
    """Ben at the builder with the recipe `two`."""
    return ben_at_the_builder(client)


def test_the_bar_says_what_a_run_comes_to(bench: Builder) -> None:
    a_call(a_run(), n=1)
    page = bench.client.get(bench.address)
    assert page.context["forecast"].time.likely == "4.0 s"
    assert 'title="For a prompt of a hundred words. Likely from 1 call of fast."' in (
        page.content.decode()
    )


def test_a_change_of_a_field_changes_the_estimate_at_once(bench: Builder) -> None:
    before = bench.client.get(bench.address).context["forecast"].gauges
    part = bench.send("1.A", htmx=True, slot__samples="4")
    assert part.context["forecast"].gauges != before
    assert part.context["forecast"].calls == (6, 6)
    assert 'id="estimate-advice"' in part.content.decode()


def test_what_cannot_run_yet_has_no_estimate(bench: Builder) -> None:
    bench.send("1.A", slot__samples="many")
    page = bench.client.get(bench.address)
    assert page.context["forecast"] is None
    assert 'class="likely"' not in page.content.decode()
