"""Kind `select`: what its moderators are told, how they are read, and what they keep.

The moderator of sparse Mixture-of-Agents (Li et al. 2024, arXiv 2411.03284) keeps the k
best replies and says whether the debate may end; that paper falls back to chance where
the JSON cannot be read, here the drafts go on in their order, and it is said. Several
moderators count together: a draft gets k points for each first place, k - 1 for a second
(Borda), and the run ends early only when all of them find that the drafts agree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from playground.engine.findings import Unread
from playground.engine.judging import Misread, Names, Unreadable, read_json
from playground.engine.picks import Keeping, Pick, Selection

MOST_CHARS = 600
_TASK = """\
Choose the {best} of the drafts {labels}: the most correct and useful for the prompt, not the longest, and not the one that stands first. Do not reply to the prompt, and write no draft of your own. Say, too, whether the drafts agree: whether all of them come to the same answer, so that reading on would change nothing. Reply with one JSON object of this form and nothing else, the best draft first:
{{"keep": [{form}], "agree": false, "why": "one sentence"}}"""


class _Reply(msgspec.Struct):
    keep: list[str | int]
    agree: bool = False
    why: str = ""


def task(keeping: Keeping, labels: Sequence[str]) -> str:
    """What a moderator is asked, of drafts with these labels."""
    count = _count(keeping, labels)
    quoted = ", ".join(f'"{label}"' for label in labels[:count]) or '"A"'
    best = "best one" if count == 1 else f"{count} best"
    return _TASK.format(best=best, labels=", ".join(labels), form=quoted)


def read(keeping: Keeping, key: str, reply: str, names: Names) -> Pick | Unreadable:
    """What the moderator of this draft picked; more than was asked for is cut."""
    found = read_json(reply, _Reply)
    if isinstance(found, Unreadable):
        return found
    try:
        kept = names.keys(found.keep)
    except Misread as error:
        return Unreadable(str(error))
    wanted = _count(keeping, names.labels)
    if len(kept) < wanted:
        return Unreadable(f"it keeps {len(kept)} drafts, and {wanted} are asked for")
    return Pick(
        key, kept[:wanted], found.agree, " ".join(found.why.split())[:MOST_CHARS]
    )


def selection(
    keeping: Keeping,
    drafts: Sequence[str],
    picks: Sequence[Pick],
    unread: Sequence[Unread],
    *,
    is_last: bool,
) -> Selection:
    """What a layer keeps; the last one of a run has nothing to end early."""
    kept = _together(keeping, drafts, picks)
    found = Selection(tuple(drafts), kept, tuple(picks), tuple(unread))
    ends = keeping.stop_early and found.agree and not is_last
    return Selection(found.drafts, kept, found.picks, found.unread, ends)


def _together(
    keeping: Keeping, drafts: Sequence[str], picks: Iterable[Pick]
) -> tuple[str, ...]:
    points: Counter[str] = Counter()
    for pick in picks:
        for place, key in enumerate(pick.kept):
            points[key] += len(pick.kept) - place
    ranked = sorted(drafts, key=lambda key: -points[key])
    return tuple(ranked[: _count(keeping, drafts)])


def _count(keeping: Keeping, drafts: Sequence[str]) -> int:
    return min(keeping.keep, len(drafts))
