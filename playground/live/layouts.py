"""Which view of a run the address asks for: its name and the drafts that it picks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from playground.live.figures import RunView
from playground.live.seats import DraftView
from playground.live.sections import LayerView

VIEWS = ("columns", "tabs", "timeline", "compare", "focus")
# Nobody chose: columns on wide screens, tabs on phones.
AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Focus:
    """The draft that stands alone, its place among all, and its neighbours."""

    draft: DraftView
    place: int
    total: int
    before: DraftView | None
    after: DraftView | None


@dataclass(frozen=True, slots=True)
class Layout:
    """A view of the run. `picked` has one draft a layer, `opened` those unfolded."""

    name: str = AUTO
    picked: frozenset[str] = frozenset()
    opened: frozenset[str] = frozenset()
    focus: Focus | None = None
    is_raw: bool = False
    draft: str = ""

    @property
    def is_special(self) -> bool:
        """True when it shows the layers otherwise than to who asks for nothing."""
        return bool(self.opened or self.draft or self.is_raw)


def layout_of(view: RunView, asked: Mapping[str, str]) -> Layout:
    """The layout for the query of an address; what it does not know it leaves out."""
    draft = view.drafts.get(asked.get("draft", ""))
    name = asked.get("view", "")
    if name not in VIEWS:
        name = AUTO
    if name == "focus" and draft is None:
        draft = view.drafts.get(view.shown_answer.key)
    picked = frozenset(_picked(layer, draft) for layer in view.layers)
    opened = _opened(view, draft, asked.get("layer", ""))
    return Layout(
        name=name,
        picked=picked,
        # A tab that is folded would show nothing.
        opened=opened | picked if name == "tabs" else opened,
        focus=_focus(view, draft) if name == "focus" and draft else None,
        is_raw="raw" in asked,
        draft=draft.key if draft else "",
    )


def _picked(layer: LayerView, draft: DraftView | None) -> str:
    """The draft asked for, else the first that is being written, else the first."""
    cards = layer.cards or layer.drafts
    if not cards:
        return ""
    if draft is not None and draft.layer == layer.index:
        return draft.key
    writing = (card.key for card in cards if card.status == "writing")
    return next(writing, cards[0].key)


def _opened(view: RunView, draft: DraftView | None, layer: str) -> frozenset[str]:
    opened = {each.key for each in view.drafts.values() if str(each.layer) == layer}
    return frozenset(opened | ({draft.key} if draft is not None else set()))


def _focus(view: RunView, draft: DraftView) -> Focus:
    # Who asks for one of a branch that was not taken sees that it was not.
    drafts = [each for each in view.drafts.values() if each.is_on_way or each is draft]
    place = drafts.index(draft)
    return Focus(
        draft=draft,
        place=place + 1,
        total=len(drafts),
        before=drafts[place - 1] if place else None,
        after=drafts[place + 1] if place + 1 < len(drafts) else None,
    )
