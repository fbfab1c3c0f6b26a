"""What a run did not need to write because its drafts agreed, by the estimate."""

from __future__ import annotations

from dataclasses import dataclass

from playground.engine.estimates import Outlook, estimate
from playground.engine.messages import Message
from playground.live.figures import RunView


@dataclass(frozen=True, slots=True)
class Spared:
    """The calls of the layers that were not begun; no money where a price is missing."""

    calls: int
    nanos: int | None


def spared_by(view: RunView) -> Spared | None:
    """What an early end spared; None for a run that went all the way, or still goes."""
    ending = next((layer for layer in view.layers if layer.ends_run), None)
    if ending is None:
        return None
    reckoned = estimate(
        view.plan,
        cards=view.cards,
        messages=[Message.from_json(turn) for turn in view.run.messages],
        variables=view.run.variables,
        outlook=Outlook({}, {}),
    )
    after = [
        each
        for each in reckoned.layers
        if each.layer.index > ending.index and each.layer.side in (None, view.side)
    ]
    nanos = sum(each.figures.cost.likely for each in after)
    calls = sum(each.figures.calls for each in after)
    return Spared(calls, None if reckoned.unpriced else nanos)
