"""Who sits where: from the seats of a preset and the models at hand to aliases.

Pure, and the same for the same models. What it rests on is the card's family, size,
reasoning and good_at, nothing else; equals go by alias. It says why, and what it had to
do for want of models.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, cycle, islice, zip_longest
from typing import Literal, get_args

from playground.catalog.names import parameters_of
from playground.web.formats import listed

Role = Literal["proposer", "best", "aggregator", "judge", "router", "small"]
ROLES: tuple[Role, ...] = get_args(Role)
_NUMBERED = ("proposer", "judge")
_NUMBER = "([1-9][0-9]?)?"
_WRITERS = ("proposer", "best")
_THRIFTY = ("router", "small")
# Vendors that keep a model's size to themselves sell large ones.
ASSUMED_PARAMETERS = 10**11
# A model below this shows the mechanics; beside others it only does harm.
FEWEST_PARAMETERS = 10**9
_WORDS: dict[Role, frozenset[str]] = {
    "proposer": frozenset({"proposing", "drafting"}),
    "best": frozenset({"proposing", "drafting"}),
    "aggregator": frozenset({"aggregating", "aggregation", "synthesis"}),
    "judge": frozenset({"judging", "ranking", "reviewing"}),
    "router": frozenset({"routing", "classification"}),
    "small": frozenset(),
}
_TIMES = {2: "twice"}
_COUNTS = ("no", "one", "two", "three", "four", "five")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model as the casting sees it; `context` and `max_output` are for the binding."""

    alias: str
    family: str = ""
    size: str = ""
    reasoning: bool = False
    good_at: tuple[str, ...] = ()
    context: int = 8192
    max_output: int = 2048

    @property
    def parameters(self) -> int:
        """How large it is, or is taken to be."""
        told = parameters_of(self.size)
        return ASSUMED_PARAMETERS if told is None else told

    def suits(self, role: Role) -> bool:
        """Whether its card says that it is good at this."""
        return not _WORDS[role].isdisjoint(word.casefold() for word in self.good_at)


@dataclass(frozen=True, slots=True)
class Part:
    """A role, the aliases in it by number, and why they."""

    role: Role
    aliases: tuple[str, ...]
    why: str

    @property
    def people(self) -> str:
        """Everybody in it once: `x, y and z`."""
        return listed(list(dict.fromkeys(self.aliases)))


@dataclass(frozen=True, slots=True)
class Casting:
    """All parts, and `notes`: sentences on what had to be done for want of models."""

    parts: tuple[Part, ...]
    notes: tuple[str, ...]

    def alias_of(self, seat: str) -> str:
        """Who sits there. KeyError for a seat that was not cast."""
        role, number = seat_parts(seat)
        for part in self.parts:
            if part.role == role:
                return part.aliases[number - 1]
        raise KeyError(seat)


def seat_parts(seat: str) -> tuple[Role, int]:
    """`proposer-2` as its role and number. ValueError for what is no seat."""
    name, _, number = seat.partition("-")
    role = next((each for each in ROLES if each == name), None)
    if role is None or not re.fullmatch(_NUMBER if role in _NUMBERED else "", number):
        raise ValueError(f"{seat} is no seat")
    return role, int(number or 1)


def cast_seats(seats: Iterable[str], models: Iterable[Candidate]) -> Casting:
    """Fill seats. `models` may be in any order, and there is at least one."""
    wanted: Counter[Role] = Counter()
    for role, number in map(seat_parts, seats):
        wanted[role] = max(wanted[role], number)
    company = _company(models)
    writers: set[str] = set()
    parts = []
    # In the order of ROLES: judges, who should be others, come after those who write.
    for role in (each for each in ROLES if wanted[each]):
        ranked = _ranked(role, company, writers)
        chosen = list(islice(cycle(ranked), wanted[role]))
        aliases = tuple(each.alias for each in chosen)
        parts.append(Part(role, aliases, _why(role, chosen, company)))
        if role in _WRITERS:
            writers.update(aliases)
    return Casting(tuple(parts), tuple(_notes(parts, company, writers)))


