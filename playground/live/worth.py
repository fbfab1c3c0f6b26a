"""Was the mixture worth it? The answer beside each draft that it came from.

Only what can be counted is told: words, seconds, money, and how many of the answer's
words stand in a draft, too. Which one is better, nobody here can say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from playground.live.figures import RunView
from playground.live.provenance import NOWHERE, Held, Origin, held_by, origins_of
from playground.live.seats import DraftView
from playground.runs.models import Run
from playground.web.formats import counted, money, percent, seconds
from playground.web.margins import Said, render_with_marks
from playground.web.markdown import is_too_much, render_markdown
from playground.web.sentences import words_of

_WIDEST = 100.0


@dataclass(frozen=True, slots=True)
class Rival:
    """A draft, or a Single run, beside the answer. `cost_nanos` is all that it took."""

    name: str
    model: str
    href: str
    hue: str
    words: int
    ready_ms: int | None
    cost_nanos: int | None
    share: float | None = None
    time_width: str = "0"
    cost_width: str = "0"


@dataclass(frozen=True, slots=True)
class Worth:
    """The answer and its rivals, in reading order, and what that says in a sentence."""

    answer: Rival
    rivals: tuple[Rival, ...]
    own_share: float
    sentence: str
    alone: Run | None = None


@dataclass(frozen=True, slots=True)
class Sourced:
    """The answer's HTML with letters, and which share of its words stands where."""

    html: SafeString
    held: Held = NOWHERE


def sourced_answer(view: RunView) -> Sourced:
    """The answer with a letter after each sentence that a draft says nearly alike."""
    answer = view.answer
    if answer is None:
        return Sourced(SafeString())
    drafts = _sources(view, answer)
    if not drafts or is_too_much(answer.text):
        return Sourced(render_markdown(answer.text))
    html = render_with_marks(answer.text, partial(_letters, view, drafts))
    held = held_by(answer.text, {draft.key: draft.text for draft in drafts})
    return Sourced(html, held)


def worth_of(view: RunView, sourced: Sourced, alone: Run | None) -> Worth | None:
    """What the mixture bought; None when there is no answer, or nothing beside it."""
    answer = view.answer
    if answer is None or view.is_open:
        return None
    shown = [_rival(view, draft, sourced) for draft in _sources(view, answer)]
    if not shown and alone is None:
        return None
    whole = Rival(
        name="Answer",
        model=answer.model,
        href="#answer",
        hue=answer.hue,
        words=len(words_of(answer.text)),
        ready_ms=view.elapsed_ms,
        cost_nanos=view.cost_nanos,
    )
    if alone is not None:
        shown.append(_alone(alone))
    whole, *shown = _drawn([whole, *shown])
    return Worth(
        answer=whole,
        rivals=tuple(shown),
        own_share=sourced.held.own,
        sentence=_sentence(whole, shown),
        alone=alone,
    )


def _sources(view: RunView, answer: DraftView) -> list[DraftView]:
    """The drafts that it came from, those of the last layer before the answer first."""
    chain = view.answer_layer.plan.window is not None
    drafts = [
        draft
        for draft in view.drafts.values()
        if (draft.layer < answer.layer or (chain and draft.key != answer.key))
        and not draft.judges
        and draft.status == "done"
        and draft.text
        and not view.layers[draft.layer - 1].plan.judges
    ]
    return sorted(drafts, key=lambda draft: -draft.layer)


def _letters(
    view: RunView,
    drafts: Sequence[DraftView],
    sentences: Sequence[Said],
) -> list[SafeString]:
    texts = {draft.key: draft.text for draft in drafts}
    origins = origins_of([said.text for said in sentences], texts)
    marks = []
    for number, (said, origin) in enumerate(zip(sentences, origins, strict=True)):
        onward = number + 1 < len(sentences) and sentences[number + 1]
        same = (
            onward
            and onward.block == said.block
            and _keys(origins[number + 1]) == _keys(origin)
        )
        marks.append(SafeString() if same else _mark(view, origin))
    return marks


def _keys(origin: Origin) -> list[str]:
    return [near.key for near in origin.near]


