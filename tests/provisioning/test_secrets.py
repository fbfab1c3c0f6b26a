"""Passwords and credentials: taken from the environment, and never repeated."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from playground.accounts.models import User
from tests.provisioning.filing import SECRET, change, provision, refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("encryption_key")]


def test_password_counts_only_when_the_person_is_made(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provision(folder)
    monkeypatch.setenv("ADA_PASSWORD", "another")
    provision(folder)
    assert User.objects.get(username="ada").check_password("ada sings")


@pytest.mark.parametrize("options", [(), ("--check",)])
def test_missing_variable_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.delenv("STUB_KEY")
    message = refused(folder, *options)
    assert "provision.yaml:16: providers[0].credential:" in message
    assert "STUB_KEY is not set" in message
    assert not User.objects.exists()


@pytest.mark.parametrize("value", ["canary\\n", "can ary", "canary-ä"])
def test_credential_that_cannot_travel_is_refused_unseen(
    folder: Path, value: str
) -> None:
    change(folder, "env:STUB_KEY", f'"{value}"')
    message = refused(folder)
    assert "providers[0].credential" in message
    assert "canary" not in message


def test_forgotten_env_is_among_the_faults(folder: Path) -> None:
    change(folder, "env:STUB_KEY", "STUB_KEY")
    change(folder, "role: member", "role: boss")
    message = refused(folder)
    assert "credential: is a variable's name: write env:STUB_KEY" in message
    assert "role" in message


def test_credential_without_keys_is_not_stored(
    folder: Path, settings: Settings
) -> None:
    settings.MOA_ENCRYPTION_KEYS = []
    assert "MOA_ENCRYPTION_KEYS" in refused(folder)
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "key",
    [
        SECRET,
        "moa_abc",
        "gsk4f8a1b2c3d4e5f6a7b8",
        "Bearer canaries",
        "correcthorsebatterystaplecanaries",
    ],
)
def test_secret_in_the_place_of_a_key_is_cut_short(folder: Path, key: str) -> None:
    change(folder, "    local: true\n", f"    local: true\n    {key}: env:STUB_KEY\n")
    message = refused(folder)
    assert f"provision.yaml:16: providers[0].{key[:4]}…: unknown key" in message
    assert key not in message


def test_secret_that_is_there_twice_as_a_key_is_cut_short(folder: Path) -> None:
    change(folder, "    local: true\n", f"    {SECRET}: 1\n    {SECRET}: 2\n")
    message = refused(folder)
    assert "provision.yaml:16: the key `sk-c…` is there already, in line 15" in message
    assert SECRET not in message


def test_secret_that_follows_env_is_cut_short(folder: Path) -> None:
    change(folder, "env:STUB_KEY", f"env:{SECRET}")
    message = refused(folder)
    assert "the environment variable sk-c… is not set" in message
    assert SECRET not in message


def test_mistyped_key_is_named_whole(folder: Path) -> None:
    change(folder, "    local: true\n", "    local: true\n    max_paralel2: 3\n")
    assert "providers[0].max_paralel2: unknown key; did you mean" in refused(folder)
