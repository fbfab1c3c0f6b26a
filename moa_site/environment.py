"""Reads the knobs: from the environment, from files that it names, from the data directory."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parent.parent


def knob(name: str, default: str = "") -> str:
    """The value of NAME, else the content of the file that NAME_FILE names.

    Raises ImproperlyConfigured when NAME_FILE names a file that says nothing.
    """
    value = os.environ.get(name, "").strip()
    path = os.environ.get(f"{name}_FILE", "").strip()
    if value or not path:
        return value or default
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
        fault = "" if value else "is empty"
    except OSError as error:
        fault = f"cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        fault = "cannot be read: it is not UTF-8 text"
    if fault:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which {fault}")
    return value


def number(name: str, default: int) -> int:
    """The whole number, at least 1, that NAME holds."""
    text = knob(name, str(default))
    if not (text.isascii() and text.isdecimal() and int(text) >= 1):
        raise ImproperlyConfigured(f"{name} must be a whole number from 1, not {text}")
    return int(text)


def address(name: str, default: str = "") -> str:
    """The URL that NAME holds. It may hold a password: it is not repeated."""
    text = knob(name) or default
    try:
        _ = urlsplit(text).port
    except ValueError:
        raise ImproperlyConfigured(f"{name} is not an address") from None
    return text


def database(default: str) -> dj_database_url.DBConfig:
    """The database of DATABASE_URL. Its value may hold a password: it is not repeated."""
    # Each web request has a thread of its own: a connection kept there would leak.
    age = 60 if "celery" in sys.argv[0] else 0
    try:
        return dj_database_url.parse(
            knob("DATABASE_URL") or default, conn_max_age=age, conn_health_checks=True
        )
    except ValueError:
        raise ImproperlyConfigured(
            "DATABASE_URL is not the address of a database, such as "
            "postgres://user:password@host/name"
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
