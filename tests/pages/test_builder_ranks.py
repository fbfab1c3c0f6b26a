"""A rank layer in the builder: made from another, its keys, its drawing, and back."""

from __future__ import annotations

import copy

import pytest
from django.test import Client

from playground.engine.plan import parse
from playground.live.drawing import mini_of
from playground.pages.sketch import sketch_of
from playground.recipes.documents import dump_yaml, load_document
from playground.recipes.models import Recipe, Revision
from playground.recipes.outline import outline_of
from tests.pages.at_builder import Builder, ben_at_the_builder
from tests.runs.factories import DOCUMENT

pytestmark = pytest.mark.django_db
RANKING = copy.deepcopy(DOCUMENT) | {
    "layers": [
        {"kind": "draft", "slots": [{"model": "fast", "samples": 4}]},
        {
            "kind": "rank",
            "slots": [{"model": "fast"}, {"model": "fast"}],
            "combine": "bubble",
            "keep": 3,
        },
        {
            "kind": "aggregate",
            "slots": [{"model": "fast"}],
            "pack": {"order": "by_rank"},
        },
    ]
}


@pytest.fixture
def bench(client: Client) -> Builder:
    """Ben at the builder with the recipe `two`."""
    return ben_at_the_builder(client)


def test_layer_becomes_a_rank_and_keeps_its_slots(bench: Builder) -> None:
    slots = bench.document["layers"][1]["slots"]
    bench.send("2.Z", layer__kind="rank")
    assert bench.document["layers"][1] == {"kind": "rank", "slots": slots}
    page = bench.client.get(bench.address, {"at": "2"}).content.decode()
    assert 'name="layer.method"' in page
    assert 'name="layer.combine"' in page
    assert 'name="layer.sees"' not in page
    assert "rank, max_logits, judges layer 1" in page


def test_keys_of_a_rank_are_edited(bench: Builder) -> None:
    slots = bench.document["layers"][1]["slots"]
    bench.send("2.Z", layer__kind="rank")
    bench.send("2", layer__combine="max_wins")
    bench.send("2", layer__keep="1")
    bench.send("2", layer__method="listwise")
    page = bench.client.get(bench.address, {"at": "2"}).content.decode()
    assert 'name="layer.combine"' not in page
    assert bench.document["layers"][1] == {
        "kind": "rank",
        "slots": slots,
        "method": "listwise",
        "keep": 1,
    }
    assert parse(bench.document).layers[1].contest is not None


def test_rank_becomes_an_aggregate_again(bench: Builder) -> None:
    slots = bench.document["layers"][1]["slots"]
    bench.send("2.Z", layer__kind="rank")
    bench.send("2", layer__method="score")
    bench.send("2", layer__kind="aggregate")
    assert bench.document["layers"][1] == {"kind": "aggregate", "slots": slots}


def test_untouched_form_of_a_rank_changes_nothing(bench: Builder) -> None:
    bench.send("2.Z", layer__kind="rank")
    before = bench.document
    bench.send("2")
    assert bench.document == before


def test_outline_counts_judgements_and_what_goes_on() -> None:
    layers = outline_of(RANKING)
    assert [layer.drafts for layer in layers] == [4, 12, 1]
    assert [layer.passed_on for layer in layers] == [4, 3, 1]
    wild = {"layers": [{"kind": "rank", "method": 3, "keep": "x", "slots": [{}]}]}
    assert [layer.drafts for layer in outline_of(wild)] == [0]


def test_rank_has_a_square_for_each_judge() -> None:
    plan = parse(RANKING)
    assert len(mini_of(plan).squares) == 4 + 2 + 1
    sketch = sketch_of(plan)
    assert sketch is not None
    assert [stage.title for stage in sketch.stages] == [
        *("Layer 1, draft", "Layer 2, rank", "Layer 3, answer"),
    ]


def test_recipe_with_a_rank_comes_back_as_it_was() -> None:
    assert load_document(dump_yaml(RANKING)).content == RANKING


def test_page_of_a_recipe_says_how_it_ranks_and_what_it_calls(client: Client) -> None:
    bench = ben_at_the_builder(client)
    recipe = Recipe.objects.get(slug="two")
    Revision.objects.create(recipe=recipe, number=9, document=RANKING)
    page = bench.client.get("/recipes/research/two/").content.decode()
    assert "the better of two with the next" in page
    assert "12 calls for 4 drafts; the best 3 go on" in " ".join(page.split())
    assert "the best first" in page
