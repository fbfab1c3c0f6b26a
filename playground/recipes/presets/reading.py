"""How many drafts the slots of a document read, so that there is room for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_READERS = ("aggregate", "rank", "select", "compare")


def most_read(document: Mapping[str, Any]) -> int:
    """The most drafts that one slot of a preset reads at once."""
    return _most_read(document["layers"])


def _most_read(layers: Sequence[Mapping[str, Any]]) -> int:
    handed = written = analyses = most = 0
    for layer in layers:
        most = max(
            most, *(_most_read(layer.get(side, ())) for side in ("above", "below"))
        )
        sees = layer.get("sees", "previous" if handed else "none")
        if layer["kind"] in _READERS or (layer["kind"] == "draft" and sees != "none"):
            most = max(most, (written if sees == "all" else handed) + analyses)
        if "window" in layer:
            # What is refined is laid as often as there are samples beside it.
            most = max(most, 1 + layer["window"], 2 * layer["window"])
        # What judges found is read beside the drafts, each reply as long as a draft.
        analyses = len(layer["slots"]) if layer["kind"] == "compare" else 0
        handed = _handed_on(layer, handed)
        if layer["kind"] == "draft":
            written += handed
    return most


def _handed_on(layer: Mapping[str, Any], handed: int) -> int:
    match layer["kind"]:
        case "draft" if "window" in layer:
            return len(layer["slots"])
        case "draft":
            return sum(slot.get("samples", 1) for slot in layer["slots"])
        case "rank" | "select":
            return min(handed, int(layer.get("keep", handed)))
        case "compare":
            return handed
        case "route":
            return 0
    return 1
