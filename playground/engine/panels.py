"""Reads what a rank layer has of its own: how it is judged, and how many drafts it keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from playground.engine.reading import Reader
from playground.engine.routes import SIDES
from playground.engine.shapes import Contest, Layer, passed_on

METHODS = ("pairwise", "listwise", "score")
COMBINES = ("max_logits", "max_wins", "bubble")
# How drafts may be laid before a slot; by rank where a layer has ranked them.
ORDERS = ("fixed", "shuffle", "by_rank")
# Eleven drafts against each other by one judge are 110; each is a draft of its own.
MOST_JUDGEMENTS = 400


def read_contest(reader: Reader) -> Contest:
    """The contest of one rank layer; how many drafts come to it is not known yet."""
    method = cast("Any", reader.one_of("method", METHODS) or "pairwise")
    combine = cast("Any", reader.one_of("combine", COMBINES))
    if combine is not None and method != "pairwise":
        reader.complain(
            "combine",
            f"is for `method: pairwise`, and this is {method}: leave it out",
        )
    return Contest(
        method=method,
        combine=(combine or "max_logits") if method == "pairwise" else None,
        keep=reader.whole("keep", low=1),
    )


def seat_contests(root: Reader, layers: Sequence[Layer | None]) -> list[Layer | None]:
    """The layers, each contest with the number of drafts that can come to it at most.

    Reports contests of fewer than two drafts, of more judgements than one layer holds,
    and those that keep more than they get.
    """
    seated: list[Layer | None] = []
    for layer in layers:
        if layer is None or layer.contest is None:
            seated.append(layer)
            continue
        contest = replace(layer.contest, most=_coming(seated, layer))
        ranking = replace(layer, contest=contest)
        seated.append(ranking)
        if None not in seated:
            _check(root, ranking, contest)
    return seated


def _coming(seated: Sequence[Layer | None], layer: Layer) -> int:
    """How many drafts can come to a layer: behind a route those of its wider branch."""
    before = [each for each in seated if each is not None]
    sides = SIDES if layer.side is None else (layer.side,)
    return max(
        passed_on([each for each in before if each.side in (None, side)])
        for side in sides
    )


def check_orders(root: Reader, layers: Sequence[Layer | None]) -> None:
    """Report drafts laid out by their rank where no layer before has ranked them."""
    is_ranked = False
    for layer in layers:
        if layer and layer.pack.order == "by_rank" and not is_ranked:
            root.complain(
                f"{layer.path}.pack.order",
                "`by_rank` needs a rank layer before this one: add one, or use fixed "
                "or shuffle",
            )
        is_ranked = is_ranked or bool(layer and layer.contest)


def _check(root: Reader, layer: Layer, contest: Contest) -> None:
    path, coming = layer.path, contest.most
    if coming < 2:
        # A first layer that would rank has been told so.
        if layer.sees == "previous":
            root.complain(
                path,
                "a rank needs drafts to choose among, and the layer before passes on "
                f"{coming}: rank before that layer, or give it more slots or samples",
            )
        return
    if contest.keep is not None and contest.keep > coming:
        root.complain(
            f"{path}.keep",
            f"keeps {contest.keep} drafts and the layer before passes on {coming}",
        )
    total = len(layer.drafts())
    if total > MOST_JUDGEMENTS:
        root.complain(
            path,
            f"{coming} drafts are {total} judgements here, and {MOST_JUDGEMENTS} is the "
            "most: take fewer drafts, judges or samples, `combine: bubble`, or "
            "`method: listwise`",
        )
    if layer.quorum is not None and layer.quorum > total:
        root.complain(
            f"{path}.quorum",
            f"asks for {layer.quorum} drafts and the layer writes {total}",
        )
