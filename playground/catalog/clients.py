"""What a worker needs to reach a provider, its key opened. Workers only."""

from __future__ import annotations

from playground.catalog.models import Provider
from playground.catalog.secrets import unseal
from playground.engine.providers.wire import Endpoint


def endpoint_of(slug: str) -> Endpoint:
    """The provider's endpoint with its key.

    Raises Provider.DoesNotExist, Unreadable, KeyringError: a call then fails before
    anything is sent.
    """
    provider = Provider.objects.select_related("credential").get(slug=slug)
    credential = getattr(provider, "credential", None)
    key = unseal(credential.sealed, provider=slug) if credential else None
    return Endpoint(
        slug=provider.slug,
        base_url=provider.base_url,
        key=key,
        local=provider.local,
        max_parallel=provider.max_parallel,
        requests_per_minute=provider.requests_per_minute,
        tokens_per_minute=provider.tokens_per_minute,
        keep_alive=provider.keep_alive,
    )
