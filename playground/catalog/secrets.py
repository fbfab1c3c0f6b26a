"""Encrypts what providers trust us with. Opened in workers only, for one call.

A sealed credential is `v1:<key id>:<Fernet token>`. The token holds the provider's slug
beside the secret, so that a row copied to another provider does not open.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

VERSION = "v1"


class KeyringError(Exception):
    """MOA_ENCRYPTION_KEYS is missing or holds something that is no key."""


class Unreadable(Exception):
    """The stored secret cannot be opened: calls fail, nothing goes out without it."""


def keyring() -> dict[str, Fernet]:
    """The keys by id, the encrypting one first. Raises KeyringError."""
    keys = tuple(settings.MOA_ENCRYPTION_KEYS)
    if not keys:
        raise KeyringError(
            "There is no encryption key: set MOA_ENCRYPTION_KEYS, or use the data "
            "directory that `manage.py up` prepared (is MOA_DATA set?)."
        )
    return _keyring(keys)


@lru_cache(maxsize=4)
def _keyring(keys: tuple[str, ...]) -> dict[str, Fernet]:
    ring = {}
    for position, key in enumerate(keys, start=1):
        try:
            ring[key_id(key)] = Fernet(key)
        except ValueError:
            # Never the key itself: this text ends up in logs.
            raise KeyringError(
                f"Key {position} of MOA_ENCRYPTION_KEYS is not a Fernet key "
                "(32 bytes, url-safe base64)."
            ) from None
    return ring


def key_id(key: str) -> str:
    """A short name of a key that says nothing about it."""
    return hashlib.sha256(f"moa key id {key}".encode()).hexdigest()[:8]


def seal(secret: str, *, provider: str) -> str:
    """Encrypt a provider's secret with the first key."""
    name, fernet = next(iter(keyring().items()))
    content = json.dumps({"provider": provider, "secret": secret})
    return f"{VERSION}:{name}:{fernet.encrypt(content.encode()).decode()}"


def unseal(sealed: str, *, provider: str) -> str:
    """The secret of that provider. Raises Unreadable, KeyringError."""
    version, _, rest = sealed.partition(":")
    name, _, token = rest.partition(":")
    fernet = keyring().get(name)
    if version != VERSION or fernet is None:
        raise Unreadable(
            f"The credential of {provider} was encrypted with a key that is not in "
            "MOA_ENCRYPTION_KEYS. Restore the key, or provision the credential again."
        )
    try:
        content = json.loads(fernet.decrypt(token.encode()))
    except InvalidToken:
        content = {}
    if content.get("provider") != provider:
        raise Unreadable(
            f"The credential of {provider} is damaged. Provision it again."
        )
    return str(content["secret"])
