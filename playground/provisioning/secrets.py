"""Values that stand in the file or, better, in the environment as `env:NAME`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from playground.engine.reading import Reader, shown_key

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")
# Nobody's key is called so: `env:` was forgotten.
_NAME_ALONE = re.compile(r"(?:[A-Z][A-Z0-9]*_)+(?:KEY|TOKEN|SECRET|PASSWORD)")


class Secrets:
    """Reads secrets; never puts one into a message."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def read(self, reader: Reader, name: str, *, is_header: bool = False) -> str | None:
        """The secret under a key; None when there is none or it was complained of.

        `is_header`: it will travel in an HTTP header, so it must be printable ASCII.
        """
        value = reader.take(name)
        if value is None:
            return None
        if not isinstance(value, str) or not value:
            reader.complain(name, "must be text: put it in quotes, or write env:NAME")
            return None
        if value.startswith("env:"):
            value = self._from_environment(reader, name, value.removeprefix("env:"))
        elif _NAME_ALONE.fullmatch(value):
            reader.complain(name, f"is a variable's name: write env:{value}")
            return None
        if value is not None and is_header and not _travels(value):
            reader.complain(name, "must be printable ASCII without spaces")
            return None
        return value

    def _from_environment(self, reader: Reader, name: str, variable: str) -> str | None:
        value = self._environment.get(variable, "").strip()
        if not value:
            is_name = _VARIABLE.fullmatch(variable)
            # What follows `env:` may be the secret itself.
            shown = variable if is_name else shown_key(variable)
            reader.complain(name, f"the environment variable {shown} is not set")
            return None
        return value


def _travels(secret: str) -> bool:
    return secret.isascii() and secret.isprintable() and " " not in secret