def _mark(view: RunView, origin: Origin) -> SafeString:
    if not origin.near:
        return SafeString()
    links = format_html_join(
        " ",
        '<a href="#draft-{}" data-slot="{}" title="Nearest words: {}, {} % alike">{}</a>',
        (
            (shown.dom, shown.hue, shown.name, near.likeness, shown.name)
            for near in origin.near
            for shown in [view.drafts[near.key]]
        ),
    )
    return format_html('<sup class="from">{}</sup>', links)


def _rival(view: RunView, draft: DraftView, sourced: Sourced) -> Rival:
    return Rival(
        name=draft.name,
        model=draft.model,
        href=f"#draft-{draft.dom}",
        hue=draft.hue,
        words=len(words_of(draft.text)),
        ready_ms=draft.calls[-1].ended_ms if draft.calls else 0,
        cost_nanos=_path_cost(view, draft),
        share=sourced.held.shares.get(draft.key, 0.0),
    )


def _alone(run: Run) -> Rival:
    took = None
    if run.started_at and run.ended_at:
        took = round((run.ended_at - run.started_at).total_seconds() * 1000)
    text = next((d.text for d in run.drafts.all() if d.key == run.answer_key), "")
    return Rival(
        name="Single run",
        model=next((call.alias for call in run.calls.all()), ""),
        href=f"/runs/{run.pk}/",
        hue="",
        words=len(words_of(text)),
        ready_ms=took,
        cost_nanos=run.cost_nanos,
    )


def _path_cost(view: RunView, draft: DraftView) -> int | None:
    """What the draft cost with all that it read, so as if nothing else had been made."""
    costs = [view.drafts[key].cost_nanos for key in _path(view, draft.key, set())]
    known = [cost for cost in costs if cost is not None]
    return sum(known) if known else None


def _path(view: RunView, key: str, seen: set[str]) -> Iterator[str]:
    if key in seen:
        return
    seen.add(key)
    yield key
    read = [reference.key for reference in view.drafts[key].references]
    for each in (*read, *_judges_of(view, view.drafts[key])):
        yield from _path(view, each, seen)


def _judges_of(view: RunView, draft: DraftView) -> list[str]:
    """The judges whose analysis the draft was told."""
    earlier = view.layers[: draft.layer - 1]
    sources = {"none": [], "previous": earlier[-1:], "all": earlier}[draft.sees]
    return [
        judge.key
        for layer in sources
        for judge in layer.drafts
        if layer.judges and judge.key in layer.hands_on
    ]


def _drawn(rivals: Sequence[Rival]) -> list[Rival]:
    """The rivals with the widths of their bars, the longest 100 %."""
    longest = max((rival.ready_ms or 0 for rival in rivals), default=0) or 1
    dearest = max((rival.cost_nanos or 0 for rival in rivals), default=0) or 1
    return [
        replace(
            rival,
            time_width=f"{_WIDEST * (rival.ready_ms or 0) / longest:.1f}%",
            cost_width=f"{_WIDEST * (rival.cost_nanos or 0) / dearest:.1f}%",
        )
        for rival in rivals
    ]


def _sentence(answer: Rival, rivals: Sequence[Rival]) -> str:
    drafts = [rival for rival in rivals if rival.share is not None]
    if not drafts:
        return ""
    nearest = max(drafts, key=lambda rival: rival.share or 0.0)
    if not nearest.share:
        return f"No draft has its words. It has {counted(answer.words, 'word')}."
    later = seconds((answer.ready_ms or 0) - (nearest.ready_ms or 0))
    return (
        f"{nearest.name} is nearest: {percent(nearest.share)} of the answer\u2019s words "
        f"stand in it, {later} earlier{_price(nearest, answer)}."
    )


def _price(nearest: Rival, answer: Rival) -> str:
    """What it cost beside the answer; nothing where both are free."""
    if not nearest.cost_nanos and not answer.cost_nanos:
        return ""
    if not nearest.cost_nanos or not answer.cost_nanos:
        return (
            f", for {money(nearest.cost_nanos)} instead of {money(answer.cost_nanos)}"
        )
    times = answer.cost_nanos / nearest.cost_nanos
    return f", for {money(nearest.cost_nanos)}, where the answer took {times:.1f} times that"
