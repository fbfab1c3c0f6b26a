"""Writes the catalogue. Every function says whether it changed anything."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction

from playground.catalog.models import Credential, Lesson, ModelCard, Price, Provider
from playground.catalog.queries import engine_price
from playground.catalog.secrets import KeyringError, Unreadable, seal, unseal
from playground.engine import lessons, pricing

_LONGEST_FIELD = 64
_TOLD = ("family", "size", "reasoning", "good_at", "context", "max_output")


def save_credential(provider: Provider, secret: str) -> bool:
    """Seal the provider's secret, unless it is the one that is stored."""
    stored = Credential.objects.filter(provider=provider).first()
    if stored and _opens_to(stored, provider, secret):
        return False
    Credential.objects.update_or_create(
        provider=provider,
        defaults={
            "sealed": seal(secret, provider=provider.slug),
            "last4": shown_end(secret),
        },
    )
    return True


def _opens_to(stored: Credential, provider: Provider, secret: str) -> bool:
    try:
        return unseal(stored.sealed, provider=provider.slug) == secret
    except (Unreadable, KeyringError):
        return False


def shown_end(secret: str) -> str:
    """The last four characters, where the rest is long enough to stay secret."""
    return secret[-4:] if len(secret) >= 16 else ""


def save_price(card: ModelCard, price: pricing.Price | None) -> bool:
    """Let a price hold from now on, unless it is the one that holds already.

    None changes nothing: a price that is left out is not taken back.
    """
    if price is None:
        return False
    newest = card.prices.first()
    if newest is not None and _same_price(engine_price(newest), price):
        return False
    Price.objects.create(
        card=card,
        input=price.input,
        cached_input=price.cached_input,
        output=price.output,
        tiers=[tier.to_json() for tier in price.tiers],
    )
    return True


def describe_card(card: ModelCard, told: Mapping[str, Any]) -> bool:
    """Keep what a person says of a model: the fields of `CardForm`, cleaned.

    A price that is left out is not taken back; tiers stay as they are.
    """
    changed = [name for name in _TOLD if getattr(card, name) != told[name]]
    for name in changed:
        setattr(card, name, told[name])
    with transaction.atomic():
        if changed:
            card.save(update_fields=changed)
        return save_price(card, _told_price(card, told)) or bool(changed)


def _told_price(card: ModelCard, told: Mapping[str, Any]) -> pricing.Price | None:
    if told["input"] is None or told["output"] is None:
        return None
    newest = card.prices.first()
    return pricing.Price(
        input=told["input"],
        cached_input=told["cached_input"],
        output=told["output"],
        tiers=engine_price(newest).tiers if newest else (),
    )


def _same_price(one: pricing.Price, other: pricing.Price) -> bool:
    return one == other


def keep_lesson(
    provider: str, model: str, lesson: lessons.Lesson, *, said: str
) -> None:
    """Remember what a refusal taught; nothing where it is known or the provider is gone."""
    known = Provider.objects.filter(slug=provider).first()
    # A longer name would be of a parameter that a slot made up.
    if known is not None and len(lesson.field) <= _LONGEST_FIELD:
        Lesson.objects.get_or_create(
            provider=known,
            model=model,
            field=lesson.field,
            instead=lesson.instead,
            defaults={"said": said},
        )


def base_url_fault(url: str, *, local: bool) -> str:
    """Why this cannot be a provider's base URL; empty when it can.

    The address that a name leads to is checked when the connection is made.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "is not a URL"
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return "must not hold spaces, backslashes or characters that are not ASCII"
    if parts.scheme not in {"http", "https"} or not host:
        return "must begin with http:// or https:// and name a host"
    if "@" in parts.netloc:
        return "must not hold a user or password: the secret goes into `credential`"
    if "?" in url or "#" in url:
        return "must not have a query or a fragment"
    if not local and _is_inside(host):
        return (
            f"{host} is a private address: only providers with `local: true` go there"
        )
    return ""


def _is_inside(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        # 127.1, 0x7f.1 and 2130706433 are addresses to a resolver.
        return _looks_like_number(host)
    mapped = getattr(address, "ipv4_mapped", None)
    return not (mapped or address).is_global


def _looks_like_number(host: str) -> bool:
    last = host.rstrip(".").rpartition(".")[2]
    return last.isdigit() or last.lower().startswith("0x")
