"""Two runs beside each other: what they were, what they took, what they answered."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from playground.accounts.access import Viewer, viewer_of
from playground.live.figures import RunView
from playground.live.records import run_view
from playground.recipes.diffing import Change, changes
from playground.runs.access import find_run
from playground.runs.snapshots import snapshot
from playground.web.differing import TextDiff, diff_texts
from playground.web.formats import count, money, seconds
from playground.web.sentences import words_of

_WIDEST = 100.0


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of both runs, with the widths of its bars."""

    name: str
    left: str
    right: str
    left_width: str
    right_width: str


@dataclass(frozen=True, slots=True)
class Pairing:
    """Two runs and what is told of them together."""

    left: RunView
    right: RunView
    figures: tuple[Figure, ...]
    recipe_changes: tuple[Change, ...]
    diff: TextDiff | None
    same_prompt: bool

    @property
    def sides(self) -> tuple[RunView, RunView]:
        """Both, left first."""
        return self.left, self.right


@never_cache
@require_safe
def compare_runs(request: HttpRequest) -> HttpResponse:
    """`?left=<run>&right=<run>`: 404 unless the viewer may see both."""
    viewer = viewer_of(request)
    left = _view(viewer, request.GET.get("left", ""))
    right = _view(viewer, request.GET.get("right", ""))
    context = {
        "here": "history",
        "pairing": _pairing(left, right),
        "side_by_side": request.GET.get("layout") != "inline",
        "swapped": urlencode({"left": right.run.pk, "right": left.run.pk}),
        "here_is": urlencode({"left": left.run.pk, "right": right.run.pk}),
    }
    return render(request, "runs/compare.html", context)


def _view(viewer: Viewer, run_id: str) -> RunView:
    return run_view(snapshot(find_run(viewer, run_id)))


def _pairing(left: RunView, right: RunView) -> Pairing:
    ours, theirs = left.run.revision.document, right.run.revision.document
    both = left.answer and right.answer
    return Pairing(
        left=left,
        right=right,
        figures=tuple(_figures(left, right)),
        recipe_changes=tuple(changes(ours, theirs)),
        diff=diff_texts(_answer(left), _answer(right)) if both else None,
        same_prompt=left.run.messages == right.run.messages,
    )


def _answer(view: RunView) -> str:
    return view.answer.text if view.answer else ""


def _figures(left: RunView, right: RunView) -> list[Figure]:
    rows = [
        ("Time", left.elapsed_ms, right.elapsed_ms, seconds),
        ("Cost", left.cost_nanos, right.cost_nanos, money),
        ("Calls", len(left.calls), len(right.calls), count),
        ("Tokens read", left.tokens_in, right.tokens_in, count),
        ("Tokens written", left.tokens_out, right.tokens_out, count),
        ("Drafts written", left.drafts_in, right.drafts_in, count),
        (
            "Words in the answer",
            len(words_of(_answer(left))),
            len(words_of(_answer(right))),
            count,
        ),
    ]
    return [
        Figure(name, spell(ours), spell(theirs), *_widths(ours, theirs))
        for name, ours, theirs, spell in rows
    ]


def _widths(ours: int, theirs: int) -> tuple[str, str]:
    most = max(ours, theirs) or 1
    return f"{_WIDEST * ours / most:.1f}%", f"{_WIDEST * theirs / most:.1f}%"
