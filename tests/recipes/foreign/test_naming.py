"""Foreign names of models: guessed by likeness, renamed wherever they stand."""

from __future__ import annotations

from typing import Any

import pytest

from playground.recipes.foreign.naming import guesses, renamed

CATALOGUE = {
    "gpt": "gpt-4o",
    "mini": "gpt-4o-mini",
    "qwen": "Qwen/Qwen2-72B-Instruct",
    "qwen-small": "Qwen/Qwen2-7B-Instruct",
}


def of(*names: str, **slot: Any) -> dict[str, Any]:
    return {"layers": [{"slots": [{"model": name, **slot} for name in names]}]}


@pytest.mark.parametrize(
    ("name", "alias", "how"),
    [
        ("openai:chat:gpt-4o", "gpt", "same"),
        ("openai/gpt-4o-mini", "mini", "same"),
        ("qwen2-72b-instruct", "qwen", "same"),
        ("qwen2:7b", "qwen-small", "alike"),
        ("Qwen/Qwen2-72B-Instruct-Turbo", "qwen", "alike"),
    ],
)
def test_name_is_guessed_by_likeness(name: str, alias: str, how: str) -> None:
    [guess] = guesses(of(name), CATALOGUE)
    assert (guess.alias, guess.how) == (alias, how)


def test_names_like_nothing_take_turns() -> None:
    found = guesses(of("zzz", "yyy", "zzz"), {"a-b": "m", "c-d": "n"})
    assert [(each.name, each.slots, each.alias) for each in found] == [
        ("zzz", 2, "a-b"),
        ("yyy", 1, "c-d"),
    ]
    assert {each.how for each in found} == {"any"}


def test_known_aliases_and_empty_names_are_no_question() -> None:
    assert guesses(of("gpt", " "), CATALOGUE) == []


def test_without_a_catalogue_nothing_is_guessed() -> None:
    [guess] = guesses(of("zzz"), {})
    assert guess.alias == ""


def test_renaming_reaches_fallbacks_and_branches_and_changes_no_original() -> None:
    content = {"layers": [{"above": of("x", fallback=["y", "gpt"])["layers"]}]}
    names = {"x": "gpt", "y": "mini"}
    [layer] = renamed(content, names)["layers"]
    assert layer["above"][0]["slots"] == [{"model": "gpt", "fallback": ["mini", "gpt"]}]
    assert content["layers"][0]["above"][0]["slots"][0]["model"] == "x"