@dataclass(frozen=True, slots=True)
class _Company:
    """The models that are to be had, and whether tiny ones were left at home."""

    models: tuple[Candidate, ...]
    is_thinned: bool

    def of(self, alias: str) -> Candidate:
        """The model of that alias."""
        return next(each for each in self.models if each.alias == alias)


def _company(models: Iterable[Candidate]) -> _Company:
    everyone = tuple(sorted(models, key=lambda each: each.alias))
    grown = tuple(each for each in everyone if each.parameters >= FEWEST_PARAMETERS)
    return _Company(grown or everyone, is_thinned=bool(grown) and grown != everyone)


def _ranked(role: Role, company: _Company, writers: set[str]) -> list[Candidate]:
    """The models in the order in which this role takes them."""
    if role in _THRIFTY:
        return sorted(company.models, key=partial(_by_thrift, role))
    ranked = sorted(company.models, key=partial(_by_strength, role))
    match role:
        case "proposer":
            return _families_in_turn(ranked)
        case "judge":
            return sorted(ranked, key=lambda each: each.alias in writers)
    return ranked


def _by_strength(role: Role, model: Candidate) -> tuple[bool, int, bool, str]:
    return (
        not model.suits(role),
        -model.parameters,
        not model.reasoning,
        model.alias,
    )


def _by_thrift(role: Role, model: Candidate) -> tuple[bool, bool, int, str]:
    return not model.suits(role), model.reasoning, model.parameters, model.alias


def _families_in_turn(ranked: Sequence[Candidate]) -> list[Candidate]:
    """The first of each family, then the second of each, and so on."""
    families: dict[str, list[Candidate]] = defaultdict(list)
    for model in ranked:
        families[_family_of(model)].append(model)
    rounds = zip_longest(*families.values())
    return [model for model in chain.from_iterable(rounds) if model is not None]


def _family_of(model: Candidate) -> str:
    # Whose family is not told is taken for a stranger to all others.
    return model.family.strip().casefold() or f"{model.alias} alone"


def _why(role: Role, chosen: Sequence[Candidate], company: _Company) -> str:
    if len(company.models) == 1:
        return "the only model"
    if role == "proposer":
        families = {_family_of(each) for each in chosen}
        is_mixed = len(families) == len(chosen) > 1
        return "each of another family" if is_mixed else "different families first"
    first = chosen[0]
    if first.suits(role):
        return "good at it, its card says"
    if all(parameters_of(each.size) is None for each in company.models):
        return "the first by name, as no card tells a size"
    if parameters_of(first.size) is None:
        return "taken for large, as its card tells no size"
    extreme = "smallest" if role in _THRIFTY else "largest"
    return f"the {extreme} to be had, {first.size}"


def _notes(
    parts: Iterable[Part], company: _Company, writers: set[str]
) -> Iterator[str]:
    for part in parts:
        if repeated := _repeats(part):
            yield f"Uses {repeated} as {part.role}: {_how_many(company)}."
        if part.role == "proposer" and (family := _only_family(part, company)):
            yield (
                f"All proposers are of one family, {family}: "
                "no model of another is there."
            )
        if part.role == "judge" and (own := writers & set(part.aliases)):
            judges = listed(sorted(own))
            verb = "judges" if len(own) == 1 else "judge"
            yield f"{judges} {verb} own drafts, too: {_how_many(company)}."


def _repeats(part: Part) -> str:
    """`x twice and y 3 times`; empty when everybody sits once."""
    return listed(
        [
            f"{alias} {_TIMES.get(times, f'{times} times')}"
            for alias, times in Counter(part.aliases).items()
            if times > 1
        ]
    )


def _how_many(company: _Company) -> str:
    count = len(company.models)
    told = _COUNTS[count] if count < len(_COUNTS) else str(count)
    noun = "model" if count == 1 else "models"
    rest = " of a billion parameters or more" if company.is_thinned else ""
    return f"the team has only {told} {noun}{rest}"


def _only_family(part: Part, company: _Company) -> str:
    models = [company.of(alias) for alias in set(part.aliases)]
    families = {_family_of(model) for model in models}
    return models[0].family if len(models) > 1 and len(families) == 1 else ""
