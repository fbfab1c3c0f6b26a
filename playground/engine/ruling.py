"""Kind `rank`: what its judges are told, and how their replies are read.

Drafts before a judge are called A, B, C by their place: what they are called in the
recipe, and who wrote them, is not for it to know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from string import ascii_uppercase

import msgspec

from playground.engine.judging import (
    CALLED,
    Misread,
    Names,
    Unreadable,
    objects_in,
    read_json,
)
from playground.engine.odds import TokenOdds
from playground.engine.prompts import without_thoughts
from playground.engine.ranking import places_of
from playground.engine.rankings import Judgement, Method

LOWEST, HIGHEST = 1, 10
_MOST_CHARS = 600
_PAIRWISE = """\
Say which draft is the better reply to the prompt: A, B, or C when neither is better. Judge what they say, whether it is right, and how well it serves who asked. Neither the order in which they stand nor their length is a reason. Write no reply of your own.
Reply with that one letter and nothing else. Only if you were asked to explain yourself, do so first and end with the letter in double brackets, as in [[A]]."""
_LISTWISE = """\
Put the drafts {labels} in order, the one that replies best to the prompt first. Judge what they say, whether it is right, and how well it serves who asked. Neither the order in which they stand nor their length is a reason. Write no reply of your own. Name every draft once; drafts that are equally good share an inner list. Reply with one JSON object of this form and nothing else:
{form}"""
_SCORE = """\
Give the draft a score from 1 (it does not help who asked) to 10 (nothing is to be mended). Judge what it says, whether it is right, and how well it serves who asked; length is no reason. Write no reply of your own. Reply with one JSON object of this form and nothing else:
{"reason": "…", "score": 5}"""
_BRACKETED = re.compile(r"\[\[\s*([ABC])\s*\]\]", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_DRAW = frozenset(["tie", "tied", "draw", "neither", "equal", "equally"])
# What may stand in a line beside a verdict, and changes nothing about it.
_AROUND = frozenset(
    (
        *("a", "an", "the", "my", "i", "it", "is", "are", "would", "and", "of", "with"),
        *("final", "verdict", "winner", "choice", "preference", "decision", "one"),
        *("better", "best", "good", "preferred", "both", "drafts", "there", "between"),
        *("prefer", "choose", "pick", "select", "vote", "for", "go", "wins", "nor"),
        *CALLED,
    )
)
# What judges call their verdict where they write JSON, though a letter was asked for.
_NAMED = frozenset(
    [
        "answer",
        "best",
        "better",
        "better_draft",
        "choice",
        "decision",
        "letter",
        "preference",
        "preferred",
        "reply",
        "result",
        "verdict",
        "winner",
    ]
)
_LONGEST_LINE = 80
_BARE = re.compile(r"\W*[ABC]\W*", re.IGNORECASE)
_RATED = re.compile(r"\[\[\s*(\d{1,2}(?:\.\d{1,3})?)\s*\]\]")
_OUT_OF_TEN = re.compile(r"\s*(\d{1,2}(?:\.\d{1,3})?)\s*(?:/\s*10)?\s*")
_NUMBERED = re.compile(r"^[^\w\n]{0,9}(\d{1,2})[.)] +(.{1,60})$", re.MULTILINE)


class _Order(msgspec.Struct):
    ranking: list[str | list[str]]
    reason: str = ""


class _Grade(msgspec.Struct):
    score: int | float | str
    reason: str = ""


def labels(count: int) -> list[str]:
    """What the drafts before a judge are called: A to Z, then A2, B2, …"""
    return [
        ascii_uppercase[place % 26] + (str(place // 26 + 1) if place >= 26 else "")
        for place in range(count)
    ]


def task(method: Method, count: int) -> str:
    """What a judge is asked about so many drafts."""
    if method == "pairwise":
        return _PAIRWISE
    if method == "score":
        return _SCORE
    named = labels(max(count, 2))
    level = [f'["{named[1]}", "{named[2]}"]'] if count > 2 else [f'"{named[1]}"']
    rest = [f'"{label}"' for label in (named[0], *named[3:])]
    form = f'{{"reason": "…", "ranking": [{", ".join((*level, *rest))}]}}'
    return _LISTWISE.format(labels=", ".join(named[:count]), form=form)


def read(
    method: Method, key: str, reply: str, named: Names, margin: float | None = None
) -> Judgement | Unreadable:
    """What a judge says; `margin` is what the odds of its verdict say, if they are known."""
    shown = named.keys(named.labels)
    if method == "pairwise":
        return _read_verdict(key, reply, shown, margin)
    try:
        if method == "score":
            return _read_score(key, reply, shown)
        return _read_order(key, reply, named)
    except Misread as error:
        return Unreadable(str(error))


def verdict_in(reply: str) -> str | None:
    """A, B or C for a draw, as a judge said it; None when that is not clear.

    In double brackets anywhere, else alone in its first or last line, or in a JSON
    object under a name that says so. Two different ones are none.
    """
    said = without_thoughts(reply)
    marked = {each.upper() for each in _BRACKETED.findall(said)}
    if not marked:
        lines = [line for line in said.splitlines() if line.strip()]
        ends = (lines[0], lines[-1]) if lines else ()
        spelt = (*ends, *_under_names(said))
        marked = {found for line in spelt if (found := _alone_in(line))}
    return marked.pop() if len(marked) == 1 else None


def margin_in(reply: str, odds: Sequence[TokenOdds]) -> float | None:
    """p(A) - p(B) at the token that is the verdict; None where it is not all of a reply."""
    if not _BARE.fullmatch(without_thoughts(reply)):
        return None
    verdict = verdict_in(reply)
    for each in odds:
        if _letter(each.token) == verdict:
            chances = {"A": 0.0, "B": 0.0}
            for token, chance in each.chances.items():
                letter = _letter(token)
                chances[letter] = chances.get(letter, 0.0) + chance
            return round(chances["A"] - chances["B"], 6)
    return None


def _under_names(said: str) -> Iterator[str]:
    """What stands in a reply's JSON where a verdict is looked for."""
    for found in objects_in(said):
        for name, each in found.items():
            if str(name).lower() in _NAMED and isinstance(each, str):
                yield each


