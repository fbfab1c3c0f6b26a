"""What past prompts say of a route's threshold: drawn, and as a threshold for a share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playground.engine.calibration import (
    ENOUGH,
    bars_of,
    calibrated,
    share_above,
)
from playground.engine.errors import RecipeError
from playground.engine.plan import SCHEMA, parse
from playground.engine.routes import SIDES, Route
from playground.pages.builder.desks import Desk, Done
from playground.recipes.editing import EditRefused, set_value
from playground.recipes.models import WorkingCopy
from playground.recipes.outline import LayerOutline
from playground.runs.scores import past_scores
from playground.web.formats import counted, percent

USUAL_SHARE = 30
_WIDTH, _HEIGHT = 100.0, 40.0
_ANY_LAYER: dict[str, Any] = {"kind": "draft", "slots": [{"model": "any"}]}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A bar of the histogram, as SVG wants it; `above` when its scores go above."""

    x: float
    width: float
    y: float
    height: float
    label: str
    above: bool


@dataclass(frozen=True, slots=True)
class Calibration:
    """The scores of a route's past prompts beside its threshold. `wrong` where it has none."""

    scores: tuple[float, ...] = ()
    threshold: float = 0.0
    by: str = "rules"
    wrong: str = ""

    @property
    def is_enough(self) -> bool:
        """True when a share of them says something."""
        return len(self.scores) >= ENOUGH

    @property
    def rests_on(self) -> str:
        """What it rests on, in a sentence."""
        if self.wrong:
            return self.wrong
        whose = (
            "scored by these rules" if self.by == "rules" else "scored by this model"
        )
        told = f"{counted(len(self.scores), 'past prompt')} of this recipe, {whose}."
        if self.is_enough:
            return told
        if not self.scores:
            return f"No past prompt of this recipe was {whose}: run it first."
        return (
            f"{told} That is too few to tell: from {ENOUGH} on a share means something."
        )

    @property
    def share(self) -> str:
        """How many would go above as the threshold is."""
        if not self.scores:
            return ""
        part = percent(share_above(self.scores, self.threshold))
        return f"With a threshold of {self.threshold:g}, {part} of them go above."

    @property
    def bars(self) -> tuple[Drawn, ...]:
        """The histogram."""
        found = bars_of(self.scores)
        tallest = max((bar.count for bar in found), default=1) or 1
        step = _WIDTH / max(1, len(found))
        return tuple(
            Drawn(
                x=round(place * step + step * 0.1, 2),
                width=round(step * 0.8, 2),
                y=round(_HEIGHT * (1 - bar.count / tallest), 2),
                height=round(_HEIGHT * bar.count / tallest, 2),
                label=f"{bar.low:g}"
                if bar.low == bar.high
                else f"{bar.low:.3g} to {bar.high:.3g}",
                above=bar.low >= self.threshold,
            )
            for place, bar in enumerate(found)
        )

    @property
    def spoken(self) -> str:
        """The histogram in words."""
        parts = (f"{bar.low:g}: {bar.count}" for bar in bars_of(self.scores))
        return f"Past prompts by score. {', '.join(parts)}. {self.share}"


def calibration_of(copy: WorkingCopy, layer: LayerOutline) -> Calibration:
    """The calibration of a route in a working copy. At most three queries."""
    route = _route_in(layer.content)
    if route is None:
        return Calibration(wrong="Its scores are drawn once its fields are sound.")
    if copy.recipe is None:
        return Calibration((), route.threshold, route.by)
    model = layer.slots[0].model if layer.slots else ""
    scores = past_scores(copy.team, copy.recipe, route, model)
    return Calibration(tuple(scores), route.threshold, route.by)


def calibrate(desk: Desk, scores: Sequence[float], share: str) -> Done:
    """The threshold that sends about this many per cent above."""
    layer = desk.place.layer_in(desk.layers)
    wanted = _percent(share)
    threshold = calibrated(scores, wanted / 100)
    if layer is None or threshold is None:
        raise EditRefused(
            f"There are {len(scores)} scores of past prompts, and {ENOUGH} are needed.",
            "Run the recipe on more prompts, or set the threshold by hand.",
        )
    plain = int(threshold) if float(threshold).is_integer() else threshold
    edited = set_value(desk.document, [*layer.path, "threshold"], plain)
    return Done(edited, desk.place, f"threshold for {wanted:g} %")


def _percent(text: str) -> float:
    try:
        share = float(text.strip().rstrip("%"))
    except ValueError:
        share = math.nan
    if not 0 <= share <= 100:
        raise EditRefused("The share is a number from 0 to 100.")
    return share


def _route_in(content: Mapping[str, Any]) -> Route | None:
    """The route as it stands, whatever else is wrong with its recipe."""
    alone = dict(content) | {side: [_ANY_LAYER] for side in SIDES}
    document: dict[str, object] = {
        "schema": SCHEMA,
        "slug": "any",
        "name": "Any",
        "layers": [alone],
    }
    try:
        return parse(document).layers[0].route
    except RecipeError:
        return None
