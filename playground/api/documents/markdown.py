"""A run as Markdown, made from its export (moa-run/1). Texts lie in fences of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

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
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def run_as_markdown(run: dict[str, Any]) -> str:
    """The prompt, the answer, then the layers with their drafts and what they took."""
    return "\n\n".join(_blocks(run)) + "\n"


def fenced(text: str) -> str:
    """The text between fences longer than any run of backticks in it."""
    longest = max((len(ticks) for ticks in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def plain(text: object) -> str:
    """One line of text whose characters mean nothing to Markdown."""
    return _SPECIAL.sub(r"\\\1", " ".join(str(text).split()))


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
        is_last = layer is run["layers"][-1]
        notes.append(f"{'The answer' if is_last else 'The next layer got'}: {keys}")
    notes += map(plain, layer["notes"])
    if notes:
        yield "\n".join(f"- {note}" for note in notes)
    if drafts:
        yield _table(drafts, run["calls"])
    for draft in drafts:
        yield from _draft(draft, run["calls"])


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
        yield f"Read {', '.join(map(plain, draft['references']))}."
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


def _usd(nanos: int) -> str:
    return f"${nanos / _NANOS:.6f}"
