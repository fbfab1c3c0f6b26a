"""Reads the knobs: from the environment, from files that it names, from the data directory."""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parent.parent


def knob(name: str, default: str = "") -> str:
    """The value of NAME, else the content of the file that NAME_FILE names.

    Raises ImproperlyConfigured when NAME_FILE names a file that cannot be read.
    """
    value = os.environ.get(name, "").strip()
    path = os.environ.get(f"{name}_FILE", "").strip()
    if value or not path:
        return value or default
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}_FILE names {path}, which cannot be read: {error.strerror}"
        ) from None


def switch(name: str) -> bool:
    """True when NAME is set to a word that means yes."""
    return knob(name).lower() in {"1", "true", "yes", "on"}


def items(name: str) -> list[str]:
    """The comma-separated parts of NAME, without blanks."""
    return [part.strip() for part in knob(name).split(",") if part.strip()]


def data_directory() -> Path:
    """Where everything that this installation keeps for itself lies."""
    return Path(knob("MOA_DATA") or ROOT / "var").absolute()


def kept(name: str) -> dict[str, str]:
    """A JSON object of strings from the data directory; empty when there is none."""
    try:
        text = (data_directory() / name).read_text(encoding="utf-8")
    except OSError:
        return {}
    try:
        return {str(key): str(value) for key, value in json.loads(text).items()}
    except (ValueError, AttributeError) as error:
        raise ImproperlyConfigured(
            f"{data_directory() / name} is not readable as JSON; restore it from a "
            "backup. Credentials cannot be read without the keys that it held."
        ) from error


def broker_url(redis_url: str) -> str:
    """Celery's spelling of a Redis URL: kombu writes unix sockets in its own way."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    secret = f":{parts.password}@" if parts.password else ""
    return f"redis+socket://{secret}{parts.path}?virtual_host={database}"
