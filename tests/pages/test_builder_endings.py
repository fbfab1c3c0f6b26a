"""A recipe that is not finished: what comes next is said, not scolded, and estimated."""

from __future__ import annotations

import pytest
from django.test import Client

from playground.recipes.models import Revision
from tests.pages.at_builder import Builder, ben_at_the_builder

pytestmark = pytest.mark.django_db


@pytest.fixture
def bench(client: Client) -> Builder:
    """Ben at the builder with the recipe `two`, whose answer is taken away."""
    bench = ben_at_the_builder(client)
    bench.send("2", do="remove")
    return bench


def test_several_drafts_at_the_end_are_the_next_thing_and_no_fault(
    bench: Builder,
) -> None:
    page = bench.client.get(bench.address, {"at": "1.A"})
    html = page.content.decode()
    assert page.context["troubles"] == []
    assert "to mend" not in html
    assert 'value="layer-add:0.1"' in html
    assert "Layer 1 leaves 2 drafts" in html


def test_what_is_there_keeps_its_estimate(bench: Builder) -> None:
    forecast = bench.client.get(bench.address).context["forecast"]
    assert forecast.calls == (2, 2)
    assert forecast.time.likely == "11.0 s"


def test_the_next_thing_is_done_by_its_button(bench: Builder) -> None:
    bench.send("1.A", do="layer-add:0.1")
    assert bench.document["layers"][1] == {
        "kind": "aggregate",
        "slots": [{"model": "fast"}],
    }
    page = bench.client.get(bench.address)
    assert page.context["ending"] is None
    assert b"Next:" not in page.content


def test_it_is_a_fault_once_somebody_saves(bench: Builder) -> None:
    page = bench.send("1.A", do="save")
    assert page.status_code == 422
    [trouble] = page.context["troubles"]
    assert trouble.message.startswith("the last layer must leave exactly one draft")
    assert b"Next:" not in page.content
    assert Revision.objects.count() == 1


def test_other_faults_are_told_beside_it(bench: Builder) -> None:
    page = bench.send("1.A", htmx=True, slot__model="elsewhere")
    assert [each.key for each in page.context["troubles"]] == ["model"]
    assert page.context["ending"].layer.number == 1


def test_layers_to_come_are_advised_of_when_they_come(bench: Builder) -> None:
    for _ in range(2):
        bench.send("1", do="duplicate")
    told = bench.client.get(bench.address).context["forecast"].advice
    assert not any("4 layers" in each.text for each in told)
    bench.send("3", do="layer-add:0.3")
    told = bench.client.get(bench.address).context["forecast"].advice
    assert any("4 layers" in each.text for each in told)


def test_advice_is_folded_into_a_line(bench: Builder) -> None:
    bench.send("1", do="duplicate")
    html = bench.client.get(bench.address).content.decode()
    assert "<b>1 remark</b>" in html
    assert html.count("Every slot of layers 1 and 2 is fast.") == 2  # its line, itself
    assert '<details class="remarks" id="remarks" data-group="remarks">' in html
