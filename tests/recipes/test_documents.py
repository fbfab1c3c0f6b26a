"""Documents: exact round trips, every fault with its line, nothing that explodes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.recipes.documents import (
    Document,
    DocumentRefused,
    dump_yaml,
    load_document,
    same_document,
)

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
# Words that other readers of YAML take for something else.
ODD = st.sampled_from(
    [
        "yes",
        "no",
        "on",
        "off",
        "~",
        "null",
        "Null",
        "true",
        "TRUE",
        "1e3",
        ".5",
        "5.",
        "0x1F",
        "0o17",
        "017",
        "1_000",
        "12:30:45",
        "<<",
        "2020-01-01",
        ".inf",
        "-.INF",
        ".nan",
        "",
        " ",
        "- a",
        "a: b",
        "#c",
        "+1",
        "=",
        "'",
        "a\n",
        "\na",
        "a\n\nb",
        " a\nb",
        "a \nb",
        "a\tb",
        "\x85",
        "\u2028",
        "\ufeff",
        "😀",
    ]
)
NUMBERS = st.integers(-(10**30), 10**30) | st.floats(
    allow_nan=False, allow_infinity=False
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT | ODD,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXT | ODD, inner, max_size=4)
    ),
    max_leaves=20,
)
DOCUMENTS = st.dictionaries(TEXT | ODD, VALUES, max_size=5)


def exact(value: Any) -> str:
    """Tells 1 from 1.0 and true, and keeps the order of keys."""
    return json.dumps(value)


@settings(deadline=None)
@given(DOCUMENTS)
def test_yaml_round_trip_is_exact(content: dict[str, Any]) -> None:
    assert exact(load_document(dump_yaml(content)).content) == exact(content)


@settings(deadline=None)
@given(DOCUMENTS, st.sampled_from([None, 2]), st.booleans())
def test_json_is_read_exactly(
    content: dict[str, Any], indent: int | None, is_ascii: bool
) -> None:
    text = json.dumps(content, indent=indent, ensure_ascii=is_ascii)
    assert exact(load_document(text).content) == exact(content)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2020-01-01", "2020-01-01"),
        ("yes", "yes"),
        ("017", 17),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("1e3", 1000.0),
        ("~", None),
        ("", None),
        ("'1'", "1"),
        ("[1, 1.0, true]", [1, 1.0, True]),
        ("&a x", "x"),
    ],
)
def test_scalar_means_what_yaml_1_2_says(written: str, meant: object) -> None:
    assert exact(load_document(f"key: {written}").content) == exact({"key": meant})


def test_absent_keys_stay_absent() -> None:
    text = "a: 1   # a comment goes\nb: {}\n"
    assert dump_yaml(load_document(text).content) == "a: 1\nb: {}\n"


def test_alias_is_a_copy() -> None:
    content = load_document("a: &x {k: [1]}\nb: *x\n").content
    content["a"]["k"].append(2)
    assert content["b"] == {"k": [1]}


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("a: 1\nb: 2\na: 3", 3, "`a` is there already, in line 1"),
        ("a:\n  b: 1\n  b: 2", 3, "`b` is there already, in line 2"),
        ('{"a": 1,\n "a": 2}', 2, "`a` is there already"),
        ("a: !!python/name:os.system x", 1, "tags"),
        ("a: !mine [1]", 1, "tags"),
        ("a: .nan", 1, "finite"),
        ("a: -.inf", 1, "finite"),
        ("a: 1\nb: *c", 2, "nothing before this is named"),
        ("a: &a [*a]", 1, "nothing before this is named"),
        ("a: 1\n2: b", 2, "must be text"),
        ("a: {[1]: 2}", 1, "must be text"),
        ("a:\n - b\n  c: 1", 3, "mapping values"),
        ("a: 1\n---\nb: 2", 2, "only one document"),
        ("- a", 1, "mapping of keys"),
        ("", 1, "mapping of keys"),
        ("a: [1", 1, ""),
    ],
)
def test_fault_is_placed(text: str, line: int, part: str) -> None:
    with pytest.raises(DocumentRefused) as caught:
        load_document(text)
    assert part in caught.value.message
    assert caught.value.line is not None
    assert caught.value.line >= line


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ('{"a": 1e999}', "finite"),
        ('{"a": "\\ud800"}', "no text"),
        ('{"a": "\\u0000"}', "no text"),
        ('a: "\\0"', "no text"),
        (f"a: {'9' * 5000}", "digits"),
        ('{"a": ' + "9" * 1000 + "}", "digits"),
        ("a: " + "x" * 262_144, "256 KiB"),
    ],
)
def test_what_cannot_be_kept_is_refused(text: str, part: str) -> None:
    with pytest.raises(DocumentRefused, match=part):
        load_document(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 100_000,
        '{"a":' * 40_000,
        "a: " + "[" * 41 + "]" * 41,
        '{"a": ' + "[" * 41 + "]" * 41 + "}",
        "a: &a [1,1,1,1,1,1,1,1,1,1]\n"
        + "".join(
            f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n"
            for before, name in zip("abcdefg", "bcdefgh", strict=True)
        ),
        "a: &a [" + "1," * 900 + "1]\nb: [" + "*a," * 60_000 + "1]",
    ],
)
def test_bomb_is_refused_quickly(text: str) -> None:
    before = time.process_time()
    with pytest.raises(DocumentRefused):
        load_document(text)
    assert time.process_time() - before < 5


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("layers[1].slots[0].params.temperature", 7),
        ("layers[1].slots[0].params.missing", 7),
        ("layers[1].slots[0].model", 6),
        ("layers[0]", 3),
        ("layers", 2),
        ("nowhere", None),
        ("", None),
    ],
)
def test_path_leads_to_its_line(path: str, line: int | None) -> None:
    text = (
        "slug: a\nlayers:\n  - kind: draft\n  - kind: draft\n    slots:\n"
        "      - model: fast\n        params: {temperature: -1}\n"
    )
    assert load_document(text).line_of(path) == line


def test_json_has_lines_too() -> None:
    assert load_document('{"a": 1,\n "b": {"c": 2}}').line_of("b.c") == 2


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{\n\t"a": 1,\n\t"b": {"c": 2}\n}', 3),
        ('{"a"\n:\n{"d": "\x7f"}, "b": {"c": 2}}', 3),
        ('{"%s": 1,\n"b":\n{"c": 2}}' % ("k" * 2000), 3),
        ('{"a": "{[\\",:\\u000a",\n"b": {"c": 2}}', 2),
    ],
    ids=["tabs", "odd", "long", "marks"],
)
def test_json_that_is_no_yaml_has_lines(text: str, line: int) -> None:
    document = load_document(text)
    assert document.content == json.loads(text)
    assert document.line_of("b.c") == line


def test_key_twice_in_json_is_placed() -> None:
    with pytest.raises(DocumentRefused) as refused:
        load_document('{\n\t"a": 1,\n\t"a": 2}')
    assert refused.value.line == 3
    assert refused.value.message == "the key `a` is there already, in line 2"


@settings(deadline=None)
@given(DOCUMENTS, st.sampled_from([None, 2, "\t"]), st.booleans())
def test_json_is_read_as_json(
    content: dict[str, Any], indent: int | str | None, is_ascii: bool
) -> None:
    text = json.dumps(content, indent=indent, ensure_ascii=is_ascii)
    assert json.dumps(load_document(text).content) == json.dumps(content)


def test_json_inside_of_yaml_means_what_json_means() -> None:
    inner = {"x_😀": "🧪 one", "list": ["\n/", "🥘"]}
    text = f"a: {json.dumps(inner)}\n"
    assert "\\ud83d" in text
    assert load_document(text).content == {"a": inner}


@pytest.mark.parametrize("text", ['a: "\\ud83d"', '{"a": "\\ude00\\ud83d"}'])
def test_half_of_a_pair_is_no_text(text: str) -> None:
    with pytest.raises(DocumentRefused, match="no text"):
        load_document(text)


@settings(deadline=None)
@given(DOCUMENTS)
def test_order_of_keys_makes_no_other_document(content: dict[str, Any]) -> None:
    assert same_document(content, dict(reversed(content.items())))


@pytest.mark.parametrize(
    "other", [{"a": 1.0}, {"a": True}, {"a": "1"}, {"a": 1, "b": None}]
)
def test_other_values_make_another_document(other: dict[str, Any]) -> None:
    assert not same_document({"a": 1}, other)


def test_text_is_kept_out_of_the_repr(tmp_path: Path) -> None:
    assert "canary" not in repr(Document({}, "credential: canary"))
