"""A run as Markdown, made from its export (moa-run/1). Texts lie in fences of their own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from playground.api.documents.escaping import fenced, plain
from playground.api.documents.judgements import analysis_blocks, reasons

_NANOS = 10**9
_REASONS = {
    "deadline": ", out of time",
    "no_answer": ", no answer came about",
    "quorum": ", too few drafts",
    "abort": ", a slot failed that the recipe cannot do without",
    "limit": ", at the recipe's limit",
    "budget": ", no budget left",
    "gave_up": ", interrupted too often",
}
_CLOSED = {
    "all": "All drafts ended.",
    "quorum": "It went on when enough drafts were in.",
    "timeout": "Its time was up.",
    "abort": "A slot failed that the recipe cannot do without.",
    "cancel": "It was stopped.",
    "deadline": "The run's time was up.",
}


def run_as_markdown(run: dict[str, Any]) -> str:
    """The prompt, the answer, then the layers with their drafts and what they took."""
    return "\n\n".join(_blocks(run)) + "\n"


def _blocks(run: dict[str, Any]) -> Iterator[str]:
    recipe = run["recipe"]
    yield f"# {plain(run['revision']['name'])}"
    yield _facts(
        run, f"{recipe['team']}/{recipe['slug']}, revision {recipe['revision']}"
    )
    yield "## Prompt"
    for message in run["messages"]:
        if len(run["messages"]) > 1:
            yield f"**{plain(message['role'])}**"
        yield fenced(message["content"])
    yield "## Answer"
    answer = run["answer"]
    if answer is None:
        yield f"There is none: the run is {_word(run['status'])}."
    else:
        yield f"This is draft {plain(answer['draft'])}."
        yield fenced(answer["text"])
    for layer in run["layers"]:
        yield from _layer(run, layer)


def _facts(run: dict[str, Any], recipe: str) -> str:
    degraded = ", degraded" if run["degraded"] and run["status"] == "done" else ""
    reason = _REASONS.get(run["reason"] or "", "")
    facts = {
        "Run": f"<{run['url']}>",
        "Recipe": plain(recipe),
        "Status": f"{_word(run['status'])}{reason}{degraded}",
        "Started": run["started_at"] or "not yet",
        "Ended": run["ended_at"] or "not yet",
        "Cost": _usd(run["cost_nanos"]),
    }
    if run["parent"]:
        here, there = (f"/{run[each]}/" for each in ("id", "parent"))
        facts["Goes on from"] = f"<{run['url'].replace(here, there)}>"
    facts |= {
        f"Variable {plain(name)}": plain(value)
        for name, value in run["variables"].items()
    }
    return "\n".join(f"- {name}: {fact}" for name, fact in facts.items())


def _layer(run: dict[str, Any], layer: dict[str, Any]) -> Iterator[str]:
    drafts = [draft for draft in run["drafts"] if draft["layer"] == layer["index"]]
    yield f"## Layer {layer['index']}: {plain(layer['name'])} ({layer['kind']})"
    notes = [_CLOSED[layer["closed_by"]]] if layer["closed_by"] else []
    if layer["passed_on"]:
        keys = ", ".join(map(plain, layer["passed_on"]))
        is_last = bool(run["answer"]) and layer is _last_closed(run)
        notes.append(f"{'The answer' if is_last else 'The next layer got'}: {keys}")
    notes += map(plain, layer["notes"])
    if notes:
        yield "\n".join(f"- {note}" for note in notes)
    if "x_compare" in layer:
        yield from analysis_blocks(layer["x_compare"])
    if "x_select" in layer:
        yield from reasons(layer["x_select"])
    if drafts:
        yield _table(drafts, run["calls"])
    for draft in drafts:
        yield from _draft(draft, run["calls"])


def _last_closed(run: dict[str, Any]) -> dict[str, Any]:
    """The layer that left the answer; of a route's other branch none was gone through."""
    closed: list[dict[str, Any]] = [each for each in run["layers"] if each["passed_on"]]
    return closed[-1]


def _table(drafts: list[dict[str, Any]], calls: list[dict[str, Any]]) -> str:
    rows = [
        "| Draft | Model | Status | Seconds | Tokens in | Tokens out | Cost |",
        "|---|---|---|--:|--:|--:|--:|",
    ]
    for draft in drafts:
        mine = [call for call in calls if call["draft"] == draft["key"]]
        cells = [plain(draft["key"]), plain(draft["model"]), _status(draft)]
        rows.append(f"| {' | '.join([*cells, *_figures(mine)])} |")
    return "\n".join(rows)


def _word(status: str) -> str:
    return "stopped" if status == "cancelled" else status


def _status(draft: dict[str, Any]) -> str:
    given = draft["x_given"]
    if given == "left_out":
        return "left out"
    return f"{draft['status']}, {given}" if given else str(draft["status"])


def _figures(calls: list[dict[str, Any]]) -> Iterator[str]:
    usages = [call["usage"] for call in calls if call["usage"]]
    mark = "~" if any(usage["estimated"] for usage in usages) else ""
    millis = sum(call["ended_ms"] or 0 for call in calls)
    yield f"{millis / 1000:.1f}" if calls else "-"
    yield f"{mark}{sum(usage['in'] for usage in usages)}" if usages else "-"
    yield f"{mark}{sum(usage['out'] for usage in usages)}" if usages else "-"
    costs = [call["cost_nanos"] for call in calls if call["cost_nanos"] is not None]
    yield _usd(sum(costs)) if costs else "-"


def _draft(draft: dict[str, Any], calls: list[dict[str, Any]]) -> Iterator[str]:
    yield f"### Draft {plain(draft['key'])} ({plain(draft['model'])})"
    if draft["references"]:
        what = "Refined" if draft["x_refines"] else "Read"
        yield f"{what} {', '.join(_laid(draft['references']))}."
    failed = [call for call in calls if call["draft"] == draft["key"] and call["error"]]
    if failed:
        yield "\n".join(
            f"- call {call['n']} {_word(call['status'])}: {plain(call['error'].get('message', ''))}"
            for call in failed
        )
    if draft["reasoning"]:
        yield "Reasoning:"
        yield fenced(draft["reasoning"])
    mine = [call for call in calls if call["draft"] == draft["key"]]
    usage = mine[-1]["usage"] if mine else None
    if usage and mine[-1]["finish_reason"] == "length":
        yield f"Cut at {usage['out']} tokens: it may write no more."
    yield fenced(draft["text"]) if draft["text"] else "No text."


def _laid(keys: list[str]) -> Iterator[str]:
    """The keys in the order shown, one that is laid several times only once."""
    for key, times in groupby(keys):
        count = len(list(times))
        yield f"{plain(key)} ({count} times)" if count > 1 else plain(key)


def _usd(nanos: int) -> str:
    return f"${nanos / _NANOS:.6f}"
