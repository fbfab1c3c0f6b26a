"""Open WebUI's workspace models, exported one or several, as one mixture.

Shape: open-webui/open-webui `backend/open_webui/models/models.py` (`ModelForm`: `id,
base_model_id, name, params, meta`; the list of `/api/models` puts them under `info`).
Its “merge responses” (`routers/tasks.py`, moa completions) asks the model whose answer
is shown to write one from all.
"""

from __future__ import annotations

from typing import Any

from playground.recipes.foreign.settings import Settings
from playground.recipes.foreign.sketch import Converted, Sketch, answering, drafting

_NO_MIXTURE = (
    *("user_id", "user", "access_control", "access_grants", "is_active", "created_at"),
    *(
        "updated_at",
        "created",
        "object",
        "owned_by",
        "write_access",
        "price",
        "actions",
    ),
    *("filters", "tags", "urlIdx", "url_idx", "connection_type", "preset", "arena"),
)
_MOST = 20


def recognises(content: Any) -> bool:
    """A model, or a list of models, that stand on base models."""
    models = _models(content)
    return bool(models) and all(_is_model(each) for each in models)


def convert(content: Any) -> Converted:
    """Every model drafts; the first one writes the answer from all drafts."""
    sketch = Sketch("Open WebUI", "x_open_webui")
    models = _models(content)
    if len(models) > _MOST:
        sketch.tell(f"Of {len(models)} models the first {_MOST} are here.")
    slots = [_slot(each, sketch) for each in models[:_MOST]]
    name = " + ".join(str(slot.get("x_name", slot["model"]))[:24] for slot in slots[:4])
    if len(slots) == 1:
        layers = [{"kind": "draft", "name": "Answer", "slots": slots}]
    else:
        sketch.tell(
            "Open WebUI merges with the model whose answer is shown: here the first "
            "one writes the answer. Choose another in the builder."
        )
        layers = [
            *drafting(slots, rounds=1, pack={}),
            answering({"model": slots[0]["model"]}, {}),
        ]
    return sketch.finish(slug=name, name=name or "Open WebUI models", layers=layers)


def _models(content: Any) -> list[Any]:
    if isinstance(content, dict):
        listed = content.get("data", content.get("models"))
        return listed if isinstance(listed, list) else [content]
    return content if isinstance(content, list) else []


def _is_model(each: Any) -> bool:
    if not isinstance(each, dict) or not isinstance(each.get("id"), str):
        return False
    inner = each.get("info") if isinstance(each.get("info"), dict) else each
    return isinstance(inner, dict) and ("base_model_id" in inner or "params" in inner)


def _slot(each: dict[str, Any], sketch: Sketch) -> dict[str, Any]:
    info = each.get("info")
    settings = Settings({**each, **info} if isinstance(info, dict) else each)
    settings.drop("info", *_NO_MIXTURE)
    own = settings.text("id") or ""
    model = settings.text("base_model_id") or own
    name = settings.text("name") or own
    inner = Settings(settings.mapping("params") or {})
    slot = sketch.slot(model, inner, system=inner.text("system"), name=name[:120])
    _tell_of_meta(settings.mapping("meta") or {}, sketch)
    rest = sketch.keep_rest(settings)
    if sketch.key in rest:
        slot[sketch.key] = {**slot.get(sketch.key, {}), **rest[sketch.key]}
    return slot


def _tell_of_meta(meta: dict[str, Any], sketch: Sketch) -> None:
    sketch.tell(
        "Whose the models are, who may use them, and how they look there stays behind."
    )
    for name, what in (("knowledge", "knowledge"), ("toolIds", "tools")):
        if meta.get(name):
            sketch.tell(f"A model's {what} stay behind: a slot has only its prompts.")
