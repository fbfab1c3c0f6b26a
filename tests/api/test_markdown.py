"""A run as Markdown."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt

from playground.api.documents.markdown import fenced, plain, run_as_markdown

EVIL = "```\n# Not a heading\n````\n<script>alert(1)</script>"


def exported(**more: Any) -> dict[str, Any]:
    draft = {
        "key": "1.A.1",
        "layer": 1,
        "label": "A",
        "sample": 1,
        "model": "fast|er",
        "status": "done",
        "text": EVIL,
        "reasoning": "",
        "references": [],
        "seed": None,
        "x_given": None,
    }
    usage = {"in": 5, "cached": 0, "out": 7, "reasoning": 0, "estimated": True}
    call = {
        "n": 1,
        "draft": "1.A.1",
        "status": "done",
        "error": None,
        "ended_ms": 1500,
        "usage": usage,
        "cost_nanos": 2000,
        "finish_reason": "length",
    }
    layer = {
        "index": 1,
        "kind": "draft",
        "name": "First",
        "closed_by": "all",
        "passed_on": ["1.A.1"],
        "notes": [],
    }
    run = {
        "id": "1",
        "parent": None,
        "url": "http://here/runs/1/",
        "status": "done",
        "degraded": False,
        "reason": None,
        "recipe": {"team": "research", "slug": "one", "revision": 2},
        "revision": {"name": "One *star*"},
        "variables": {},
        "messages": [{"role": "user", "content": EVIL}],
        "answer": {"draft": "1.A.1", "text": EVIL},
        "layers": [layer],
        "drafts": [draft],
        "calls": [call],
        "cost_nanos": 2000,
        "started_at": "2026-01-01T00:00:00.000Z",
        "ended_at": "2026-01-01T00:00:02.000Z",
    }
    return run | more


def test_content_cannot_leave_its_fence() -> None:
    tokens = MarkdownIt("commonmark").parse(run_as_markdown(exported()))
    fences = [token.content for token in tokens if token.type == "fence"]
    headings = [
        after.content
        for token, after in pairwise(tokens)
        if token.type == "heading_open"
    ]
    assert fences == [f"{EVIL}\n"] * 3
    assert headings == [
        r"One \*star\*",
        "Prompt",
        "Answer",
        "Layer 1: First (draft)",
        r"Draft 1.A.1 (fast\|er)",
    ]


def test_each_draft_shows_what_it_took() -> None:
    row = r"| 1.A.1 | fast\|er | done | 1.5 | ~5 | ~7 | $0.000002 |"
    assert row in run_as_markdown(exported())


def test_layers_and_cuts_are_told_in_plain_words() -> None:
    text = run_as_markdown(exported())
    assert "- All drafts ended.\n- The answer: 1.A.1" in text
    assert "Cut at 7 tokens" in text


def test_a_run_without_answer_says_so() -> None:
    text = run_as_markdown(exported(answer=None, status="failed", reason="quorum"))
    assert "There is none: the run is failed." in text
    assert "- Status: failed, too few drafts" in text


def test_fences_are_longer_than_what_they_hold() -> None:
    assert fenced("a").startswith("```text\n")
    assert fenced("a ```` b").startswith("`````text\n")


def test_plain_text_is_one_line_without_markup() -> None:
    assert plain("a\n|b| <c>") == r"a \|b\| \<c\>"


def test_a_run_that_goes_on_from_another_says_from_where_and_with_what() -> None:
    text = run_as_markdown(exported(parent="7"))
    assert "- Goes on from: <http://here/runs/7/>" in text
    told = exported()
    for given, words in (("reused", "done, reused"), ("left_out", "left out")):
        told["drafts"][0]["x_given"] = given
        assert f"| {words} |" in run_as_markdown(told)
