"""big-AGI's Beam presets: rays that answer, and a model that gathers.

Shape: enricoros/big-AGI `src/modules/beam/store-module-beam.tsx`
(`BeamConfigSnapshot {id, name, rayLlmIds, gatherFactoryId, gatherLlmId}`, kept as
`{state: {presets, lastConfig}}`; `scatterPresets` in older ones) and
`gather/instructions/beam.gather.factories.ts` for what the factories do.
"""

from __future__ import annotations

from typing import Any

from playground.recipes.foreign.settings import Settings, shown_name
from playground.recipes.foreign.sketch import Converted, Sketch, answering, drafting

_RAYS = ("ray_llm_ids",)
_FACTORIES = {
    "guided": "lets a person tick a checklist between two calls",
    "eval": "ends in a table that compares the answers",
    "custom": "merges by a prompt that is typed each time",
    "council": "lets the models rank each other's answers first",
}


def recognises(content: Any) -> bool:
    """A preset with rays, alone, in a list, or in the store."""
    return bool(_presets(content))


def convert(content: Any) -> Converted:
    """The rays draft, and the gathering model writes the answer."""
    sketch = Sketch("Beam", "x_beam")
    presets = _presets(content)
    settings = Settings(presets[0])
    name = settings.text("name") or "Beam"
    if len(presets) > 1:
        sketch.tell(
            f"Of {len(presets)} presets the first, “{shown_name(name)}”, is here. "
            "Import another by pasting it alone."
        )
    rays = settings.texts(*_RAYS)
    gatherer = settings.text("gather_llm_id")
    if gatherer is None:
        gatherer = rays[0] if rays else ""
        sketch.tell("It names no gathering model: the first ray's writes the answer.")
    _tell_of_factory(settings.text("gather_factory_id"), sketch)
    settings.drop("id")
    slots = [{"model": ray} for ray in rays]
    layers = [*drafting(slots, rounds=1, pack={}), answering({"model": gatherer}, {})]
    return sketch.finish(
        slug=name, name=name, layers=layers, **sketch.keep_rest(settings)
    )


def _presets(content: Any) -> list[dict[str, Any]]:
    if isinstance(content, dict):
        state = content.get("state")
        holder = state if isinstance(state, dict) else content
        for name in ("presets", "scatterPresets"):
            if isinstance(holder.get(name), list) and holder[name]:
                return [each for each in holder[name] if _is_preset(each)]
        last = holder.get("lastConfig")
        content = [last] if _is_preset(last) else [content]
    if not isinstance(content, list):
        return []
    return [each for each in content if _is_preset(each)]


def _is_preset(each: Any) -> bool:
    rays = each.get("rayLlmIds") if isinstance(each, dict) else None
    return isinstance(rays, list) and any(isinstance(ray, str) for ray in rays)


def _tell_of_factory(factory: str | None, sketch: Sketch) -> None:
    if factory is not None and factory != "fuse":
        what = _FACTORIES.get(factory, "is not known here")
        sketch.tell(
            f"Its way of gathering, “{shown_name(factory)}”, {what}: in this recipe "
            "the answer is fused from the drafts in one call."
        )
