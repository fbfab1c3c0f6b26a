"""Operations on documents: what each does, and that every sequence can be undone."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.engine.plan import parse
from playground.recipes import editing, layering
from playground.recipes.editing import ABSENT, EditRefused, get_value, set_value
from playground.recipes.outline import labels_of, outline_of, shape_problems
from playground.recipes.steps import MOST_STEPS, Steps, back, forth, step

Content = dict[str, Any]


def recipe(*layers: Content) -> Content:
    return {
        "schema": "moa-recipe/1",
        "slug": "x",
        "name": "X",
        "layers": list(layers) or [layer("draft", 3), layer("draft", 3), layer()],
    }


def layer(kind: str = "aggregate", slots: int = 1, **more: Any) -> Content:
    return {"kind": kind, "slots": [{"model": f"m{n}"} for n in range(slots)], **more}


def labels(document: Content) -> list[str]:
    return [" ".join(labels_of(each)) for each in document["layers"]]


def models(document: Content, at: int) -> list[str]:
    return [slot["model"] for slot in document["layers"][at]["slots"]]


def test_operations_leave_the_document_that_they_were_given() -> None:
    document = recipe()
    kept = copy.deepcopy(document)
    for edited in (
        editing.move_slot(document, 0, 0, to_layer=1, to=1),
        layering.copy_layer(document, 0),
        set_value(document, ["layers", 0, "slots", 0, "params", "seed"], 1),
    ):
        assert edited != document
    assert document == kept


def test_value_is_set_at_a_path_and_taken_out_with_the_mapping_it_made() -> None:
    document = recipe()
    path = ["layers", 0, "slots", 1, "params", "temperature"]
    edited = set_value(document, path, 0.5)
    assert edited["layers"][0]["slots"][1] == {
        "model": "m1",
        "params": {"temperature": 0.5},
    }
    assert get_value(edited, path) == 0.5
    assert set_value(edited, path, ABSENT) == document
    assert set_value(document, path, ABSENT) == document


def test_slot_keeps_its_label_when_it_moves() -> None:
    moved = editing.move_slot(recipe(), 0, 2, to_layer=0, to=0)
    assert (labels(moved)[0], models(moved, 0)) == ("C A B", ["m2", "m0", "m1"])
    again = editing.move_slot(moved, 0, 0, to_layer=0, to=2)
    assert labels(again)[0] == "A B C"


def test_slot_that_leaves_does_not_rename_those_behind_it() -> None:
    assert labels(editing.remove_slot(recipe(), 0, 0))[0] == "B C"


def test_slot_gets_a_free_label_in_another_layer() -> None:
    moved = editing.move_slot(recipe(), 0, 0, to_layer=1, to=9)
    assert labels(moved) == ["B C", "A B C D", "Z"]
    assert models(moved, 1)[-1] == "m0"
    onward = editing.move_slot(moved, 1, 3, to_layer=2, to=0)
    assert labels(onward) == ["B C", "A B C", "D Z"]


def test_primary_goes_on_naming_its_slot() -> None:
    document = recipe(layer("draft"), layer("aggregate", 2, primary="Y"))
    moved = editing.move_slot(document, 1, 1, to_layer=1, to=0)
    assert labels(moved)[1] == "Y Z"
    assert parse(moved).layers[1].primary == "Y"
    removed = editing.remove_slot(document, 1, 1)
    assert "primary" not in removed["layers"][1]
    assert "primary" in editing.remove_slot(document, 1, 0)["layers"][1]


def test_new_slot_takes_the_next_letter_and_a_copy_stands_behind_its_original() -> None:
    added = editing.add_slot(recipe(), 0, {"label": "A", "model": "new"})
    assert (labels(added)[0], models(added, 0)[3]) == ("A B C D", "new")
    twin = editing.copy_slot(recipe(), 0, 0)
    assert (labels(twin)[0], models(twin, 0)) == ("A D B C", ["m0", "m0", "m1", "m2"])


def test_layer_that_becomes_the_first_sees_the_prompt_only() -> None:
    document = recipe(
        layer("draft", 2),
        layer("draft", 2, sees="all", pack={"order": "shuffle"}),
        layer(),
    )
    first = layering.move_layer(document, 1, to=0)
    assert first["layers"][0] == layer("draft", 2)
    assert parse(first).layers[0].sees == "none"
    assert layering.remove_layer(document, 0)["layers"][0] == layer("draft", 2)
    aggregate = recipe(layer("draft"), layer(sees="all", pack={"order": "shuffle"}))
    alone = layering.remove_layer(aggregate, 0)["layers"][0]
    assert alone == layer(pack={"order": "shuffle"})


def test_copy_of_the_first_layer_reads_it() -> None:
    document = recipe(layer("draft", 2, sees="none", name="Drafts"), layer())
    twin = layering.copy_layer(document, 0)
    assert twin["layers"][1]["name"] == "Drafts 2"
    assert parse(twin).layers[1].sees == "previous"


def test_layer_is_added_where_it_is_asked_for() -> None:
    added = layering.add_layer(recipe(), 1, kind="draft", slots=[{"model": "n"}])
    assert [len(each["slots"]) for each in added["layers"]] == [3, 1, 3, 1]
    far = layering.add_layer({"layers": []}, 9, kind="draft", slots=[])
    assert len(far["layers"]) == 1


def test_list_items_come_go_and_change_places() -> None:
    path = ["layers", 0, "slots", 0, "fallback"]
    document = editing.add_item(recipe(), path, "a")
    document = editing.add_item(document, path, "b")
    assert get_value(editing.move_item(document, path, 1, 0), path) == ["b", "a"]
    document = editing.remove_item(document, path, 0)
    assert get_value(document, path) == ["b"]
    assert editing.remove_item(document, path, 0) == recipe()


@pytest.mark.parametrize("number", range(7))
def test_part_that_is_not_there_is_refused(number: int) -> None:
    operations: list[Any] = [
        lambda it: layering.remove_layer(it, 3),
        lambda it: layering.move_layer(it, -1, to=0),
        lambda it: editing.copy_slot(it, 0, 3),
        lambda it: editing.move_slot(it, 0, 0, to_layer=3, to=0),
        lambda it: editing.remove_item(it, ["tags"], 0),
        lambda it: editing.move_item({**it, "tags": ["a"]}, ["tags"], 1, 0),
        lambda it: set_value(it, ["layers", 7, "name"], "x"),
    ]
    with pytest.raises(EditRefused):
        operations[number](recipe())


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"layers": 5}, "layers"),
        ({"layers": [5]}, "layers[0]"),
        ({"layers": [{"slots": {}}]}, "layers[0].slots"),
        ({"layers": [{}, {"slots": [{}, "x"]}]}, "layers[1].slots[1]"),
    ],
)
def test_document_that_cannot_be_drawn_says_where(document: Content, path: str) -> None:
    assert [problem.path for problem in shape_problems(document)] == [path]


def test_outline_shows_what_is_wrong_as_it_is() -> None:
    wrong = {"kind": 7, "name": None, "slots": [{"model": ["x"], "samples": "two"}]}
    [drawn] = outline_of({"layers": [wrong]})
    [slot] = drawn.slots
    assert (drawn.kind, drawn.name) == ("7", "Layer 1")
    assert (slot.label, slot.model, slot.samples) == ("A", "['x']", 1)


def add_layer(document: Content, a: int, b: int, c: int, d: int) -> Content:
    slots = [{"model": "n"}] * (b % 4)
    return layering.add_layer(document, a, kind="draft", slots=slots)


def set_seed(document: Content, a: int, b: int, c: int, d: int) -> Content:
    return set_value(document, ["layers", a, "slots", b, "params", "seed"], c)


SLOTS: dict[str, Any] = {
    "add": lambda it, a, b, c, d: editing.add_slot(it, a, {"model": "n"}, position=b),
    "copy": lambda it, a, b, c, d: editing.copy_slot(it, a, b),
    "remove": lambda it, a, b, c, d: editing.remove_slot(it, a, b),
    "move": lambda it, a, b, c, d: editing.move_slot(it, a, b, to_layer=c, to=d),
}
LAYERS: dict[str, Any] = {
    "add layer": add_layer,
    "copy layer": lambda it, a, b, c, d: layering.copy_layer(it, a),
    "remove layer": lambda it, a, b, c, d: layering.remove_layer(it, a),
    "move layer": lambda it, a, b, c, d: layering.move_layer(it, a, to=b),
}
OPERATIONS = {**SLOTS, **LAYERS, "set": set_seed}
numbers = st.tuples(*[st.integers(0, 5)] * 4)
acts = st.tuples(st.sampled_from(sorted(OPERATIONS)), numbers)
slot_acts = st.tuples(st.sampled_from(sorted(SLOTS)), numbers)


def performed(document: Content, act: tuple[str, Any]) -> Content:
    """The document after one operation; as it was when the operation has no place."""
    what, places = act
    try:
        return dict(OPERATIONS[what](document, *places))
    except EditRefused:
        return document


def spelled(document: Content) -> str:
    return json.dumps(document)


@settings(max_examples=150, deadline=None)
@given(st.lists(acts, max_size=30))
def test_any_sequence_can_be_undone_and_done_again(sequence: Any) -> None:
    start = recipe(layer("draft", 3, name="A"), layer("aggregate", 2, primary="Y"))
    steps = Steps(start)
    seen = [spelled(start)]
    for act in sequence:
        steps = step(steps, performed(steps.document, act), what=str(act), at="")
        if spelled(steps.document) != seen[-1]:
            seen.append(spelled(steps.document))
    assert len(steps.past) == len(seen) - 1
    for expected in reversed(seen[:-1]):
        steps, _ = back(steps)
        assert spelled(steps.document) == expected
    assert back(steps)[0] == steps
    for expected in seen[1:]:
        steps, _ = forth(steps)
        assert spelled(steps.document) == expected
    assert forth(steps)[0] == steps


def named(document: Content) -> set[tuple[int, str, str]]:
    """Each slot by its layer, its mark and its label."""
    return {
        (at, slot.get("x_mark", ""), label)
        for at, each in enumerate(document["layers"])
        for slot, label in zip(each["slots"], labels_of(each), strict=True)
    }


@settings(max_examples=150, deadline=None)
@given(st.lists(slot_acts, max_size=12))
def test_labels_stay_unique_and_slots_keep_theirs(sequence: Any) -> None:
    document = recipe()
    for at, each in enumerate(document["layers"]):
        for slot in each["slots"]:
            slot["x_mark"] = f"{at}{slot['model']}"
    for act in sequence:
        before, document = named(document), performed(document, act)
        after = named(document)
        for each in document["layers"]:
            assert len(set(labels_of(each))) == len(each["slots"]), document
        stayed = {(at, mark) for at, mark, _ in after}
        kept = {name for name in before if name[:2] in stayed and name[1]}
        gone = kept - after
        # A copy and its original have one mark: one of the two may be what left.
        assert all(name[:2] in {each[:2] for each in after & before} for name in gone)


def test_steps_of_one_field_join_into_one() -> None:
    steps = Steps({"name": ""})
    for text in ("a", "ab", "abc"):
        steps = step(steps, {"name": text}, what="name", at="0", joins=True)
    assert len(steps.past) == 1
    assert back(steps)[0].document == {"name": ""}
    steps = step(steps, {"name": "abc", "slug": "s"}, what="slug", at="0", joins=True)
    assert len(steps.past) == 2


def test_step_that_changes_nothing_is_none_and_whole_numbers_are_not_floats() -> None:
    steps = Steps({"seed": 1})
    assert step(steps, {"seed": 1}, what="seed", at="") is steps
    assert len(step(steps, {"seed": 1.0}, what="seed", at="").past) == 1


def test_past_is_capped_by_number_and_by_size() -> None:
    steps = Steps({"n": 0})
    for number in range(1, MOST_STEPS + 20):
        steps = step(steps, {"n": number}, what=str(number), at="")
    assert len(steps.past) == MOST_STEPS
    assert steps.past[0]["document"] == {"n": 19}
    for number in range(30):
        steps = step(steps, {"n": number, "x": "y" * 250_000}, what="x", at="")
    assert len(steps.past) < 25
