"""groq-moa's JSON, in both of its spellings.

Shape: skapadia3214/groq-moa `app.py` downloads `{main_model, cycles, temperature,
system_prompt, reference_system_prompt, moa_layer_agent_config}`, while
`moa/agent/moa.py` (`MOAgentConfig`) reads `layer_agent_config`. There, `cycles` counts
the layers before the answer, and a system prompt holds `{helper_response}` where the
references go.
"""

from __future__ import annotations

from typing import Any

from playground.recipes.foreign.settings import Settings, shown_name
from playground.recipes.foreign.sketch import (
    Converted,
    Sketch,
    answering,
    drafting,
    rounds_of,
)

_AGENTS = ("moa_layer_agent_config", "layer_agent_config")
_MAIN = "moa_main_agent_config"


def recognises(content: Any) -> bool:
    """Layer agents, under either name."""
    return isinstance(content, dict) and any(
        isinstance(content.get(name), dict) for name in _AGENTS
    )


def convert(content: dict[str, Any]) -> Converted:
    """As many layers of the agents as there are cycles, then the main model."""
    sketch = Sketch("groq-moa", "x_groq_moa")
    main = content.get(_MAIN)
    flat = {**content, **main} if isinstance(main, dict) else content
    settings = Settings({name: value for name, value in flat.items() if name != _MAIN})
    agents = settings.mapping(*_AGENTS) or {}
    pack = _pack(settings, sketch)
    rounds = rounds_of(
        settings.take("cycles", fits=lambda value: value is not None),
        sketch,
        called="cycles",
    )
    slots = [_agent(name, each, sketch) for name, each in agents.items()]
    layers = drafting(slots, rounds=rounds, pack=pack) if slots else []
    system = _system(settings, sketch)
    slot = sketch.slot(
        settings.text("main_model", "model") or "", settings, system=system
    )
    last = answering(slot, pack) if layers else {"kind": "draft", "slots": [slot]}
    sketch.tell(
        "groq-moa calls `cycles` the number of layers: the answer's own layer comes on "
        f"top, so there are {len(layers) + 1}."
    )
    return sketch.finish(
        slug="groq-moa", name="groq-moa mixture", layers=[*layers, last]
    )


def _agent(name: str, agent: Any, sketch: Sketch) -> dict[str, Any]:
    if not isinstance(agent, dict):
        sketch.tell(f"The agent “{shown_name(name)}” is no mapping of keys.")
        agent = {}
    settings = Settings(agent)
    system = _system(settings, sketch)
    model = settings.text("model_name", "model") or ""
    return sketch.slot(model, settings, system=system, name=name[:120])


def _system(settings: Settings, sketch: Sketch) -> str | None:
    text = settings.text("system_prompt")
    if text is None:
        sketch.tell("Without a system prompt, none is given: groq-moa has its own.")
        return None
    before, place, after = text.partition("{helper_response}")
    if place and after.strip():
        sketch.tell(
            "References come after the whole system prompt, not where "
            "`{helper_response}` stood in it."
        )
    return _undoubled(before + after).strip() or None


def _pack(settings: Settings, sketch: Sketch) -> dict[str, Any]:
    pack: dict[str, Any] = {"anonymise": True, "placement": "system"}
    text = settings.text("reference_system_prompt", "reference_prompt")
    if text is None:
        return pack
    header, _, after = text.partition("{responses}")
    if header.strip():
        pack["header"] = _undoubled(header).strip()
        sketch.tell(
            "The text around the references holds for every layer that reads drafts; "
            "groq-moa itself forgets it between its cycles."
        )
    if after.strip():
        sketch.tell("The text after `{responses}` has no place here and is left out.")
        pack["x_after"] = after
    return pack


def _undoubled(text: str) -> str:
    """In these texts a brace that is meant as one is written double."""
    return text.replace("{{", "{").replace("}}", "}")
