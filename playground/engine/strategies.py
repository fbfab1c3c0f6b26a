"""What each kind of layer passes on, once its drafts are as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from playground.engine.ballots import Ballot, Decider
from playground.engine.findings import Unread
from playground.engine.judges import Judged, verdict_of
from playground.engine.judging import Unreadable
from playground.engine.rankings import Ranking
from playground.engine.routes import Route, Routing
from playground.engine.routing import by_rules, by_score
from playground.engine.scoring import read_score
from playground.engine.shapes import DraftKey, Election, Layer
from playground.engine.verdicts import Verdict
from playground.engine.voting import hold_vote

LAST_RESORT = "no slot of this layer could write: the best-ranked draft that it was given, else the first, stands as it is"
NO_PRIMARY = "no draft of the primary"
UNREADABLE = "no score of 1 to 5 could be read, and the layer needs one"
DECIDED = "the vote was decided: the drafts still to come were not needed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The drafts that go on, in order, and what is to be noted about them."""

    passed_on: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    ballot: Ballot | None = None
    verdict: Verdict | None = None
    routing: Routing | None = None


def routed(layer: Layer, route: Route, prompt: str, texts: Sequence[str]) -> Outcome:
    """Which branch a route takes, by its rules or by the score that a model wrote.

    Without a readable score the dearer one, unless the layer may not go on without.
    """
    if route.by == "rules":
        routing = by_rules(route, prompt)
    else:
        read = (read_score(text) for text in texts)
        scores = (score for score in read if not isinstance(score, Unreadable))
        routing = by_score(route, next(scores, None))
    strict = layer.quorum is not None or layer.on_fail == "abort"
    if routing.is_fallback and strict:
        return Outcome(notes=(UNREADABLE,))
    return Outcome(notes=routing.notes, routing=routing)


def outcome(
    layer: Layer, usable: Sequence[str], inputs: Mapping[str, str], *, needed: int
) -> Outcome:
    """What the layer passes on; nothing when there are fewer usable drafts than `needed`.

    `usable` are the keys of the written drafts in slot order, `inputs` the texts that
    the layer was given, in order. What is usable to a vote has an answer.
    """
    if layer.election is not None:
        return _elected(layer, layer.election, inputs, needed=needed)
    if len(usable) >= needed:
        return (
            _answer(layer, usable)
            if layer.kind == "aggregate"
            else Outcome(tuple(usable))
        )
    if layer.kind == "aggregate" and layer.quorum is None and inputs:
        return Outcome((next(iter(inputs)),), (LAST_RESORT,))
    return Outcome()


def judgement(
    layer: Layer,
    inputs: Sequence[str],
    judged: Mapping[str, Judged],
    unread: Sequence[Unread],
    *,
    needed: int,
    is_last: bool,
) -> Outcome:
    """What a layer of judges passes on; `judged` are the replies that can be read.

    Where fewer than `needed` can, drafts go on as they came, if `on_fail` lets them.
    """
    passed_on, found = verdict_of(layer, inputs, judged, unread, is_last=is_last)
    goes_on = layer.quorum is None and layer.on_fail == "drop"
    enough = len(judged) >= needed
    return Outcome(passed_on if enough or goes_on else (), found.notes, verdict=found)


def ranked(layer: Layer, ranking: Ranking, *, needed: int) -> Outcome:
    """What a rank layer passes on: the best first, or as they came if nobody could judge.

    With fewer than `needed` judgements that can be read they go on if `on_fail` lets them.
    """
    goes_on = layer.quorum is None and layer.on_fail == "drop"
    enough = ranking.counted >= needed or len(ranking.standings) == 1
    return Outcome(
        ranking.kept if enough or goes_on else (), ranking.notes, verdict=ranking
    )


def _elected(
    layer: Layer, election: Election, inputs: Mapping[str, str], *, needed: int
) -> Outcome:
    """The winner; without a single answer the first draft, where `on_fail` lets it."""
    ballot = hold_vote(election, inputs)
    if ballot.counted < needed:
        goes_on = layer.quorum is None and layer.on_fail == "drop" and bool(inputs)
        first = next(iter(inputs)) if goes_on else None
        by: Decider = "fallback" if goes_on else "none"
        ballot = replace(ballot, winner=first, by=by, tied=())
    won = () if ballot.winner is None else (ballot.winner,)
    return Outcome(won, ballot.notes, ballot)


def _answer(layer: Layer, usable: Sequence[str]) -> Outcome:
    """The primary's first usable sample, else the next usable in slot order."""
    primary = layer.slot(layer.primary)
    own = {
        str(DraftKey(layer.index, primary.label, sample))
        for sample in range(1, primary.samples + 1)
    }
    answer = next((key for key in usable if key in own), None)
    if answer is not None:
        return Outcome((answer,))
    note = f"{NO_PRIMARY} {primary.label}: {usable[0]} takes its place"
    return Outcome((usable[0],), (note,))
