"""Reads the layers and slots of a recipe. What is not known is refused, so that no
recipe runs differently from what it says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from playground.engine.elections import LONGEST_S, read_vote
from playground.engine.forks import read_by, read_route
from playground.engine.panels import ORDERS, read_contest
from playground.engine.picks import Keeping
from playground.engine.placeholders import names_in
from playground.engine.reading import Reader
from playground.engine.shapes import JUDGING, Kind, Layer, Pack, Params, Sees, Slot

KINDS = ("draft", "rank", "vote", "select", "compare", "aggregate", "route")
_LISTED = "draft, rank, vote, select, compare, aggregate or route"
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
# What the engine sets itself, and what would smuggle a key or an address in.
_OURS = (
    *("model", "messages", "stream", "stream_options", "n", "tools", "tool_choice"),
    *("functions", "function_call", "response_format", "stop", "seed"),
    *("max_tokens", "max_completion_tokens", "temperature", "top_p"),
    "reasoning_effort",
)
_SECRET = re.compile(
    r"(?i).*(api[_-]?key|secret|password|authori[sz]ation|bearer|credential|"
    r"access[_-]?token|headers|base[_-]?url|api[_-]?base|endpoint|\burl\b|proxy).*"
)
_ADDRESS = re.compile(r"(?i)\s*[a-z][a-z0-9+.-]*://.*")


def read_layer(
    reader: Reader, index: int, names: frozenset[str], *, opens: bool
) -> Layer | None:
    """One layer, or None when it is of no kind that is known.

    `opens`: it is the first of the recipe or of a branch, with no drafts before it.
    """
    kind = _read_kind(reader)
    if kind is None:
        return None
    if kind == "vote":
        return read_vote(reader, index, opens=opens)
    if kind == "route":
        by = read_by(reader, stands_first=index == 1)
        slots = _read_slots(reader, kind, names) if by == "model" else ()
        return read_route(reader, by, slots)
    slots = _read_slots(reader, kind, names)
    sees = _read_sees(reader, kind, opens=opens)
    window = _read_window(reader, slots) if kind == "draft" else None
    layer = Layer(
        index=index,
        kind=kind,
        name=reader.text("name", longest=120, empty=False) or f"Layer {index}",
        slots=slots,
        sees=sees,
        pack=_read_pack(
            reader,
            reads=kind != "draft" or sees != "none" or bool(window),
            is_ranking=kind == "rank",
        ),
        max_parallel=reader.whole("max_parallel", low=1),
        quorum=_read_quorum(reader, kind, slots),
        grace_s=reader.number("grace_s", high=LONGEST_S) or 0.0,
        timeout_s=reader.number("timeout_s", high=LONGEST_S, above=True) or 300.0,
        on_fail=cast("Any", reader.one_of("on_fail", ("drop", "abort")) or "drop"),
        primary=_read_primary(reader, kind, slots),
        keeping=_read_keeping(reader) if kind == "select" else None,
        window=window,
        contest=read_contest(reader) if kind == "rank" else None,
    )
    _check_references(reader, layer)
    reader.close()
    return layer


def check_names(
    reader: Reader, key: str, text: str | None, allowed: Iterable[str]
) -> None:
    """Report every `{{name}}` of a text that nothing stands behind."""
    known = sorted(allowed)
    for name in names_in(text or ""):
        if name not in known:
            listed = ", ".join(f"`{each}`" for each in known)
            reader.complain(
                key,
                f"nothing is called `{name}`: declare it under `variables`, "
                f"or use one of {listed}",
            )


def _read_kind(reader: Reader) -> Kind | None:
    reader.require("kind", _LISTED)
    return cast("Kind | None", reader.one_of("kind", KINDS))


def _read_sees(reader: Reader, kind: Kind, *, opens: bool) -> Sees:
    default: Sees = "none" if opens else "previous"
    if kind in JUDGING:
        if opens:
            reader.complain("kind", f"`{kind}` needs a layer before it to judge")
        return default
    sees = reader.one_of("sees", ("none", "previous", "all")) or default
    if opens and sees != "none":
        reader.complain(
            "sees", "the first layer has nothing to see: leave `sees` out or say none"
        )
    return cast("Sees", sees)


def _read_quorum(reader: Reader, kind: Kind, slots: Sequence[Slot]) -> int | None:
    quorum = reader.whole("quorum", low=1)
    drafts = sum(slot.samples for slot in slots)
    # How many drafts the judges of a rank write is known once the layers before are.
    if quorum is not None and slots and quorum > drafts and kind != "rank":
        reader.complain(
            "quorum", f"asks for {quorum} drafts and the layer writes {drafts}"
        )
    return quorum


def _read_keeping(reader: Reader) -> Keeping:
    return Keeping(
        keep=reader.whole("keep", low=1) or 1,
        stop_early=reader.flag("stop_early") or False,
    )


def _read_primary(reader: Reader, kind: Kind, slots: Sequence[Slot]) -> str:
    if kind != "aggregate":
        return ""
    labels = [slot.label for slot in slots]
    primary = reader.text("primary")
    if primary is not None and primary not in labels:
        reader.complain("primary", f"no slot is labelled `{primary}` in this layer")
    return primary or (labels[0] if labels else "")


def _read_window(reader: Reader, slots: Sequence[Slot]) -> int | None:
    window = reader.whole("window", low=1, high=100)
    if window is not None and slots and all(slot.samples == 1 for slot in slots):
        reader.complain(
            "window",
            "refines a slot's samples and every slot here has one: give a slot more "
            "`samples`, or leave `window` out",
        )
    return window


def _check_references(reader: Reader, layer: Layer) -> None:
    if layer.sees != "none" or layer.window is not None:
        return
    for position, slot in enumerate(layer.slots):
        if "references" in names_in(slot.prompt):
            reader.complain(
                f"slots[{position}].prompt",
                "asks for {{references}} and this layer sees no drafts: set `sees`",
            )


def _read_pack(reader: Reader, *, reads: bool, is_ranking: bool = False) -> Pack:
    if not reads and reader.take("pack") is not None:
        reader.complain(
            "pack", "this layer sees no drafts to pack: leave it out or set `sees`"
        )
    pack = reader.inner("pack")
    template = pack.text("template")
    _check_template(pack, template)
    order = pack.one_of("order", ORDERS)
    hidden, stripped = pack.flag("anonymise"), pack.flag("strip_reasoning")
    read = Pack(
        template=template,
        header=pack.text("header"),
        # Peers rank what they cannot tell apart, each in an order of its own.
        order=cast("Any", order or ("shuffle" if is_ranking else "fixed")),
        anonymise=is_ranking if hidden is None else hidden,
        strip_reasoning=True if stripped is None else stripped,
        max_chars=pack.whole("max_chars", low=1),
        placement=cast(
            "Any", pack.one_of("placement", ("system", "user_tail")) or "user_tail"
        ),
    )
    pack.close()
    return read


def _check_template(pack: Reader, template: str | None) -> None:
    if template is None:
        return
    check_names(pack, "template", template, ("label", "model", "text"))
    if "text" not in names_in(template):
        pack.complain("template", "must have {{text}}, else no draft would be shown")


def _read_slots(reader: Reader, kind: Kind, names: frozenset[str]) -> tuple[Slot, ...]:
    reader.require("slots", "a list with at least one slot")
    if reader.take("slots") == []:
        reader.complain("slots", "must have at least one slot")
    slots = tuple(
        _read_slot(
            Reader(item, path, reader.problems), default_label(kind, position), names
        )
        for position, (path, item) in enumerate(reader.items("slots"))
    )
    _check_labels(reader, slots)
    return slots


def default_label(kind: Kind, position: int) -> str:
    """A, B, … for drafts and Z, Y, … for aggregators; then A2, B2, …"""
    again, place = divmod(position, len(_ALPHABET))
    letter = _ALPHABET[-1 - place] if kind == "aggregate" else _ALPHABET[place]
    return f"{letter}{again + 1}" if again else letter


def _check_labels(reader: Reader, slots: Sequence[Slot]) -> None:
    counts = Counter(slot.label for slot in slots)
    for position, slot in enumerate(slots):
        first = next(i for i, other in enumerate(slots) if other.label == slot.label)
        if counts[slot.label] > 1 and position != first:
            reader.complain(
                f"slots[{position}].label",
                f"`{slot.label}` is slot {first + 1}'s label already (slots without "
                "one are labelled by position): give this slot another",
            )


def _read_slot(reader: Reader, default: str, names: frozenset[str]) -> Slot:
    reader.require("model", "the alias of a model in the catalogue")
    label = reader.text(
        "label",
        pattern=r"[A-Za-z0-9_-]{1,12}",
        wanted="1 to 12 letters, digits, `_` or `-`",
    )
    prompt = reader.text("prompt", empty=False)
    retries = reader.whole("retries", low=0, high=20)
    slot = Slot(
        label=label or default,
        model=reader.text("model", longest=64, empty=False) or "",
        samples=reader.whole("samples", low=1, high=100) or 1,
        system_prompt=reader.text("system_prompt"),
        prompt="{{prompt}}" if prompt is None else prompt,
        params=_read_params(reader.inner("params")),
        fallback=reader.texts("fallback", longest=64),
        timeout_s=reader.number("timeout_s", high=LONGEST_S, above=True),
        retries=2 if retries is None else retries,
    )
    check_names(reader, "system_prompt", slot.system_prompt, (*names, "prompt"))
    check_names(reader, "prompt", prompt, (*names, "prompt", "references"))
    reader.close()
    return slot


def _read_params(params: Reader) -> Params:
    read = Params(
        temperature=params.number("temperature", high=2),
        top_p=params.number("top_p", high=1),
        max_tokens=params.whole("max_tokens", low=1, high=10_000_000),
        seed=params.whole("seed", low=-(2**63), high=2**63 - 1),
        stop=params.texts("stop", longest=200),
        reasoning_effort=params.one_of("reasoning_effort", _EFFORTS),
        extra=_read_extra(params.inner("extra"), params.take("extra")),
    )
    params.close()
    return read


def _read_extra(extra: Reader, content: object) -> dict[str, object]:
    if not isinstance(content, Mapping):
        return {}
    for name in content:
        extra.take(name)
        if name in _OURS:
            extra.complain(name, "is set by the engine: use the slot's own keys")
    for path in _secrets_in(content):
        extra.complain(path, "a recipe holds no keys and no addresses: take it out")
    extra.close()
    return {name: value for name, value in content.items() if _is_sent(name)}


def _is_sent(name: object) -> bool:
    return isinstance(name, str) and not name.startswith("x_")


def is_secret(name: str, value: object) -> bool:
    """True for what no recipe holds: credentials, by their name, and addresses."""
    if isinstance(value, str) and _ADDRESS.fullmatch(value):
        return True
    return bool(_SECRET.fullmatch(name))


def _secrets_in(content: object, path: str = "") -> Iterable[str]:
    if isinstance(content, Mapping):
        for name, value in content.items():
            inner = f"{path}.{name}" if path else str(name)
            if is_secret(str(name), value):
                yield inner
            else:
                yield from _secrets_in(value, inner)
    elif isinstance(content, list):
        for position, value in enumerate(content):
            inner = f"{path}[{position}]"
            if is_secret("", value):
                yield inner
            else:
                yield from _secrets_in(value, inner)
