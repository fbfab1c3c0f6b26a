"""The published schema as the importer asks it."""

from __future__ import annotations

from playground.engine.errors import Problem
from playground.recipes.shape import fits_schema, schema_problems, unsaid
from tests.runs.factories import DOCUMENT


def test_sound_document_fits() -> None:
    assert fits_schema(DOCUMENT)
    assert schema_problems(DOCUMENT) == []


def test_problem_stands_at_the_readers_path_and_repeats_no_value() -> None:
    layer = {**DOCUMENT["layers"][0], "quorum": "sk-secret"}
    [problem] = schema_problems({**DOCUMENT, "layers": [layer]})
    assert problem.path == "layers[0].quorum"
    assert "sk-secret" not in problem.message


def test_what_the_reader_said_is_not_said_again() -> None:
    found = [Problem("layers[0].slots", "a"), Problem("tags", "b")]
    assert unsaid(found, [Problem("layers[0].slots[1].label", "c")]) == [found[1]]
    assert unsaid(found, []) == found
