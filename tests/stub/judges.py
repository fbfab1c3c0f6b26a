"""A judge that prefers the longer draft: `judge`, or `judge-{ms}` to think so long.

It replies in the form that its prompt asks for: one letter, an order, a score, the best,
or an analysis; a prompt that it is to score is hard. `judge-{ms}-odd` says what nobody can
read, `judge-{ms}-first` prefers what it sees first, and `judge-{ms}-hostile` gives attacks
as its reason for a score.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable

from tests.attacks import ALL
from tests.stub import chunks
from tests.stub.reply import Reply

JUDGE = re.compile(r"judge(?:-(\d+))?(?:-(odd|first|hostile))?")
_DRAFT = re.compile(
    r"\[reference (\d+), (\w+)\]\n(.*?)\n\[end of reference \1, \2\]", re.DOTALL
)
_LIST = re.compile(r"Put the drafts (.+?) in order")
_KEEP = re.compile(r"Choose the (\d+) best of the drafts (.+?):")


async def judge(reply: Reply, *, after_ms: int, manner: str) -> None:
    """Judge the drafts in the prompt."""
    seen = reply.seen
    drafts = [draft for _, _, draft in _DRAFT.findall(seen.text)]
    likes: Callable[[str], float] = len if manner != "first" else lambda _draft: 0
    ranked = sorted(range(len(drafts)), key=lambda place: -likes(drafts[place]))
    reply.open()
    await asyncio.sleep(after_ms / 1000)
    text = _verdict(seen.text, ranked)
    if manner == "odd":
        text = "Both have their merits."
    elif manner == "hostile":
        text = json.dumps({"reason": " ".join(ALL.split()), "score": 7})
    said = chunks.said(seen, text)
    if seen.body.get("logprobs") and len(text) == 1:
        other = "B" if text == "A" else "A"
        said["choices"][0]["logprobs"] = chunks.odds(text, {text: 0.81, other: 0.17})
    usage = chunks.usage_of(seen, max(len(text.split()), 1))
    reply.end(chunks.event(said) + chunks.ending(seen, "stop", usage))


def _verdict(asked: str, ranked: list[int]) -> str:
    if '"blind_spots"' in asked:
        lists = ("consensus", "contradictions", "partial_coverage", "unique_insights")
        blind = [{"point": "None of them says when.", "drafts": []}]
        return json.dumps({**{name: [] for name in lists}, "blind_spots": blind})
    if '{"why": "…", "score": 3}' in asked:
        return json.dumps({"why": "It takes several steps.", "score": 4})
    if listed := _LIST.search(asked):
        names = listed[1].split(", ")
        order = [names[place] for place in ranked]
        return json.dumps({"reason": "Longer drafts say more.", "ranking": order})
    if chosen := _KEEP.search(asked):
        best = [chosen[2].split(", ")[place] for place in ranked[: int(chosen[1])]]
        return json.dumps({"keep": best, "agree": False, "why": "They say the most."})
    if "Give the draft a score" in asked:
        length = len("".join(_DRAFT.findall(asked)[0]))
        score = max(1, min(10, length // 60))
        return json.dumps({"reason": "It says about that much.", "score": score})
    if len(ranked) != 2:
        return "There are 42 reasons, says a judge who is asked for no verdict."
    return "AB"[ranked[0]]
