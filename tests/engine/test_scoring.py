"""How a model's score of a prompt is read."""

from __future__ import annotations

import pytest

from playground.engine.scoring import fault_of_score, read_score


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ('{"why": "a proof", "score": 5}', 5),
        ('{"score": 2.5}', 2.5),
        ('{"score": "4"}', 4),
        ('Sure!\n```json\n{"why": "small talk", "score": 1}\n```', 1),
        ('<think>5? {"score": 5}</think>{"score": 2}', 2),
        ("3", 3),
        (" **4** ", 4),
        ("4/5", 4),
        ("2.", 2),
    ],
)
def test_score_is_read(reply: str, score: float) -> None:
    assert read_score(reply) == score
    assert fault_of_score(reply) == ""


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        ("It is hard.", "it has no JSON object"),
        ('{"score": 6}', "`6.0` is no score from 1 to 5"),
        ('{"score": 0}', "`0.0` is no score from 1 to 5"),
        ('{"score": "hard"}', "`hard` is no score from 1 to 5"),
        ('{"score": "nan"}', "`nan` is no score from 1 to 5"),
        ('{"score": 4', "the JSON in it is broken or cut off"),
        ('{"level": 4}', "its JSON does not fit"),
        ("I give it a 4 or a 5", "it has no JSON object"),
        ("9", "it has no JSON object"),
    ],
)
def test_reply_without_a_score_says_why(reply: str, fault: str) -> None:
    assert fault_of_score(reply).startswith(fault)
