"""What judges came to, of whatever kind: told apart by `kind` in its JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from playground.engine.findings import Analysis
from playground.engine.picks import Selection
from playground.engine.rankings import Ranking

Verdict = Analysis | Selection | Ranking
_KINDS: dict[str, type[Verdict]] = {each.kind: each for each in get_args(Verdict)}


def verdict_from_json(stored: Mapping[str, Any]) -> Verdict:
    """What `to_json` of a verdict came from; KeyError for a kind that is none."""
    return _KINDS[stored["kind"]].from_json(stored)
