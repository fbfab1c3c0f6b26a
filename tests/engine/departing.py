"""Recipes of any shape, and runs with a parent that depart from it, drawn by Hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from playground.engine.branches import NO_BRANCH, Branch, GivenDraft
from playground.engine.plan import parse
from tests.engine.house import Json, aggregate, draft, recipe, slot, vote

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
LIMITS = st.fixed_dictionaries(
    {},
    optional={
        "max_cost_usd": st.sampled_from([0.0005, 0.001, 0.002]),
        "max_calls": st.integers(1, 6),
        "deadline_s": st.sampled_from([2, 60]),
    },
)


@st.composite
def recipes(draw: st.DrawFn) -> Json:
    layers = [draft(draw(SEATS), draw(SEATS), **draw(OPTIONS))]
    if draw(st.booleans()):
        pack = {"order": "shuffle", "anonymise": True}
        layers.append(draft(draw(SEATS), draw(SEATS), pack=pack, **draw(OPTIONS)))
    if draw(st.booleans()):
        layers.append(vote(**draw(VOTES)))
    if layers[-1]["kind"] != "vote" or draw(st.booleans()):
        layers.append(aggregate(draw(SEATS), **draw(OPTIONS)))
    return recipe(*layers, limits=draw(LIMITS))


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
