"""What a model's name and a size as people write it tell: parameters, and the family.

Knows no database. A name that tells nothing gives nothing: nobody's guess is kept.
"""

from __future__ import annotations

import re

_UNITS = {"k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}
_NUMBER = r"(\d+(?:\.\d+)?)"
_SIZE = re.compile(rf"(?:(\d+)\s*[x\xd7]\s*)?{_NUMBER}\s*([kmbt])\b", re.IGNORECASE)
# In a name a size stands between marks: `-72B-`, `:8x22b`, not the 1106 of `gpt-4-1106`,
# nor what is active of a mixture of experts, `A3B`.
_IN_NAME = re.compile(
    rf"(?<![a-z0-9.])(?:\d+x)?{_NUMBER}[mb](?![a-z0-9])", re.IGNORECASE
)
# Who does not tell the number tells the class. Orders of magnitude, to compare with.
_CLASSES = {"tiny": 10**9, "small": 10**10, "medium": 5 * 10**10, "large": 2 * 10**11}
_SMALL = re.compile(r"(?<![a-z])(?:mini|nano|haiku|flash|lite|small)(?![a-z])")
_FAMILIES = (
    ("SmolLM", r"smollm"),
    ("Qwen", r"qwen|qwq|qvq"),
    ("Llama", r"llama"),
    ("Mistral", r"mistral|mixtral|ministral|magistral|codestral|devstral|pixtral"),
    ("DeepSeek", r"deepseek"),
    ("GPT-OSS", r"gpt-oss"),
    ("GPT", r"(?:chat)?gpt-|o[134](?:-|$)"),
    ("Claude", r"claude"),
    ("Gemini", r"gemini"),
    ("Gemma", r"gemma"),
    ("Grok", r"grok"),
    ("Command", r"command-|c4ai"),
    ("Phi", r"phi-\d"),
    ("Kimi", r"kimi"),
    ("GLM", r"glm-\d"),
    ("MiniMax", r"minimax"),
    ("Nova", r"nova-(?:micro|lite|pro|premier)"),
    ("Granite", r"granite"),
    ("Nemotron", r"nemotron"),
    ("OLMo", r"olmo"),
    ("WizardLM", r"wizardlm"),
    ("DBRX", r"dbrx"),
    ("Yi", r"yi-\d"),
    ("Jamba", r"jamba"),
)


def parameters_of(size: str) -> int | None:
    """`135M`, `70B`, `8x22B` or `small` as a number of parameters; None if it is none.

    Experts count in full: `8x22B` is 176 thousand million.
    """
    found = _SIZE.search(size)
    if found is None:
        return _CLASSES.get(size.strip().casefold())
    experts, number, unit = found.groups()
    return round(int(experts or 1) * float(number) * _UNITS[unit.lower()])


def size_in(name: str) -> str:
    """The size that a model's name tells, as written there; empty when it tells none."""
    found = _IN_NAME.search(name)
    if found:
        return found.group().upper().replace("X", "x")
    return "small" if _SMALL.search(name.casefold()) else ""


def family_in(name: str) -> str:
    """The family that a model's name tells; empty when it tells none we know."""
    last = name.rpartition("/")[2].casefold()
    # A distilled model is of the family that it was made from: the later word.
    hits = [
        (found.start(), family)
        for family, pattern in _FAMILIES
        if (found := re.search(rf"(?<![a-z])(?:{pattern})", last))
    ]
    return max(hits, default=(0, ""))[1]
