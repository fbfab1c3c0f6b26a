"""What differs between two recipes, in words."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from playground.recipes.diffing import Change, changes, spelled
from playground.recipes.editing import ABSENT

Content = dict[str, Any]


def recipe(*layers: Content, **more: Any) -> Content:
    return {"slug": "x", "layers": list(layers), **more}


def layer(*models: str, **more: Any) -> Content:
    return {"kind": "draft", "slots": [{"model": model} for model in models], **more}


def test_equal_documents_differ_in_nothing() -> None:
    one = {"a": 1, "b": [1, {"c": None}], "layers": [layer("m")]}
    assert changes(one, {"layers": [layer("m")], "b": [1, {"c": None}], "a": 1}) == []


def test_whole_numbers_and_floats_differ() -> None:
    [change] = changes({"x_n": 1}, {"x_n": 1.0})
    assert (change.old, change.new) == ("1", "1.0")


def test_change_names_layer_slot_and_field() -> None:
    before = recipe(layer("a", "b", name="First"))
    after = recipe(layer("a", "c", name="First", quorum=1))
    after["layers"][0]["slots"][1]["params"] = {"temperature": 0.5}
    assert changes(before, after) == [
        Change(("Layer 1 “First”", "quorum"), "added", after=1),
        Change(("Layer 1 “First”", "slot B", "model"), "changed", "b", "c"),
        Change(
            ("Layer 1 “First”", "slot B", "parameters"),
            "added",
            after={"temperature": 0.5},
        ),
    ]


def test_layer_in_between_is_one_change() -> None:
    before = recipe(layer("a"), layer("b"), layer("c"))
    after = recipe(layer("new"), layer("a"), layer("b"), layer("c"))
    [change] = changes(before, after)
    assert (change.place, change.manner) == (("Layer 1",), "added")
    [change] = changes(after, before)
    assert (change.before, change.manner) == (layer("new"), "removed")


def test_slots_that_change_places_are_one_change() -> None:
    before = recipe(layer("a", "b"))
    moved = recipe(
        {
            "kind": "draft",
            "slots": [{"label": "B", "model": "b"}, {"label": "A", "model": "a"}],
        }
    )
    [change] = changes(before, moved)
    assert (change.manner, change.old, change.new) == ("moved", "A, B", "B, A")


def test_slots_come_and_go_by_label() -> None:
    found = changes(recipe(layer("a")), recipe(layer("a", "b")))
    assert [(each.place[-1], each.manner) for each in found] == [("slot B", "added")]
    found = changes(recipe(layer("a", "b")), recipe(layer("a")))
    assert [(each.place[-1], each.manner) for each in found] == [("slot B", "removed")]


def test_two_slots_of_one_label_are_both_shown() -> None:
    twice = {"kind": "draft", "slots": [{"label": "A", "model": "a"}] * 2}
    found = changes(recipe(layer("a")), recipe(twice))
    assert [each.place[-1] for each in found] == ["slot A (again)"]


def test_values_are_written_for_people() -> None:
    assert spelled(ABSENT) == ""
    assert spelled(["a", "b"]) == "a, b"
    assert spelled({"a": True}) == '{"a": true}'
    assert Change(("x",), "changed", "a\nb", "c").long


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
documents = st.dictionaries(
    st.text(max_size=4).filter(lambda key: key != "layers"), values, max_size=4
)


@given(documents, documents)
def test_what_is_not_equal_differs_and_what_is_equal_does_not(
    one: Content, other: Content
) -> None:
    exact = repr(sorted(one.items(), key=str)) == repr(sorted(other.items(), key=str))
    if exact:
        assert changes(one, other) == []
    assert changes(one, one) == []
    assert len(changes(one, other)) == len(changes(other, one))
