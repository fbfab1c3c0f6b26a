"""A promptfoo configuration: its providers and prompts, without its tests.

Shape: promptfoo's reference (promptfoo.dev/docs/configuration/reference and
promptfoo/promptfoo `site/docs/configuration/{guide,prompts}.md`): `providers` (also
`targets`) and `prompts` are one text, a list, or mappings with `id, label, config` and
`label, raw`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playground.recipes.foreign.settings import Settings, shown_name
from playground.recipes.foreign.sketch import Converted, Sketch, answering
from playground.recipes.foreign.templates import Template, main_name, template_of

_MOST_SLOTS = 40
_MOST_SAMPLES = 12
_ELSEWHERE = ("file://", "exec:", "python:", "http:", "https:", "ws:", "package:")


@dataclass(frozen=True, slots=True)
class _Provider:
    model: str
    label: str | None
    config: dict[str, Any]
    rest: dict[str, Any]


def recognises(content: Any) -> bool:
    """Providers and prompts."""
    if not isinstance(content, dict):
        return False
    return "prompts" in content and bool({"providers", "targets"}.intersection(content))


def convert(content: dict[str, Any]) -> Converted:
    """A slot for every provider and prompt, and a layer that makes one answer of them."""
    sketch = Sketch("promptfoo", "x_promptfoo")
    settings = Settings(content)
    providers = _providers(settings.take("providers", "targets", fits=bool), sketch)
    prompts = _prompts(settings.take("prompts", fits=bool))
    templates = [template_of(prompt, sketch) for prompt in prompts] or [Template()]
    main = main_name(templates)
    slots = [
        _slot(provider, template.filled(main), sketch)
        for template in templates
        for provider in providers
    ]
    defaults, samples = _values(settings, main)
    variables = _variables(templates, main, defaults, sketch)
    description = settings.text("description")
    layers = _layers(slots[:_MOST_SLOTS], sketch)
    if len(slots) > _MOST_SLOTS:
        sketch.tell(f"Of {len(slots)} slots the first {_MOST_SLOTS} are here.")
    rest = sketch.keep_rest(settings)
    name = description or "promptfoo mixture"
    more = {"description": description, "variables": variables, **rest}
    return sketch.finish(
        slug=name, name=name, layers=layers, sample_prompts=samples, **more
    )


def _layers(slots: list[dict[str, Any]], sketch: Sketch) -> list[dict[str, Any]]:
    first = {"kind": "draft", "name": "Drafts", "slots": slots}
    if len(slots) < 2:
        return [first]
    sketch.tell(
        "promptfoo lays outputs side by side; a run has one answer. A layer that writes "
        "it was added, with the first provider's model."
    )
    return [first, answering({"model": slots[0]["model"]}, {})]


def _providers(given: Any, sketch: Sketch) -> list[_Provider]:
    items = given if isinstance(given, list) else [given]
    if isinstance(given, dict) and "id" not in given:
        items = [{name: options} for name, options in given.items()]
    return [
        _provider(item, number, sketch) for number, item in enumerate(items, start=1)
    ]


def _provider(item: Any, number: int, sketch: Sketch) -> _Provider:
    if isinstance(item, dict) and "id" not in item and len(item) == 1:
        [(name, options)] = item.items()
        inner = options if isinstance(options, dict) else {}
        item = {"id": name, **inner}
    read = Settings(item if isinstance(item, dict) else {"id": item})
    model, label = read.text("id") or "", read.text("label")
    if not model or model.startswith(_ELSEWHERE):
        sketch.tell(
            f"Provider {number} is a file or an address, which a recipe does not hold: "
            "choose a model of the catalogue in its place."
        )
        model = label or f"provider {number}"
    config = read.mapping("config") or {}
    return _Provider(model, label, config, sketch.keep_rest(read))


def _slot(provider: _Provider, template: Template, sketch: Sketch) -> dict[str, Any]:
    slot = sketch.slot(
        provider.model,
        Settings(provider.config),
        system=template.system,
        prompt=template.user,
        name=provider.label and provider.label[:120],
    )
    beside = {**provider.rest.get(sketch.key, {}), **slot.get(sketch.key, {})}
    return {**slot, **({sketch.key: beside} if beside else {})}


def _prompts(given: Any) -> list[str]:
    """The texts; a mapping of prompts has them as keys, in older files."""
    items = list(given) if isinstance(given, (list, dict)) else [given]
    texts = [_raw(item) for item in items]
    return [text for text in texts if isinstance(text, str) and text.strip()]


def _raw(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    read = Settings(item)
    return read.text("raw") or read.text("id") or read.text("label")


def _values(settings: Settings, main: str | None) -> tuple[dict[str, Any], list[str]]:
    """What the tests give: defaults of variables, and prompts to try."""
    default = settings.mapping("default_test") or {}
    tests = settings.listed("tests") or []
    given = [
        each["vars"] for each in tests if isinstance(each, dict) and "vars" in each
    ]
    samples = [
        vars_[main]
        for vars_ in given
        if isinstance(vars_, dict) and main and isinstance(vars_.get(main), str)
    ]
    plain = [each for each in samples if each.strip() and "://" not in each]
    defaults = default.get("vars")
    return (
        defaults if isinstance(defaults, dict) else {},
        list(dict.fromkeys(plain))[:_MOST_SAMPLES],
    )


def _variables(
    templates: list[Template],
    main: str | None,
    defaults: dict[str, Any],
    sketch: Sketch,
) -> list[dict[str, Any]]:
    names = dict.fromkeys(name for each in templates for name in each.names)
    if main and main != "prompt":
        sketch.tell(
            f"What a run is asked stands where `{{{{{shown_name(main)}}}}}` stood."
        )
    elif names and main is None:
        sketch.tell(
            "No prompt says where the question goes: put `{{prompt}}` into the slots' "
            "prompts, or a run's own prompt is not read."
        )
    sketch.tell("Tests and assertions stay behind: a recipe has none.")
    return [
        _variable(name, defaults.get(name))
        for name in names
        if name not in (main, "prompt")
    ]


def _variable(name: str, default: Any) -> dict[str, Any]:
    variable = {"name": name, "type": "text"}
    if isinstance(default, str):
        return {**variable, "default": default}
    return {**variable, "required": True}
