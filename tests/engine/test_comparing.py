"""How a judge that compares is asked, read, and told of in the next layer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from playground.engine import comparing
from playground.engine.findings import (
    NO_ANALYSIS,
    Analysis,
    Finding,
    Reading,
    Side,
    Unread,
)
from playground.engine.judging import Names, Unreadable
from playground.engine.verdicts import verdict_from_json

NAMES = Names({"A": "1.A.1", "B": "1.B.1"})
EMPTY: dict[str, list[Any]] = {
    "consensus": [],
    "contradictions": [],
    "partial_coverage": [],
    "unique_insights": [],
    "blind_spots": [],
}
WHOLE = EMPTY | {
    "consensus": [{"point": "Light is  scattered.", "drafts": ["A", "draft b"]}],
    "contradictions": [
        {
            "point": "Violet light",
            "sides": [
                {"says": "the eye sees less of it", "drafts": ["A"]},
                {"says": "the sun sends none", "drafts": ["B"]},
            ],
        }
    ],
    "partial_coverage": [{"point": "Sunsets", "drafts": ["B"]}],
    "blind_spots": [{"point": "Ozone"}, {"point": "Dust", "drafts": ["A"]}],
}
READING = Reading(
    "2.A.1",
    {
        "consensus": (Finding("Light is scattered.", ("1.A.1", "1.B.1")),),
        "contradictions": (
            Finding(
                "Violet light",
                ("1.A.1", "1.B.1"),
                (
                    Side("the eye sees less of it", ("1.A.1",)),
                    Side("the sun sends none", ("1.B.1",)),
                ),
            ),
        ),
        "partial_coverage": (Finding("Sunsets", ("1.B.1",)),),
        "unique_insights": (),
        "blind_spots": (Finding("Ozone"), Finding("Dust", ("1.A.1",))),
    },
)


def read(found: Any) -> Reading | Unreadable:
    return comparing.read("2.A.1", json.dumps(found), NAMES)


def test_each_finding_names_its_drafts_by_key() -> None:
    assert read(WHOLE) == READING


def test_a_judges_labels_do_not_reach_readers_who_know_the_drafts_by_others() -> None:
    point = {
        "point": "Draft A and B differ; responses A, B too. A cat.",
        "drafts": ["A"],
    }
    side = {"says": "unlike draft B", "drafts": ["A"]}
    found = read(
        EMPTY
        | {"consensus": [point]}
        | {"contradictions": [{"point": "x", "sides": [side]}]}
    )
    assert isinstance(found, Reading)
    said = "Draft 1.A.1 and 1.B.1 differ; responses 1.A.1, 1.B.1 too. A cat."
    assert found.findings["consensus"] == (Finding(said, ("1.A.1",)),)
    told = comparing.told(
        Analysis(("1.A.1", "1.B.1"), (found,)), Names({"1": "1.B.1", "2": "1.A.1"})
    )
    assert told == [
        "Consensus:\n- Draft 2 and 1 differ; responses 2, 1 too. A cat. (2)"
        "\n\nContradictions:\n- x | 2: unlike draft 1"
    ]


def test_nothing_found_is_an_analysis_too() -> None:
    found = read(EMPTY)
    assert isinstance(found, Reading)
    assert found.sections == []


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ({}, "its JSON does not fit: Object missing required field `consensus`"),
        (
            EMPTY | {"consensus": ["all agree"]},
            "its JSON does not fit: Expected `object`, got `str` - at `$.consensus[0]`",
        ),
        (
            EMPTY | {"consensus": [{"point": "x", "drafts": []}]},
            "`consensus[0]` names no draft",
        ),
        (
            EMPTY | {"unique_insights": [{"point": "x", "drafts": ["C"]}]},
            "it names a draft `C`, and the drafts are A, B",
        ),
        (
            EMPTY | {"contradictions": [{"point": "x", "sides": []}]},
            "`contradictions[0]` names no draft",
        ),
    ],
)
def test_findings_without_their_drafts_cannot_be_read(found: Any, reason: str) -> None:
    assert read(found) == Unreadable(reason)


def test_points_without_words_are_passed_over_and_long_ones_cut() -> None:
    long = {"point": "x" * 700, "drafts": ["A"]}
    found = read(EMPTY | {"consensus": [{"point": " ", "drafts": []}, long]})
    assert isinstance(found, Reading)
    [finding] = found.findings["consensus"]
    assert finding.point == "x" * 599 + "…"


def test_task_asks_for_the_labels_that_the_judge_sees() -> None:
    asked = comparing.task(["1", "2", "3"])
    assert asked.startswith("Compare the drafts 1, 2, 3. Do not reply to the prompt")
    form = json.loads(asked[asked.index("\n{") :])
    assert form["consensus"] == [{"point": "…", "drafts": ["1", "2"]}]
    assert list(form) == list(EMPTY)


def test_next_layer_is_told_in_its_own_labels() -> None:
    analysis = Analysis(("1.A.1", "1.B.1"), (READING,))
    assert comparing.told(analysis, Names({"1": "1.B.1", "2": "1.A.1"})) == [
        "Consensus:\n- Light is scattered. (2, 1)\n\n"
        "Contradictions:\n"
        "- Violet light | 2: the eye sees less of it | 1: the sun sends none\n\n"
        "Partly covered:\n- Sunsets (1)\n\n"
        "Blind spots:\n- Ozone\n- Dust (2)"
    ]


def test_journal_keeps_an_analysis_whole() -> None:
    analysis = Analysis(("1.A.1", "1.B.1"), (READING,), (Unread("2.B.1", "why"),))
    assert verdict_from_json(json.loads(json.dumps(analysis.to_json()))) == analysis
    assert analysis.notes == (
        "2.A.1 compared 1.A.1, 1.B.1: consensus 1, contradictions 1, "
        "partly covered 1, blind spots 2",
        "2.B.1 could not be read: why",
    )


def test_without_a_reading_the_notes_say_so() -> None:
    assert Analysis(("1.A.1",), (), ()).notes == (NO_ANALYSIS,)
