"""A layer's `window` in the builder: its field, and what comes and goes with it."""

from __future__ import annotations

import pytest
from django.test import Client

from playground.recipes.outline import outline_of
from tests.pages.at_builder import Builder, ben_at_the_builder

pytestmark = pytest.mark.django_db


@pytest.fixture
def bench(client: Client) -> Builder:
    """Ben at the builder with the recipe `two`."""
    return ben_at_the_builder(client)


def page_of(bench: Builder, at: str) -> str:
    """The builder's page at a place."""
    return bench.client.get(bench.address, {"at": at}).content.decode()


def test_window_brings_the_fields_of_references_and_takes_them_along(
    bench: Builder,
) -> None:
    bench.send("1", layer__window="2")
    assert "layer.pack.header" in page_of(bench, "1")
    bench.send("1", layer__pack__header="Better.")
    assert bench.document["layers"][0]["pack"] == {"header": "Better."}
    bench.send("1", layer__window="")
    assert "pack" not in bench.document["layers"][0]
    assert "window" not in bench.document["layers"][0]


def test_window_goes_when_its_layer_becomes_an_aggregate(bench: Builder) -> None:
    bench.send("1", layer__window="2")
    bench.send("1", layer__kind="aggregate")
    assert "window" not in bench.document["layers"][0]


def test_diagram_and_count_tell_a_window(bench: Builder) -> None:
    bench.send("1.A", slot__samples="5")
    bench.send("1", layer__window="2")
    page = page_of(bench, "1")
    assert "draft, sees the prompt, refines by 2" in page
    assert outline_of(bench.document)[0].drafts == 5 + 1 + 2
    assert outline_of(bench.document)[0].passed_on == 2
