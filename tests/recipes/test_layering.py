"""Layers of a route's branches: where they are, and what can be done to them."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.recipes import editing, layering
from playground.recipes.editing import Content, EditRefused
from playground.recipes.outline import (
    before,
    call_range,
    outline_of,
    shape_problems,
    spelled_path,
)
from tests.recipes.test_editing import layer, recipe


def routed(*after: Content, **more: Any) -> Content:
    fork = {
        "kind": "route",
        "by": "rules",
        "rules": [{"score": 1}],
        "threshold": 3,
        "above": [layer("draft", 2, name="a1"), layer(name="a2")],
        "below": [layer("draft", name="b1")],
    }
    return recipe({**fork, **more}, *after)


def names(layers: list[Content]) -> str:
    return " ".join(each.get("name", each["kind"]) for each in layers)


def shown(document: Content) -> str:
    """The layers by name: the branches in brackets, and what follows."""
    told = [
        f"[{names(each['above'])} | {names(each['below'])}]"
        if each["kind"] == "route"
        else names([each])
        for each in document["layers"]
    ]
    return " ".join(told)


def test_layers_are_found_in_reading_order() -> None:
    drawn = outline_of(routed(layer(name="end")))
    assert [(each.number, spelled_path(each.path), each.side) for each in drawn] == [
        (1, "layers[0]", None),
        (2, "layers[0].above[0]", "above"),
        (3, "layers[0].above[1]", "above"),
        (4, "layers[0].below[0]", "below"),
        (5, "layers[1]", None),
    ]
    assert [each.sees for each in drawn] == [
        *("none", "none", "previous", "none", "previous"),
    ]
    earlier = [[each.number for each in before(drawn, layer)] for layer in drawn]
    assert earlier == [[], [1], [2], [1], [3, 4]]
    assert call_range(drawn) == (2, 4)


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (routed(above=5), "layers[0].above"),
        (routed(below=[5]), "layers[0].below[0]"),
        (routed(above=[{"slots": [1]}]), "layers[0].above[0].slots[0]"),
    ],
)
def test_branch_that_cannot_be_drawn_says_where(document: Content, path: str) -> None:
    assert [problem.path for problem in shape_problems(document)] == [path]


@pytest.mark.parametrize(
    ("edited", "wanted"),
    [
        (lambda it: layering.copy_layer(it, 2), "[a1 a2 a2 2 | b1] end"),
        (lambda it: layering.remove_layer(it, 1), "[a2 | b1] end"),
        (lambda it: layering.remove_layer(it, 0), "a1 a2 end"),
        (lambda it: layering.move_layer(it, 2, to=0, side="above"), "[a2 a1 | b1] end"),
        (lambda it: layering.move_layer(it, 1, to=0, side="below"), "[a2 | a1 b1] end"),
        (lambda it: layering.move_layer(it, 4, to=1, side="above"), "[a1 end a2 | b1]"),
        (lambda it: layering.move_layer(it, 3, to=99), "[a1 a2 | ] end b1"),
        (lambda it: layering.move_layer(it, 0, to=1), "end [a1 a2 | b1]"),
        (lambda it: layering.switch_layer(it, 1), "[a2 | b1 a1] end"),
        (lambda it: layering.switch_layer(it, 3), "[a1 a2 b1 | ] end"),
        (
            lambda it: layering.add_layer(it, 1, kind="vote", slots=[], side="below"),
            "[a1 a2 | b1 vote] end",
        ),
        (
            lambda it: layering.add_layer(it, 9, kind="vote", slots=[]),
            "[a1 a2 | b1] end vote",
        ),
    ],
    ids=range(12),
)
def test_layers_of_branches_are_edited(edited: Any, wanted: str) -> None:
    document = routed(layer(name="end"))
    kept = copy.deepcopy(document)
    assert shown(edited(document)) == wanted
    assert document == kept


def test_what_opens_a_branch_sees_nothing_any_more() -> None:
    document = routed()
    document["layers"][0]["above"][1] |= {"kind": "draft", "sees": "all", "pack": {}}
    moved = layering.move_layer(document, 2, to=0, side="above")
    assert moved["layers"][0]["above"][0] == layer("draft", name="a2")


def test_slots_of_branches_are_edited_by_the_same_numbers() -> None:
    edited = editing.move_slot(routed(), 1, 1, to_layer=3, to=0)
    fork = edited["layers"][0]
    assert [slot["model"] for slot in fork["above"][0]["slots"]] == ["m0"]
    assert [slot["model"] for slot in fork["below"][0]["slots"]] == ["m1", "m0"]


@pytest.mark.parametrize(
    "edit",
    [
        lambda it: layering.move_layer(it, 0, to=1, side="above"),
        lambda it: layering.copy_layer(it, 0),
        lambda it: layering.switch_layer(it, 0),
        lambda it: layering.switch_layer(it, 4),
        lambda it: layering.switch_layer(it, 9),
        lambda it: layering.add_route(it, {}),
        lambda it: layering.remove_layer(it, 5),
        lambda it: layering.add_layer(
            recipe(), 0, kind="draft", slots=[], side="above"
        ),
    ],
    ids=range(8),
)
def test_edit_that_a_recipe_has_no_room_for_is_refused(edit: Any) -> None:
    with pytest.raises(EditRefused):
        edit(routed(layer(name="end")))


def test_whole_recipe_goes_behind_a_route() -> None:
    document = layering.add_route(
        recipe(layer("draft", 2, name="a"), layer(name="b")), {"model": "m"}
    )
    assert shown(document) == "[a b | draft]"
    assert document["layers"][0]["below"] == [
        {"kind": "draft", "slots": [{"model": "m"}]}
    ]


SIDES = (None, "above", "below")
ACTS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 7), st.integers(0, 7)), max_size=12
)


@settings(max_examples=150, deadline=None)
@given(ACTS)
def test_no_layer_is_lost_whatever_is_moved(acts: Any) -> None:
    document = routed(layer(name="end"))
    for what, a, b in acts:
        move = [layering.move_layer, layering.switch_layer][what % 2]
        try:
            document = move(
                document,
                a,
                **({"to": b, "side": SIDES[b % 3]} if what % 2 == 0 else {}),
            )
        except EditRefused:
            continue
        assert shape_problems(document) == []
        found = sorted(
            each.content.get("name", "route") for each in outline_of(document)
        )
        assert found == ["a1", "a2", "b1", "end", "route"]
