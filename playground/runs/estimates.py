"""What a run is likely to come to, from how the team's calls of its models went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from playground.accounts.models import Team
from playground.catalog.queries import cards_for, known_aliases, places_of
from playground.engine.contexts import Overflow, likely_overflows
from playground.engine.estimates import ASSUMED, Estimate, Habit, Outlook, estimate
from playground.engine.messages import Message
from playground.engine.shapes import Card, Plan
from playground.runs.queries import PastAnswer, answers_in

# As many as say something, and no more than still say it of the model of today.
_NEWEST = 50
_LEAST_MS = 50


@dataclass(frozen=True, slots=True)
class Reckoning:
    """The estimate of a run, by alias the habits that it rests on, assumed ones too, and
    the slots whose models are likely to hold too little."""

    estimate: Estimate
    habits: dict[str, Habit]
    overflows: list[Overflow]


def reckon_run(
    team: Team, plan: Plan, prompt: str, variables: Mapping[str, object]
) -> Reckoning:
    """What a run is likely to come to. Five queries, whatever the plan."""
    return reckon_each(team, [plan], prompt, variables)[0]


def reckon_each(
    team: Team, plans: Sequence[Plan], prompt: str, variables: Mapping[str, object]
) -> list[Reckoning]:
    """As `reckon_run` for each of some plans, with as many queries in all."""
    named = frozenset[str]().union(*(plan.aliases() for plan in plans))
    # A recipe that is being written may name what no database would take as text.
    aliases = named & known_aliases()
    cards, habits = cards_for(aliases), habits_of(team, aliases)
    outlook = Outlook(habits, places_of({card.provider for card in cards.values()}))
    return [_reckon(plan, cards, outlook, prompt, variables) for plan in plans]


def _reckon(
    plan: Plan,
    cards: Mapping[str, Card],
    outlook: Outlook,
    prompt: str,
    variables: Mapping[str, object],
) -> Reckoning:
    reckoned = estimate(
        plan,
        cards=cards,
        messages=[Message("user", prompt)],
        variables=variables,
        outlook=outlook,
    )
    habits = outlook.habits
    known = {alias: habits.get(alias, ASSUMED) for alias in sorted(plan.aliases())}
    return Reckoning(reckoned, known, likely_overflows(reckoned, cards))


def habits_of(team: Team, aliases: Iterable[str]) -> dict[str, Habit]:
    """By alias, medians over the team's newest calls; without any it is not in it."""
    rows: dict[str, list[PastAnswer]] = defaultdict(list)
    for answer in answers_in(team, aliases):
        if len(rows[answer.alias]) < _NEWEST:
            rows[answer.alias].append(answer)
    return {alias: _habit(answers) for alias, answers in rows.items()}


def _habit(answers: list[PastAnswer]) -> Habit:
    # What came in one piece says little of a pace: it counts as a twentieth of a second.
    paces = [1000 * each.tokens / max(each.wrote_ms, _LEAST_MS) for each in answers]
    return Habit(
        tokens_out=round(median(each.tokens for each in answers)),
        tokens_shown=round(median(each.tokens - each.thought for each in answers)),
        first_s=median(each.first_ms for each in answers) / 1000,
        tokens_a_second=median(paces),
        calls=len(answers),
    )
