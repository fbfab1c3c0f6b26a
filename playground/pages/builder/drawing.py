"""The diagram of a recipe, as the builder and the recipe's page show it.

The same drawing as the run's: a letter and a hue for a slot, wires for who reads whom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from playground.engine.routes import SIDES, Side
from playground.engine.shapes import WRITING
from playground.pages.builder.places import Place
from playground.pages.builder.wiring import Frame, Line, hue, lines_into
from playground.recipes.outline import LayerOutline, SlotOutline, before, contest_of
from playground.web.formats import counted


@dataclass(frozen=True, slots=True)
class Seat:
    """A slot in the diagram."""

    slot: SlotOutline
    layer: int
    hue: str
    place: Place
    name: str
    current: bool = False
    faults: int = 0
    edited: bool = False

    @property
    def spec(self) -> str:
        """What is asked of its model, as far as the recipe says."""
        params = self.slot.content.get("params")
        params = params if isinstance(params, dict) else {}
        told = []
        if (temperature := params.get("temperature")) is not None:
            told.append(f"temperature {temperature}")
        if isinstance(tokens := params.get("max_tokens"), int):
            told.append(f"{tokens:,} tokens")
        if self.slot.samples > 1:
            told.append(f"{self.slot.samples} samples")
        return ", ".join(told) or "the model's own settings"

    @property
    def own_prompt(self) -> bool:
        """True when its system prompt replaces the recipe's."""
        return bool(self.slot.content.get("system_prompt"))


@dataclass(frozen=True, slots=True)
class Column:
    """A layer in the diagram, and the wires into it."""

    layer: LayerOutline
    place: Place
    seats: tuple[Seat, ...]
    lines: tuple[Line, ...]
    reads: str
    height: int
    ways: Ways
    current: bool = False
    faults: int = 0

    @property
    def takes_slots(self) -> bool:
        """True when slots can be added to it."""
        return self.layer.kind not in ("vote", "route")

    @property
    def box(self) -> tuple[str, str, str] | None:
        """Of a layer without slots its letter, its word, and how it does what it does."""
        if self.layer.slots:
            return None
        if self.layer.kind == "vote":
            return "V", "Vote", self.vote
        return ("R", "Route", self.route) if self.layer.kind == "route" else None

    @property
    def route(self) -> str:
        """How a route chooses."""
        rules = self.layer.content.get("rules")
        told = counted(len(rules), "rule") if isinstance(rules, list) else "no rules"
        return f"by {told}, {self.threshold}"

    @property
    def threshold(self) -> str:
        """What goes above."""
        return f"above from {self.layer.content.get('threshold', 'no threshold')}"

    @property
    def vote(self) -> str:
        """How a vote counts."""
        return f"by {self.layer.content.get('extract') or 'exact'}"

    @property
    def gist(self) -> str:
        """Its kind, and what it sees."""
        if self.layer.kind == "vote":
            return f"vote, counts {self._seen}"
        if self.layer.kind == "route":
            return "route, chooses a branch"
        if self.layer.kind == "rank":
            contest = contest_of(self.layer.content)
            return f"rank, {contest.combine or contest.method}, judges {self._seen}"
        if self.layer.judges:
            return f"{self.layer.kind}, judges {self._seen}"
        refines = f", refines by {self.layer.window}" if self.layer.window else ""
        return f"{self.layer.kind or 'of no kind'}, sees {self._seen}{refines}"

    @property
    def _seen(self) -> str:
        before = self.ways.before
        if not before or self.layer.sees == "none" or self.layer.opens:
            return "the prompt"
        if self.layer.sees == "all" and before[-1] > 1:
            return f"layers 1\N{EN DASH}{before[-1]}"
        return "layer " + " or ".join(map(str, before))


@dataclass(frozen=True, slots=True)
class Lane:
    """A branch of the route: its columns, and where a layer would be added to it."""

    side: Side
    number: int
    columns: tuple[Column, ...]

    @property
    def end(self) -> int:
        """The place of a layer that would be added at its end."""
        return len(self.columns)


@dataclass(frozen=True, slots=True)
class Diagram:
    """The whole drawing: columns, of which some follow the route's branches."""

    columns: tuple[Column, ...]
    height: int
    lanes: tuple[Lane, ...] = ()
    after: tuple[Column, ...] = ()
    prompt_current: bool = False
    prompt_faults: int = 0

    @property
    def middle(self) -> int:
        """Where the prompt is."""
        return self.height // 2

    @property
    def end(self) -> int:
        """The place of a layer that would be added at the end."""
        return len(self.columns) + len(self.after)

    @property
    def every(self) -> tuple[Column, ...]:
        """All columns in reading order."""
        lanes = (column for lane in self.lanes for column in lane.columns)
        return (*self.columns, *lanes, *self.after)

    @property
    def wide(self) -> int:
        """How many columns the branches need."""
        return max((len(lane.columns) for lane in self.lanes), default=0)


