"""llm-council's settings: a panel that answers and ranks its answers, and a chairman.

Shape: `backend/config.py` of karpathy's llm-council as its forks keep it
(TheSese1/GenAI_LLM-council: `COUNCIL_MODELS`, `CHAIRMAN_MODEL`), and the
`data/settings.json` of llm-council-plus (jeremybrad/llm-council-plus
`backend/settings.py`: the same in lower case, `council_temperature`,
`chairman_temperature`, `execution_mode`, prompts by stage).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from playground.recipes.foreign.settings import Settings, is_number, is_text
from playground.recipes.foreign.sketch import Converted, Sketch, answering, drafting

_PANEL = "council_models"
_CHAIRMAN = ("chairman_model", "chairman")
_PROMPTS = ("stage1_prompt", "stage2_prompt", "stage3_prompt")
_TIMEOUT_S = 120


def recognises(content: Any) -> bool:
    """A panel, and maybe who is in its chair."""
    return isinstance(content, dict) and _PANEL in {name.lower() for name in content}


def convert(content: dict[str, Any]) -> Converted:
    """The panel's drafts, its ranking of them, then the chairman's answer."""
    sketch = Sketch("llm-council", "x_llm_council")
    settings = Settings(content)
    panel = [_member(each) for each in _panel(settings)]
    temperature = settings.take(
        "council_temperature", "temperature_stage1", fits=is_number(0, 2)
    )
    slots = [_seat(sketch, member, temperature) for member in panel]
    chair = _member(settings.take(*_CHAIRMAN, fits=_is_member) or "")
    last = _seat(
        sketch, chair, settings.take("chairman_temperature", fits=is_number(0, 2))
    )
    if not chair.get("model") and panel:
        last["model"] = panel[0].get("model", "")
        sketch.tell("It names no chairman: the panel's first model writes the answer.")
    ranks = settings.take(
        "stage2_temperature", "ranking_temperature", fits=is_number(0, 2)
    )
    layers = drafting(slots, rounds=1, pack={}) if slots else []
    if len(slots) > 1 and _is_ranked(settings):
        layers.append(_ranking(slots, temperature if ranks is None else ranks))
    _tell(settings, sketch, is_ranked=len(layers) > 1)
    for layer in layers:
        layer["timeout_s"] = _TIMEOUT_S
    rest = sketch.keep_rest(settings)
    final = answering(last, {}) if slots else {"kind": "draft", "slots": [last]}
    return sketch.finish(
        slug="council", name="Council", layers=[*layers, final], **rest
    )


def _panel(settings: Settings) -> list[Any]:
    listed = settings.listed(_PANEL)
    return settings.texts(_PANEL) if listed is None else listed


def _is_member(value: object) -> bool:
    return is_text(value) or isinstance(value, dict)


def _member(value: Any) -> dict[str, Any]:
    """A member is named by its model, or by a mapping that has one."""
    return dict(value) if isinstance(value, dict) else {"model": value}


def _seat(
    sketch: Sketch, member: dict[str, Any], temperature: float | None
) -> dict[str, Any]:
    settings = Settings(member)
    model = settings.text("model", "model_id", "bot_name", "id", "name") or ""
    system = settings.text("system_prompt", "persona")
    slot = sketch.slot(model, settings, system=system)
    if temperature is not None:
        slot["params"] = {"temperature": temperature, **slot.get("params", {})}
    return slot


def _is_ranked(settings: Settings) -> bool:
    """True unless the settings leave the panel at its answers."""
    return settings.text("execution_mode") != "chat_only"


def _ranking(
    slots: Sequence[Mapping[str, Any]], temperature: float | None
) -> dict[str, Any]:
    """The layer in which every member ranks the answers of the others."""
    sampled = {} if temperature is None else {"params": {"temperature": temperature}}
    judges = [{"model": slot["model"], **sampled} for slot in slots]
    return {
        "kind": "rank",
        "name": "Peer ranking",
        "method": "listwise",
        "slots": judges,
    }


def _tell(settings: Settings, sketch: Sketch, *, is_ranked: bool) -> None:
    if is_ranked:
        sketch.tell(
            "In llm-council every model ranks all answers, its own and in one order. Here "
            "each leaves its own out and sees an order of its own, and the chairman reads "
            "the answers by their mean rank, not what each member said."
        )
    if settings.text("execution_mode") == "roundtable":
        sketch.tell("Its round table of several turns is read as one round of answers.")
    if any(settings.has(name) for name in _PROMPTS):
        sketch.tell(
            "The prompts of its stages have marks that only llm-council fills: the "
            "words around the answers are this engine's own."
        )
    sketch.tell(
        "A member has 120 seconds, and its answer keeps its model's name before the "
        "chairman, as there."
    )
