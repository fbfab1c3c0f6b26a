"""A document as far as it can be drawn, whether or not it is a recipe that can run.

Its `layers` must be a list of mappings and their `slots` lists of mappings; everything
else may be wrong, and is then shown as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from playground.engine.errors import Problem
from playground.engine.panels import COMBINES
from playground.engine.routes import SIDES, Side
from playground.engine.seats import default_label
from playground.engine.shapes import JUDGING, Contest, Kind

Path = tuple[str | int, ...]
_MOST_SAMPLES = 100
MOST_LAYERS = 40
MOST_SLOTS = 300


@dataclass(frozen=True, slots=True)
class SlotOutline:
    """A slot as it can be drawn; `position` counts from 0."""

    position: int
    label: str
    model: str
    samples: int
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LayerOutline:
    """A layer as it can be drawn; `position` counts from 0, those of branches included.

    `path` is where it stands in the document, `side` the branch that it belongs to;
    `comes` is how many drafts the layers before it pass on, at most.
    """

    position: int
    path: Path
    side: Side | None
    kind: str
    name: str
    sees: str
    slots: tuple[SlotOutline, ...]
    content: Mapping[str, Any]
    comes: int = 0

    @property
    def number(self) -> int:
        """Layers are numbered from 1."""
        return self.position + 1

    @property
    def at(self) -> int:
        """Its place in its own list, from 0."""
        return int(self.path[-1])

    @property
    def opens(self) -> bool:
        """True for the first of the recipe or of a branch: nothing is before it."""
        return self.at == 0

    @property
    def is_route(self) -> bool:
        """True when it has branches."""
        return self.kind == "route" and self.side is None

    @property
    def judges(self) -> bool:
        """True when its slots judge the drafts before it."""
        return self.kind in JUDGING

    @property
    def drafts(self) -> int:
        """How many drafts its slots write: samples and what refines them, or judgements."""
        written = sum(slot.samples for slot in self.slots)
        if self.kind == "rank":
            return written * contest_of(self.content).judgements(self.comes)
        window = self.window
        refinements = (
            -(-(slot.samples - 1) // window) if window else 0 for slot in self.slots
        )
        return written + sum(refinements)

    @property
    def passed_on(self) -> int:
        """How many drafts the next layer gets when nothing fails."""
        match self.kind:
            case "vote" | "aggregate":
                return 1
            case "rank":
                return min(self.comes, contest_of(self.content).keep or self.comes)
            case "compare":
                return self.comes
            case "select":
                keep = _whole(self.content.get("keep"), 1, MOST_SLOTS * _MOST_SAMPLES)
                return min(self.comes, keep or 1)
            case _:
                return len(self.slots) if self.window else self.drafts

    @property
    def window(self) -> int:
        """How many samples are read at a time where they are refined; else 0."""
        window = self.content.get("window") if self.kind == "draft" else None
        return _whole(window, 1, _MOST_SAMPLES) or 0


def shape_problems(document: Mapping[str, Any]) -> list[Problem]:
    """Why a document cannot be drawn; empty when it can."""
    found = list(_list_problems("layers", document.get("layers", [])))
    return found or _size_problems([layer for _, _, layer in layers_of(document)])


def _list_problems(
    path: str, layers: object, *, deep: bool = True
) -> Iterator[Problem]:
    if not isinstance(layers, list):
        yield Problem(path, "must be a list of layers")
        return
    for place, layer in enumerate(layers):
        here = f"{path}[{place}]"
        if not isinstance(layer, dict):
            yield Problem(here, "must be a mapping of keys")
            continue
        yield from _slot_problems(f"{here}.slots", layer.get("slots", []))
        for side in SIDES if deep and layer.get("kind") == "route" else ():
            yield from _list_problems(f"{here}.{side}", layer.get(side, []), deep=False)


def _size_problems(layers: list[dict[str, Any]]) -> list[Problem]:
    slots = sum(len(layer.get("slots", [])) for layer in layers)
    if len(layers) <= MOST_LAYERS and slots <= MOST_SLOTS:
        return []
    told = f"the builder draws at most {MOST_LAYERS} layers and {MOST_SLOTS} slots"
    return [Problem("layers", f"{told}, here are {len(layers)} and {slots}")]


def _slot_problems(path: str, slots: object) -> list[Problem]:
    if not isinstance(slots, list):
        return [Problem(path, "must be a list of slots")]
    return [
        Problem(f"{path}[{place}]", "must be a mapping of keys")
        for place, slot in enumerate(slots)
        if not isinstance(slot, dict)
    ]


def layers_of(
    document: Mapping[str, Any],
) -> Iterator[tuple[Path, Side | None, dict[str, Any]]]:
    """Every layer of a drawable document in reading order: its path, its branch, itself."""
    for place, layer in enumerate(document.get("layers", [])):
        path: Path = ("layers", place)
        yield path, None, layer
        for side in SIDES if layer.get("kind") == "route" else ():
            for at, inner in enumerate(layer.get(side, [])):
                yield (*path, side, at), side, inner


def outline_of(document: Mapping[str, Any]) -> tuple[LayerOutline, ...]:
    """The layers of a document without shape problems."""
    outlines: list[LayerOutline] = []
    for position, (path, side, layer) in enumerate(layers_of(document)):
        outline = _layer(position, path, side, layer)
        came = [each.passed_on for each in before(outlines, outline)]
        outlines.append(replace(outline, comes=max(came, default=0)))
    return tuple(outlines)


def contest_of(layer: Mapping[str, Any]) -> Contest:
    """How a rank layer ranks, as far as the document says it rightly."""
    method, keep = layer.get("method"), layer.get("keep")
    is_pairwise = method not in ("listwise", "score")
    combine = layer.get("combine")
    return Contest(
        method="pairwise" if is_pairwise else cast("Any", method),
        combine=cast("Any", combine if combine in COMBINES else COMBINES[0])
        if is_pairwise
        else None,
        keep=keep if type(keep) is int and keep > 0 else None,
    )


def before(
    layers: Sequence[LayerOutline], layer: LayerOutline
) -> tuple[LayerOutline, ...]:
    """The layers that may be gone through just before: behind a route there are two."""
    own = [each for each in layers if each.path[:-1] == layer.path[:-1]]
    if layer.opens:
        # What opens a branch has only the route before it.
        return tuple(each for each in layers if layer.side and each.is_route)[:1]
    earlier = own[layer.at - 1]
    if not earlier.is_route:
        return (earlier,)
    inner = (each for each in layers if each.path[:2] == earlier.path and each.side)
    return tuple({each.side: each for each in inner}.values()) or (earlier,)


def spelled_path(path: Iterable[str | int]) -> str:
    """A path as problems write it: `layers[0].above[1].slots[0]`."""
    parts = (f"[{each}]" if isinstance(each, int) else f".{each}" for each in path)
    return "".join(parts).removeprefix(".")


def call_range(layers: Iterable[LayerOutline]) -> tuple[int, int]:
    """The fewest and the most calls of a run in which nothing fails."""
    known = list(layers)
    sides = SIDES if any(layer.is_route for layer in known) else (None,)
    counts = [
        sum(layer.drafts for layer in known if layer.side in (None, side))
        for side in sides
    ]
    return min(counts), max(counts)


def labels_of(layer: Mapping[str, Any]) -> list[str]:
    """What the slots of a layer are called, by their own label or by position."""
    return [
        _label(kind_of(layer), place, slot)
        for place, slot in enumerate(layer.get("slots", []))
    ]


def kind_of(layer: Mapping[str, Any]) -> Kind:
    """How a layer's slots are labelled: those of an unknown kind like drafts."""
    return "aggregate" if layer.get("kind") == "aggregate" else "draft"


def _layer(
    place: int, path: Path, side: Side | None, layer: Mapping[str, Any]
) -> LayerOutline:
    slots = layer.get("slots", [])
    labels = labels_of(layer)
    return LayerOutline(
        position=place,
        path=path,
        side=side,
        kind=_text(layer.get("kind")),
        name=_text(layer.get("name")) or f"Layer {place + 1}",
        sees=_text(layer.get("sees")) or ("previous" if path[-1] else "none"),
        slots=tuple(
            SlotOutline(at, label, _text(slot.get("model")), _samples(slot), slot)
            for at, (slot, label) in enumerate(zip(slots, labels, strict=True))
        ),
        content=layer,
    )


def _label(kind: Kind, place: int, slot: Mapping[str, Any]) -> str:
    return _text(slot.get("label")) or default_label(kind, place)


def _samples(slot: Mapping[str, Any]) -> int:
    return _whole(slot.get("samples"), 1, _MOST_SAMPLES) or 1


def _whole(value: object, low: int, high: int) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if low <= value <= high else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else repr(value)
