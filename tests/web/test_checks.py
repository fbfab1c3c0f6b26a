"""What `check --deploy` says of a site that is not ready for other people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.core import checks
from pytest_django import Settings

from playground.checks import check_encryption_keys, check_redis, check_secret_key


@pytest.mark.parametrize(
    ("check", "name", "bad", "good", "code"),
    [
        (check_encryption_keys, "MOA_ENCRYPTION_KEYS", [], None, "E002"),
        (check_encryption_keys, "MOA_ENCRYPTION_KEYS", ["canary"], None, "E003"),
        (check_redis, "REDIS_URL", "", "redis://127.0.0.1", "E004"),
    ],
)
def test_missing_setting_is_an_error(
    settings: Settings,
    check: Callable[[], list[checks.CheckMessage]],
    name: str,
    bad: Any,
    good: Any,
    code: str,
) -> None:
    setattr(settings, name, bad)
    [error] = check()
    assert error.id == f"playground.{code}"
    assert "canary" not in error.msg
    setattr(settings, name, good or [Fernet.generate_key().decode()])
    assert check() == []


def test_empty_secret_key_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    empty = LazySettings()
    empty.configure(SECRET_KEY="")
    assert check_secret_key() == []
    monkeypatch.setattr("playground.checks.settings", empty)
    assert [error.id for error in check_secret_key()] == ["playground.E001"]


def test_checks_run_for_deployment_only() -> None:
    ours = {check_secret_key, check_encryption_keys, check_redis}
    assert ours <= set(checks.registry.registry.deployment_checks)
    assert not ours & set(checks.registry.registry.registered_checks)
