"""Recipes of any shape, and runs with a parent that depart from it, drawn by Hypothesis."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from playground.engine.branches import NO_BRANCH, Branch, GivenDraft
from playground.engine.plan import parse
from tests.engine.house import (
    Json,
    aggregate,
    compare,
    draft,
    rank,
    recipe,
    route,
    select,
    slot,
    vote,
)

SEATS = st.builds(
    slot,
    st.sampled_from(["fast", "bold"]),
    fallback=st.sampled_from([[], ["spare"]]),
    retries=st.integers(0, 1),
    samples=st.integers(1, 2),
)
OPTIONS = st.fixed_dictionaries(
    {
        "on_fail": st.sampled_from(["drop", "drop", "abort"]),
        "timeout_s": st.sampled_from([3, 300]),
    },
    optional={
        "quorum": st.just(1),
        "grace_s": st.sampled_from([0, 1]),
        "max_parallel": st.integers(1, 2),
    },
)
VOTES = st.one_of(
    st.fixed_dictionaries(
        {
            "extract": st.sampled_from(["exact", "number", "choice"]),
            "stop_early": st.booleans(),
            "on_fail": st.sampled_from(["drop", "abort"]),
        },
        optional={"quorum": st.just(2), "ties": st.just("shortest")},
    ),
    st.just({"extract": "medoid"}),
    st.just({"extract": "regex", "pattern": "text (?P<answer>[0-9])"}),
)
WINDOWS = st.fixed_dictionaries({}, optional={"window": st.integers(1, 3)})
RANKS = st.one_of(
    st.fixed_dictionaries(
        {"combine": st.sampled_from(["max_logits", "max_wins", "bubble", "bubble"])},
        optional={"keep": st.just(2)},
    ),
    st.just({"method": "listwise"}),
    st.just({"method": "score", "keep": 2}),
)
LIMITS = st.fixed_dictionaries(
    {},
    optional={
        "max_cost_usd": st.sampled_from([0.0005, 0.001, 0.002]),
        "max_calls": st.integers(1, 6),
        "deadline_s": st.sampled_from([2, 60]),
    },
)


# Of these words the prompt of the tests has one, and of these scores one goes above.
ROUTES = st.one_of(
    st.fixed_dictionaries(
        {
            "by": st.just("rules"),
            "rules": st.lists(
                st.sampled_from(
                    [
                        {"contains": ["sky"], "score": 5},
                        {"contains": ["sea"], "score": 5},
                        {"score": 1},
                    ]
                ),
                min_size=1,
                max_size=2,
            ),
        }
    ),
    st.fixed_dictionaries(
        {
            "by": st.just("model"),
            "slots": SEATS.map(lambda seat: [{**seat, "samples": 1}]),
            "on_fail": st.sampled_from(["drop", "drop", "abort"]),
            "timeout_s": st.sampled_from([3, 300]),
        },
        optional={"quorum": st.just(1)},
    ),
)


def sampled(*slots: Json, **more: Any) -> Json:
    """A draft layer; with a window its first slot has two samples to refine with."""
    first, *others = slots
    if "window" in more:
        first = {**first, "samples": first["samples"] + 2}
    return draft(first, *others, **more)


def refined(seat: Json, **more: Any) -> Json:
    """A last layer of one slot whose samples are refined into the answer."""
    return sampled(seat, window=2, **more)


@st.composite
def recipes(draw: st.DrawFn) -> Json:
    """Layers after each other, one time in three behind a route, or on its branches."""
    layers = draw(lines())
    if draw(st.integers(0, 2)):
        return recipe(*layers, limits=draw(LIMITS))
    fork = {**draw(ROUTES), "above": draw(lines()), "below": draw(lines())}
    joined = [aggregate(draw(SEATS), **draw(OPTIONS))] if draw(st.booleans()) else []
    return recipe(route(**fork), *joined, limits=draw(LIMITS))


@st.composite
def lines(draw: st.DrawFn) -> list[Json]:
    layers = [sampled(draw(SEATS), draw(SEATS), **draw(WINDOWS), **draw(OPTIONS))]
    if draw(st.booleans()):
        pack = {"order": "shuffle", "anonymise": True}
        refiners = draw(SEATS), draw(SEATS)
        layers.append(sampled(*refiners, pack=pack, **draw(WINDOWS), **draw(OPTIONS)))
    if draw(st.booleans()):
        pack = draw(st.sampled_from([{}, {"order": "shuffle", "anonymise": True}]))
        layers.append(compare(draw(SEATS), draw(SEATS), pack=pack, **draw(OPTIONS)))
    if draw(st.booleans()):
        judges = draw(st.lists(SEATS, min_size=1, max_size=2))
        layers.append(rank(*judges, **draw(RANKS), **draw(OPTIONS)))
    if draw(st.booleans()):
        early = draw(st.booleans())
        moderators = draw(SEATS), draw(SEATS)
        options = draw(OPTIONS)
        layers.append(select(*moderators, keep=1, stop_early=early, **options))
    if draw(st.booleans()):
        options = draw(VOTES)
        if layers[-1]["kind"] == "select":
            options.pop("quorum", None)
        layers.append(vote(**options))
    if layers[-1]["kind"] != "vote" or draw(st.booleans()):
        last = st.sampled_from([aggregate, aggregate, refined])
        layers.append(draw(last)(draw(SEATS), **draw(OPTIONS)))
    return layers


@st.composite
def branches(draw: st.DrawFn, document: Json) -> Branch:
    """Of each draft one of: to be written, given, left out, by another model."""
    fates = st.sampled_from(["write", "write", "given", "given", "out", "other"])
    names = [str(key) for key in parse(document).drafts()]
    fate = {name: draw(fates) for name in names}
    return Branch(
        given={
            name: GivenDraft("bold", f"given {name}")
            for name in names
            if fate[name] == "given"
        },
        left_out=frozenset(name for name in names if fate[name] == "out"),
        models={name: "spare" for name in names if fate[name] == "other"},
    )


@st.composite
def departures(draw: st.DrawFn) -> tuple[Json, Branch]:
    """A recipe, half of the times as it is run by a run with a parent."""
    document = draw(recipes())
    if draw(st.booleans()):
        return document, NO_BRANCH
    return document, draw(branches(document))
