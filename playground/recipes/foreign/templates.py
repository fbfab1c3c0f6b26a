"""promptfoo's prompts: chat messages or one text, with names in double braces.

They are Nunjucks there; here a name is filled in one pass, and nothing else is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from playground.engine.placeholders import fill, names_in
from playground.recipes.foreign.sketch import Sketch

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_CODE = re.compile(r"\{%|\{#|\{\{(?!\s*[\w.-]+\s*\}\})")
# Where people put what is asked, when a prompt has several names.
_ASKED = (
    "prompt",
    "question",
    "query",
    "input",
    "message",
    "user_input",
    "text",
    "topic",
)


@dataclass(frozen=True, slots=True)
class Template:
    """What a slot is told; nothing means: the run's prompt as it is."""

    system: str | None = None
    user: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names that it asks for."""
        return names_in(f"{self.system or ''}\n{self.user or ''}")

    def filled(self, main: str | None) -> Template:
        """With the run's prompt where this name stood."""
        if main is None or self.user is None:
            return self
        values = {name: f"{{{{{name}}}}}" for name in self.names}
        values[main] = "{{prompt}}"
        system = None if self.system is None else fill(self.system, values)
        return replace(self, system=system, user=fill(self.user, values))


def template_of(text: str, sketch: Sketch) -> Template:
    """One prompt; what cannot be said here is told and stays as it was written."""
    if text.startswith("file://") or re.fullmatch(r"[\w./*-]+\.\w{2,4}(:\w+)?", text):
        sketch.tell(
            "A prompt lies in a file of its own: paste its text into the slots, which "
            "are told the run's prompt alone until then."
        )
        return Template()
    system, user = _messages(text, sketch)
    return Template(system and _plain(system, sketch), user and _plain(user, sketch))


def _messages(text: str, sketch: Sketch) -> tuple[str | None, str]:
    """The system text and the last question of a chat, or one text alone."""
    messages = _chat(text)
    if not messages:
        return None, text
    said = [
        (each.get("role"), each["content"])
        for each in messages
        if isinstance(each, dict) and isinstance(each.get("content"), str)
    ]
    system = "\n\n".join(content for role, content in said if role == "system")
    asked = [content for role, content in said if role == "user"]
    if len(said) > len(asked[-1:]) + bool(system):
        sketch.tell(
            "Of a chat's messages the system text and the last question are here."
        )
    return system or None, asked[-1] if asked else "{{prompt}}"


def _chat(text: str) -> list[Any]:
    if not text.lstrip().startswith("["):
        return []
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return read if isinstance(read, list) else []


def _plain(text: str, sketch: Sketch) -> str:
    """A text whose every name can be a variable's."""
    odd = [
        name
        for name in names_in(text)
        if not _NAME.fullmatch(name) or name == "references"
    ]
    if odd or _CODE.search(text):
        sketch.tell(
            "Some prompts compute (filters, conditions, parts of values): that is no "
            "part of a recipe, and stands in them as plain text."
        )
    values = {name: f"{{{{{name}}}}}" for name in names_in(text)}
    return fill(text, {**values, **{name: f"{{ {{{name}}}}}" for name in odd}})


def main_name(templates: Sequence[Template]) -> str | None:
    """The name that stands for what is asked, if one does."""
    names = list(dict.fromkeys(name for each in templates for name in each.names))
    if not names:
        return None
    asked = [name for name in _ASKED if name in names]
    return asked[0] if asked else names[0] if len(names) == 1 else None
