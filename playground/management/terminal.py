"""A run in a terminal: its progress in lines, its answer as it is written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from django.core.management.base import OutputWrapper

from playground.engine.plan import Plan
from playground.web.formats import counted, money

_CLOSED = {
    "all": "all drafts ended",
    "quorum": "enough drafts were in",
    "timeout": "its time was up",
    "abort": "a slot failed that the recipe cannot do without",
    "cancel": "stopped",
    "deadline": "the run's time was up",
}


class Terminal:
    """Answer to `out`, progress to `err`, neither into a line that the other began."""

    def __init__(self, out: OutputWrapper, err: OutputWrapper) -> None:
        self._out = out
        self._err = err
        self._is_shared = _same_place(out, err)
        self._is_midline = False

    def say(self, line: str) -> None:
        """A line of progress, below what of the answer stands there."""
        # Only where both are one screen: a file of the answer gets nothing of ours.
        if self._is_midline and self._is_shared:
            self._err.write("")
            self._is_midline = False
        self._err.write(line)

    def write(self, text: str) -> None:
        """The next piece of the answer, as it is."""
        if text:
            self._out.write(text, ending="")
            self._out.flush()
            self._is_midline = not text.endswith("\n")

    def end_answer(self) -> None:
        """End the answer's last line; harmless where it has ended."""
        if self._is_midline:
            self._out.write("")
            self._is_midline = False


def _same_place(out: OutputWrapper, err: OutputWrapper) -> bool:
    try:
        return os.path.sameopenfile(out.fileno(), err.fileno())
    except (OSError, ValueError, AttributeError):
        return False  # not files of the system at all


def line_of(body: dict[str, Any], plan: Plan) -> str:
    """One entry of the feed as a line; empty for those that say nothing here."""
    seconds = f"{body.get('t', 0) / 1000:7.1f} s  "
    match body:
        case {"k": "run", "epoch": epoch} if epoch > 1:
            return f"{seconds}taken up again by another worker"
        case {"k": "layer", "layer": number, "state": "open"}:
            return f"{seconds}layer {number}: {plan.layers[number - 1].name}"
        case {"k": "layer", "layer": number, "closed_by": why}:
            notes = "".join(f"; {note}" for note in body.get("notes", ()))
            return f"{seconds}layer {number} closed: {_CLOSED.get(why, why)}{notes}"
        case {"k": "draft"}:
            return seconds + _draft_line(body)
    return ""


def _draft_line(body: dict[str, Any]) -> str:
    parts = [f"  {body['key']} {_state(body)}"]
    if body["status"] == "writing":
        parts.append(str(body.get("model", "")))
    if body["status"] != "failed":  # its call, told just before, has the figures
        parts += _measures(body)
    error = body.get("error") or {}
    fault = body.get("cause") or error.get("message")
    if fault:
        parts.append(str(fault))
    return ", ".join(filter(None, parts))


def _measures(body: dict[str, Any]) -> Iterator[str]:
    usage = body.get("usage")
    if usage and body.get("finish_reason") == "length":
        yield f"cut at {counted(usage['out'], 'token')}"
    if usage:
        mark = "about " if usage["estimated"] else ""
        yield f"{mark}{usage['in']} tokens in, {usage['out']} out"
    if body.get("cost_nanos") is not None:
        yield money(body["cost_nanos"])


def _state(body: dict[str, Any]) -> str:
    """The draft's state; a call that ended without ending its draft is told itself."""
    if body["status"] != "waiting" or body.get("call") is None:
        return str(body["status"])
    again = "" if body.get("retry_at") is None else ", tried again"
    return f"call {body['n']} {body['call']}{again}"