def _alone_in(line: str) -> str | None:
    """The verdict of a line that says nothing else, as in `Verdict: **B**`, `A tie`."""
    words = _WORD.findall(line) if len(line) <= _LONGEST_LINE else []
    if len(words) == 1 and len(words[0]) == 1:
        words = [words[0].upper()]
    is_draw = any(word.lower() in _DRAW for word in words)
    letters = {
        word
        for word, following in zip_longest(words, words[1:], fillvalue="")
        # `A tie` begins with no letter.
        if word in ("A", "B", "C") and (word != "A" or following.lower() not in _DRAW)
    }
    others = {word.lower() for word in words} - {"b", "c"} - _DRAW
    if not _AROUND.issuperset(others):
        return None
    if is_draw:
        return "C" if not letters or letters == {"A", "B"} else None
    return letters.pop() if len(letters) == 1 else None


def _read_verdict(
    key: str, reply: str, shown: tuple[str, ...], margin: float | None
) -> Judgement | Unreadable:
    verdict = verdict_in(reply)
    if verdict is None:
        return Unreadable("it does not say A, B or C alone or in double brackets")
    by_odds = margin is not None
    said = {"A": 1.0, "B": -1.0, "C": 0.0}[verdict]
    return Judgement(key, shown, said if margin is None else margin, by_odds=by_odds)


def _read_order(key: str, reply: str, named: Names) -> Judgement | Unreadable:
    found = read_json(reply, _Order)
    if isinstance(found, Unreadable):
        groups = _spelt_order(without_thoughts(reply), named)
        if groups is None:
            return found
        found = _Order(list(groups))
    groups = [
        [named.key(each) for each in ([group] if isinstance(group, str) else group)]
        for group in found.ranking
    ]
    shown = named.keys(named.labels)
    _check_all_once(groups, shown, named)
    places = places_of([group for group in groups if group])
    return Judgement(
        key,
        shown,
        places=tuple(places[each] for each in shown),
        reason=_short(named.with_keys(found.reason)),
    )


def _check_all_once(
    groups: Sequence[Sequence[str]], shown: Sequence[str], named: Names
) -> None:
    said = [key for group in groups for key in group]
    missing = [named.label(key) for key in shown if key not in said]
    twice = [named.label(key) for key in shown if said.count(key) > 1]
    if missing:
        raise Misread(f"its ranking leaves out {', '.join(missing)}")
    if twice:
        raise Misread(f"its ranking names {', '.join(twice)} more than once")


def _spelt_order(said: str, named: Names) -> list[str | list[str]] | None:
    """An order without JSON that names every draft once: `B > A = C`, or `1. B`, `2. A`."""
    for line in said.splitlines():
        if ">" in line:
            spelt = re.sub(r"^[^:>]*:", "", line)
            groups = [
                re.split(r"\s*=\s*", part.strip(" *`.")) for part in spelt.split(">")
            ]
            if _is_all_once(groups, named):
                return list(groups)
    listed = dict(_NUMBERED.findall(said))
    groups = [[listed[place].strip(" *`.")] for place in sorted(listed, key=int)]
    return list(groups) if _is_all_once(groups, named) else None


def _is_all_once(groups: Sequence[Sequence[str]], named: Names) -> bool:
    try:
        said = [named.key(each) for group in groups for each in group]
    except Misread:
        return False
    return sorted(said) == sorted(named.keys(named.labels))


def _read_score(key: str, reply: str, shown: tuple[str, ...]) -> Judgement | Unreadable:
    found = read_json(reply, _Grade)
    reason = ""
    if isinstance(found, Unreadable):
        rated = set(_RATED.findall(without_thoughts(reply)))
        if len(rated) != 1:
            return found
        spelt = rated.pop()
    else:
        spelt, reason = str(found.score), _short(found.reason)
    number = _OUT_OF_TEN.fullmatch(spelt)
    if number is None or not LOWEST <= float(number[1]) <= HIGHEST:
        return Unreadable(f"its score `{spelt[:20]}` is not one from 1 to 10")
    return Judgement(key, shown, score=float(number[1]), reason=reason)


def _letter(token: str) -> str:
    return token.strip(" *_`.\"'[]()\n\t\u2581\u0120").upper()


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MOST_CHARS else line[: _MOST_CHARS - 1] + "…"
