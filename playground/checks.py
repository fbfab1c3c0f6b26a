"""What must be right before the site is put before other people.

Under `check --deploy`: E001 no SECRET_KEY, E002 no encryption key, E003 a key that is
not one, E004 no Redis.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

from playground.catalog.secrets import KeyringError, keyring


def check_secret_key(**_: Any) -> list[CheckMessage]:
    """Sessions and forms are signed with it."""
    try:
        if settings.SECRET_KEY:
            return []
    except ImproperlyConfigured:  # how Django answers when it is empty
        pass
    hint = "Set SECRET_KEY or SECRET_KEY_FILE to 50 random characters or more."
    return [Error("SECRET_KEY is empty.", hint=hint, id="playground.E001")]


def check_encryption_keys(**_: Any) -> list[CheckMessage]:
    """Credentials are encrypted with them."""
    hint = (
        "Make one with `python -c 'from cryptography.fernet import Fernet; "
        "print(Fernet.generate_key().decode())'`; the first of the list encrypts."
    )
    if not settings.MOA_ENCRYPTION_KEYS:
        return [Error("MOA_ENCRYPTION_KEYS is empty.", hint=hint, id="playground.E002")]
    try:
        keyring()
    except KeyringError as error:
        return [Error(str(error), hint=hint, id="playground.E003")]
    return []


def check_redis(**_: Any) -> list[CheckMessage]:
    """Wake-ups and feeds go through it."""
    if settings.REDIS_URL:
        return []
    hint = "Set REDIS_URL (redis://, rediss:// or unix://)."
    return [Error("REDIS_URL is empty.", hint=hint, id="playground.E004")]


def register() -> None:
    """Add the checks to `check --deploy`."""
    for check in (check_secret_key, check_encryption_keys, check_redis):
        checks.register(check, checks.Tags.security, deploy=True)
