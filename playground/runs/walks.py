"""The statements that walk the index, newest first, and stop after so many runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

Statement = tuple[str, list[str | int]]
# On PostgreSQL: how much of the newest is looked through before the whole index is.
_NEAR = 500
_NEAR_FOR_EACH = 2


@dataclass(frozen=True, slots=True)
class Group:
    """Words of which one is enough; `prefix` where the beginning of a word is."""

    words: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Bound:
    """A place above or below which, or from which on, the walk goes."""

    sign: str
    place: int


def walk(
    groups: Sequence[Group],
    *,
    without: str,
    bounds: Sequence[Bound],
    limit: int,
    ascending: bool,
) -> Statement:
    """Selects `place` of the runs that have a word of each group, and not `without`."""
    way = "ASC" if ascending else "DESC"
    if not groups:
        return _plain(bounds, way, limit)
    if connection.vendor == "sqlite":
        return _fts5(_expression(groups, without), bounds, way, limit)
    return _gin(_expression(groups, without), bounds, way, limit)


def _plain(bounds: Sequence[Bound], way: str, limit: int) -> Statement:
    where, values = _where([], bounds, "place")
    return (
        f"SELECT place FROM playground_runwords {where}"  # noqa: S608 - all ours
        f"ORDER BY place {way} LIMIT {limit:d}",
        values,
    )


def _fts5(expression: str, bounds: Sequence[Bound], way: str, limit: int) -> Statement:
    """FTS5 walks its lists by rowid, in either direction, and stops at the limit."""
    match = "playground_runwords_fts MATCH %s"
    where, values = _where([match], bounds, "rowid")
    return (
        f"SELECT rowid AS place FROM playground_runwords_fts {where}"  # noqa: S608
        f"ORDER BY rowid {way} LIMIT {limit:d}",
        [expression, *values],
    )


def _gin(expression: str, bounds: Sequence[Bound], way: str, limit: int) -> Statement:
    """First what is near; only where that is not enough, all that the GIN index has.

    A GIN index has no order. For a frequent word it would bring all runs to sort them,
    for a rare one a walk by place would look at all of them; PostgreSQL cannot know
    which it is, and guesses wrong for prefixes. So what is frequent is found near, and
    the rest is rare enough to be brought whole.
    """
    near = max(_NEAR, _NEAR_FOR_EACH * limit)
    inside, values = _where([], bounds, "place")
    whole, _ = _where(["vector @@ %s::tsquery"], bounds, "place")
    return (
        "WITH near AS MATERIALIZED (SELECT place FROM (SELECT place, vector "  # noqa: S608
        f"FROM playground_runwords {inside}ORDER BY place {way} LIMIT {near:d}) AS newest "
        f"WHERE vector @@ %s::tsquery ORDER BY place {way} LIMIT {limit:d}), "
        f"far AS MATERIALIZED (SELECT place FROM playground_runwords {whole}"
        f"AND (SELECT COUNT(*) FROM near) < {limit:d}) "
        "SELECT place FROM (SELECT place FROM near UNION SELECT place FROM far) AS found "
        f"ORDER BY place {way} LIMIT {limit:d}",
        [*values, expression, expression, *values],
    )


def _where(
    rules: Sequence[str], bounds: Sequence[Bound], place: str
) -> tuple[str, list[str | int]]:
    told = [*rules, *(f"{place} {bound.sign} %s" for bound in bounds)]
    where = f"WHERE {' AND '.join(told)} " if told else ""
    return where, [bound.place for bound in bounds]


def _expression(groups: Sequence[Group], without: str) -> str:
    """The groups in the index's own language; every word in it is quoted."""
    if connection.vendor == "sqlite":
        told = " AND ".join(_joined(group, " OR ", '"{}"', "*") for group in groups)
        return f'({told}) NOT "{without}"' if without else told
    told = " & ".join(_joined(group, " | ", "'{}'", ":*") for group in groups)
    return f"{told} & !'{without}'" if without else told


def _joined(group: Group, either: str, quoted: str, beginning: str) -> str:
    end = beginning if group.prefix else ""
    return f"({either.join(quoted.format(word) + end for word in group.words)})"
