"""Provider secrets: sealed at rest, opened only with the right key for the right provider."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from pytest_django import Settings

from playground.catalog.clients import endpoint_of
from playground.catalog.models import Credential, Provider
from playground.catalog.secrets import (
    KeyringError,
    Unreadable,
    key_id,
    keyring,
    seal,
    unseal,
)
from playground.catalog.services import save_credential

SECRET = "sk-canary-0123456789abcdef"


@pytest.fixture
def provider(db: None) -> Provider:
    return Provider.objects.create(slug="p", name="P", base_url="https://p.example/v1")


def test_sealed_secret_names_its_key_and_hides_itself(encryption_key: str) -> None:
    sealed = seal(SECRET, provider="p")
    version, name, _ = sealed.split(":")
    assert (version, name) == ("v1", key_id(encryption_key))
    assert SECRET not in sealed
    assert encryption_key not in sealed
    assert unseal(sealed, provider="p") == SECRET


@pytest.mark.usefixtures("encryption_key")
def test_secret_does_not_open_for_another_provider() -> None:
    sealed = seal(SECRET, provider="p")
    with pytest.raises(Unreadable, match="damaged"):
        unseal(sealed, provider="q")


def test_old_key_still_opens_after_a_rotation(
    settings: Settings, encryption_key: str
) -> None:
    sealed = seal(SECRET, provider="p")
    settings.MOA_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), encryption_key]
    assert unseal(sealed, provider="p") == SECRET
    assert seal(SECRET, provider="p").split(":")[1] != key_id(encryption_key)


def test_secret_of_a_lost_key_is_unreadable(
    settings: Settings, encryption_key: str
) -> None:
    sealed = seal(SECRET, provider="p")
    settings.MOA_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(Unreadable, match="not in MOA_ENCRYPTION_KEYS"):
        unseal(sealed, provider="p")


@pytest.mark.usefixtures("encryption_key")
@pytest.mark.parametrize(
    "change",
    [lambda text: text[:-4], lambda _: "plain", str.upper],
    ids=["cut", "plain", "upper"],
)
def test_damaged_secret_is_unreadable(change: object) -> None:
    assert callable(change)
    with pytest.raises(Unreadable):
        unseal(change(seal(SECRET, provider="p")), provider="p")


def test_missing_keys_are_said(settings: Settings) -> None:
    settings.MOA_ENCRYPTION_KEYS = []
    with pytest.raises(KeyringError, match="set MOA_ENCRYPTION_KEYS"):
        seal(SECRET, provider="p")


def test_bad_key_is_named_by_position_only(
    settings: Settings, encryption_key: str
) -> None:
    settings.MOA_ENCRYPTION_KEYS = [encryption_key, "canary-not-a-key"]
    with pytest.raises(KeyringError, match="Key 2") as caught:
        keyring()
    assert "canary" not in str(caught.value)


@pytest.mark.usefixtures("encryption_key")
def test_stored_credential_is_sealed_and_opens_for_its_endpoint(
    provider: Provider,
) -> None:
    save_credential(provider, SECRET)
    stored = Credential.objects.values().get()
    assert stored["last4"] == "cdef"
    assert SECRET not in str(stored)
    endpoint = endpoint_of("p")
    assert endpoint.key == SECRET
    assert SECRET not in repr(endpoint)


@pytest.mark.usefixtures("encryption_key")
def test_credential_is_stored_again_only_when_it_changed(provider: Provider) -> None:
    assert save_credential(provider, SECRET) is True
    sealed = Credential.objects.get().sealed
    assert save_credential(provider, SECRET) is False
    assert Credential.objects.get().sealed == sealed
    assert save_credential(provider, f"{SECRET}-2") is True
    assert Credential.objects.get().sealed != sealed


@pytest.mark.usefixtures("encryption_key")
def test_short_secret_shows_no_end(provider: Provider) -> None:
    save_credential(provider, "short")
    assert Credential.objects.get().last4 == ""


def test_endpoint_without_credential_has_no_key(provider: Provider) -> None:
    assert endpoint_of(provider.slug).key is None


def test_endpoint_fails_closed_when_its_secret_cannot_be_opened(
    provider: Provider, settings: Settings, encryption_key: str
) -> None:
    save_credential(provider, SECRET)
    settings.MOA_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(Unreadable):
        endpoint_of("p")
