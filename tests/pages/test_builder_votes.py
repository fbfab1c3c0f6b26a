"""A vote layer in the builder: made from another, its keys, and back."""

from __future__ import annotations

import copy

import pytest
from django.test import Client

from playground.engine.plan import parse
from playground.live.drawing import mini_of
from playground.pages.sketch import sketch_of
from playground.recipes.documents import dump_yaml, load_document
from playground.recipes.models import Recipe, Revision
from tests.pages.at_builder import Builder, ben_at_the_builder
from tests.runs.factories import DOCUMENT

pytestmark = pytest.mark.django_db
VOTING = copy.deepcopy(DOCUMENT) | {
    "layers": [
        {"kind": "draft", "slots": [{"model": "fast", "samples": 3}]},
        {"kind": "vote", "extract": "choice", "ties": "shortest", "stop_early": True},
    ]
}


@pytest.fixture
def bench(client: Client) -> Builder:
    """Ben at the builder with the recipe `two`."""
    return ben_at_the_builder(client)


def test_layer_becomes_a_vote_and_loses_what_a_vote_cannot_have(bench: Builder) -> None:
    bench.send("2.Z", layer__kind="vote", layer__sees="all")
    assert bench.document["layers"][1] == {"kind": "vote"}
    page = bench.client.get(bench.address, {"at": "2"}).content.decode()
    assert "A vote calls no model" in page
    assert 'value="slot-add:1"' not in page
    assert 'name="layer.pattern"' not in page
    assert parse(bench.document).layers[1].kind == "vote"


def test_keys_of_a_vote_are_edited(bench: Builder) -> None:
    bench.send("2.Z", layer__kind="vote")
    bench.send("2", layer__extract="number", layer__ties="shortest")
    bench.send("2", layer__stop_early="true")
    bench.send("2", layer__quorum="2")
    assert bench.document["layers"][1] == {
        "kind": "vote",
        "extract": "number",
        "ties": "shortest",
        "stop_early": True,
        "quorum": 2,
    }


def test_pattern_comes_and_goes_with_regex(bench: Builder) -> None:
    bench.send("2.Z", layer__kind="vote")
    bench.send("2", layer__extract="regex")
    bench.send("2", layer__pattern="(a")
    page = bench.client.get(bench.address, {"at": "2"}).content.decode()
    assert "is not an expression of RE2 syntax: missing ): (a" in page
    bench.send("2", layer__extract="exact")
    assert bench.document["layers"][1] == {"kind": "vote"}


def test_vote_becomes_a_draft_layer_again(bench: Builder) -> None:
    bench.send("2.Z", layer__kind="vote")
    bench.send("2", layer__extract="number")
    bench.send("2", layer__kind="draft")
    assert bench.document["layers"][1] == {"kind": "draft", "slots": [{}]}


@pytest.mark.parametrize("do", ["slot-add", "slot-add:1", "slot-to:0.0:1.0"])
def test_vote_takes_no_slot(bench: Builder, do: str) -> None:
    bench.send("2.Z", layer__kind="vote")
    before = bench.document
    assert bench.send("2", do=do).status_code == 422
    assert bench.document == before


def test_recipe_with_a_vote_is_shown_and_exported(
    client: Client, bench: Builder
) -> None:
    Revision.objects.create(recipe=Recipe.objects.get(), number=2, document=VOTING)
    page = client.get("/recipes/research/two/").content.decode()
    assert "counts the drafts of layer 1 and calls no model" in page
    assert "spare calls are stopped once it is decided" in page
    assert load_document(dump_yaml(VOTING)).content == VOTING


def test_drawings_have_a_seat_for_the_vote() -> None:
    plan = parse(VOTING)
    sketch = sketch_of(plan)
    assert sketch is not None
    assert [seat.model for seat in sketch.stages[1].seats] == ["vote by choice"]
    assert len(sketch.stages[1].lines) == 1
    squares = mini_of(plan).squares
    assert [square.answer for square in squares] == [False, False, False, True]
    assert len(mini_of(plan).wires) == 6
