"""The arguments of Together's MoA, from a command line, a file or a script.

Names and defaults: togethercomputer/MoA `generate_for_alpaca_eval.py` and `bot.py`
(`model, reference_models, temperature, max_tokens, rounds`), `moa.py` and
`advanced-moa.py` (`reference_models, aggregator_model, layers`). There, `rounds` counts
the layers before the answer, and `layers` the answer's, too.
"""

from __future__ import annotations

from typing import Any

from playground.recipes.foreign.settings import Settings, is_number, is_whole
from playground.recipes.foreign.sketch import (
    MOST_ROUNDS,
    Converted,
    Sketch,
    answering,
    drafting,
    rounds_of,
)

_DEFAULTS = {"temperature": 0.7, "max_tokens": 2048}
_LIST = ("reference_models", "reference_model")
_AGGREGATOR = ("aggregator_model", "aggregator", "aggregate_model", "model")
# The published script misspells it.
_HEADERS = (
    "aggregator_system_prompt",
    "aggreagator_system_prompt",
    "aggregator_prompt",
)


def recognises(content: Any) -> bool:
    """Reference models, and a model that reads them."""
    if not isinstance(content, dict):
        return False
    names = {name.lower().replace("-", "_") for name in content}
    return bool(names.intersection(_LIST) and names.intersection(_AGGREGATOR))


def convert(content: dict[str, Any]) -> Converted:
    """Rounds of the reference models, then the aggregator."""
    sketch = Sketch("Together MoA", "x_together_moa")
    settings = Settings(content)
    references = settings.texts(*_LIST)
    aggregator = settings.text(*_AGGREGATOR) or ""
    script = settings.text("script") or ""
    rounds = _rounds(settings, sketch)
    params = _params(settings, sketch)
    pack = _pack(settings, sketch)
    _tell_of_files(settings, sketch)
    slots = [{"model": name, "params": params} for name in references]
    _tell_of_script(script, params, sketch)
    last = answering({"model": aggregator, "params": params}, pack)
    layers = drafting(slots, rounds=rounds, pack=pack) if slots else []
    if not slots:
        sketch.tell("It names no reference model: only the aggregator is here.")
        last = {"kind": "draft", "name": "Answer", "slots": last["slots"]}
    asked = settings.text("user_prompt")
    rest = {"sample_prompts": asked and [asked], **sketch.keep_rest(settings)}
    name = f"Together MoA, {len(layers) + 1} layers"
    return sketch.finish(slug="together-moa", name=name, layers=[*layers, last], **rest)


def _rounds(settings: Settings, sketch: Sketch) -> int:
    layers = settings.take("layers", "num_layers", fits=is_whole(2))
    if layers is not None:
        return rounds_of(layers - 1, sketch, called="layers")
    return rounds_of(
        settings.take("rounds", fits=is_whole(1, MOST_ROUNDS))
        or settings.take("rounds", fits=lambda value: value is not None),
        sketch,
        called="rounds",
    )


def _params(settings: Settings, sketch: Sketch) -> dict[str, Any]:
    temperature = settings.take("temperature", fits=is_number(0, 2))
    max_tokens = settings.take("max_tokens", fits=is_whole(1, 10_000_000))
    if temperature is None and not settings.has("temperature"):
        sketch.tell("No temperature was given: 0.7, as in the published scripts.")
    if max_tokens is None and not settings.has("max_tokens"):
        sketch.tell("No max_tokens was given: 2048, the published scripts' default.")
    given = {"temperature": temperature, "max_tokens": max_tokens}
    return {
        name: default if given[name] is None else given[name]
        for name, default in _DEFAULTS.items()
    }


def _tell_of_script(script: str, params: dict[str, Any], sketch: Sketch) -> None:
    # The evaluation scripts call the aggregator with defaults, whatever is asked.
    if script.startswith("generate_for_") and params != _DEFAULTS:
        sketch.tell(
            f"`{script[:40]}` gives temperature and max_tokens to the reference models "
            "only; here the aggregator has them, too."
        )


def _pack(settings: Settings, sketch: Sketch) -> dict[str, Any]:
    pack: dict[str, Any] = {"anonymise": True, "placement": "system"}
    if header := settings.text(*_HEADERS):
        pack["header"] = header
    else:
        sketch.tell(
            "References come in the system message and without their models' names, as "
            "there; the words around them are this engine's own."
        )
    return pack


def _tell_of_files(settings: Settings, sketch: Sketch) -> None:
    if settings.texts("reference_paths"):
        sketch.tell(
            "It reads answers from files (`reference_paths`): a run writes its drafts "
            "itself."
        )