@dataclass(frozen=True, slots=True)
class Ways:
    """Where the arrow keys lead from a layer, by position; the layers just before it."""

    before: tuple[int, ...] = ()
    left: int | None = None
    right: int | None = None
    up: int | None = None
    down: int | None = None


@dataclass(frozen=True, slots=True)
class Marks:
    """What is marked in a drawing: the choice, the faults and what was edited."""

    place: Place | None = None
    faults: Mapping[str, int] = field(default_factory=dict)
    edited: frozenset[str] = frozenset()


def draw(layers: Sequence[LayerOutline], marks: Marks | None = None) -> Diagram:
    """The drawing of these layers."""
    marks = marks or Marks()
    frame = Frame.of(layers)
    columns = [_column(layers, layer, frame, marks) for layer in layers]
    fork = next((layer for layer in layers if layer.is_route), None)
    own = [each for each in columns if each.layer.side is None]
    place = len(own) if fork is None else fork.at + 1
    lanes = () if fork is None else SIDES
    whole = Place()
    return Diagram(
        tuple(own[:place]),
        frame.height,
        tuple(
            Lane(side, number, tuple(c for c in columns if c.layer.side == side))
            for number, side in enumerate(lanes, start=1)
        ),
        tuple(own[place:]),
        prompt_current=marks.place == whole,
        prompt_faults=marks.faults.get(whole.fixed, 0),
    )


def _column(
    layers: Sequence[LayerOutline], layer: LayerOutline, frame: Frame, marks: Marks
) -> Column:
    place = Place(layer.position)
    return Column(
        layer=layer,
        place=place,
        seats=tuple(_seat(layers, layer, slot, marks) for slot in layer.slots),
        lines=tuple(lines_into(layers, layer, frame, marks.place)),
        reads=_reads(layers, layer),
        height=frame.tall(layer.side),
        ways=_ways(layers, layer),
        current=marks.place is not None and marks.place.layer == layer.position,
        faults=marks.faults.get(place.fixed, 0),
    )


def _ways(layers: Sequence[LayerOutline], layer: LayerOutline) -> Ways:
    """On a branch up and down lead to the other one, behind it to what follows both."""
    earlier = before(layers, layer)
    later = [each for each in layers if layer in before(layers, each)]
    across = [
        each for each in layers if layer.side and each.side and each.side != layer.side
    ]
    other = across[min(layer.at, len(across) - 1)].position if across else None
    return Ways(
        before=tuple(each.number for each in earlier),
        left=earlier[0].position if earlier else None,
        right=later[0].position if later else None,
        up=other if layer.side == "below" else None,
        down=other if layer.side == "above" else None,
    )


def _seat(
    layers: Sequence[LayerOutline],
    layer: LayerOutline,
    slot: SlotOutline,
    marks: Marks,
) -> Seat:
    place = Place(layer.position, slot.position)
    return Seat(
        slot=slot,
        layer=layer.number,
        hue=hue(layer, slot),
        place=place,
        name=place.named(layers),
        current=marks.place == place,
        faults=marks.faults.get(place.fixed, 0),
        edited=place.fixed in marks.edited,
    )


def _reads(layers: Sequence[LayerOutline], layer: LayerOutline) -> str:
    earlier = before(layers, layer)
    if not earlier or layer.sees == "none" or layer.opens:
        return "the prompt"
    if layer.sees == "all":
        sides = {None, layer.side}
        writing = [each for each in layers if each.kind in WRITING]
        own = [
            each
            for each in writing
            if each.position < layer.position and each.side in sides
        ]
        forked = layer.side is None and any(each.side for each in layers)
        drafts = [sum(each.passed_on for each in own)]
        if forked:
            drafts = [
                drafts[0] + sum(x.passed_on for x in writing if x.side == side)
                for side in SIDES
            ]
    else:
        drafts = [each.passed_on for each in earlier]
    pack: Any = layer.content.get("pack")
    order = pack.get("order") if isinstance(pack, dict) else None
    told = {"shuffle": ", shuffled", "by_rank": ", the best first"}.get(str(order), "")
    return counted((min(drafts), max(drafts)), "draft") + told
