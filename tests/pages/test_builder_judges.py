"""A layer of judges in the builder and in a recipe's drawings."""

from __future__ import annotations

import pytest
from django.test import Client

from playground.engine.plan import parse
from playground.live.drawing import mini_of
from playground.pages.sketch import sketch_of
from playground.recipes.documents import dump_yaml, load_document
from tests.pages.at_builder import Builder, ben_at_the_builder

pytestmark = pytest.mark.django_db
COMPARING = {
    "schema": "moa-recipe/1",
    "slug": "c",
    "name": "C",
    "layers": [
        {"kind": "draft", "slots": [{"model": "fast"}, {"model": "fast"}]},
        {
            "kind": "compare",
            "pack": {"anonymise": True},
            "slots": [{"model": "fast"}],
        },
        {"kind": "aggregate", "slots": [{"model": "fast"}]},
    ],
}


@pytest.fixture
def bench(client: Client) -> Builder:
    """Ben at the builder with the recipe `two`."""
    return ben_at_the_builder(client)


def test_layer_becomes_one_of_judges_and_back(bench: Builder) -> None:
    bench.send("1", layer__kind="vote")
    bench.send("1", layer__extract="number")
    bench.send("1", layer__kind="compare")
    assert bench.document["layers"][0] == {"kind": "compare", "slots": [{}]}
    bench.send("2", layer__kind="compare", layer__sees="all")
    layer = bench.document["layers"][1]
    assert (layer["kind"], "sees" in layer) == ("compare", False)
    page = bench.client.get(bench.address, {"at": "2"}).content.decode()
    assert "Judges needed" in page
    assert "If a judge fails" in page
    assert 'name="layer.pack.anonymise"' in page
    assert 'name="layer.sees"' not in page
    assert 'value="slot-add:1"' in page
    assert "compare, judges layer 1" in page
    bench.send("2", layer__kind="aggregate")
    assert bench.document["layers"][1]["kind"] == "aggregate"


def test_keys_of_judges_are_edited(bench: Builder) -> None:
    bench.send("2", layer__kind="compare")
    bench.send("2", layer__quorum="1")
    bench.send("2", layer__on_fail="abort")
    bench.send("2", layer__pack__order="shuffle")
    layer = bench.document["layers"][1]
    assert (layer["quorum"], layer["on_fail"]) == (1, "abort")
    assert layer["pack"] == {"order": "shuffle"}


def test_diagram_counts_the_drafts_that_go_on_past_judges(bench: Builder) -> None:
    bench.send("2", do="layer-copy")
    bench.send("2", layer__kind="compare")
    page = bench.client.get(bench.address).content.decode()
    assert page.count('<p class="passes">2 drafts</p>') == 2


def test_document_with_judges_goes_round_unchanged() -> None:
    assert load_document(dump_yaml(COMPARING)).content == COMPARING


def test_drawings_have_a_seat_for_each_judge() -> None:
    plan = parse(COMPARING)
    sketch = sketch_of(plan)
    assert sketch is not None
    assert [stage.title for stage in sketch.stages] == [
        *("Layer 1, draft", "Layer 2, compare", "Layer 3, answer")
    ]
    assert [square.answer for square in mini_of(plan).squares] == [
        *(False, False, False, True)
    ]


def test_layer_of_moderators_has_what_it_keeps(bench: Builder) -> None:
    bench.send("2", layer__kind="select")
    bench.send("2", layer__keep="2")
    bench.send("2", layer__stop_early="true")
    layer = bench.document["layers"][1]
    assert (layer["keep"], layer["stop_early"]) == (2, True)
    page = bench.client.get(bench.address, {"at": "2"}).content.decode()
    assert "Drafts kept" in page
    assert "End the run when they agree" in page
    bench.send("2", layer__kind="compare")
    layer = bench.document["layers"][1]
    assert "keep" not in layer
    assert "stop_early" not in layer
