"""Filters and tags of the playground's templates."""

from __future__ import annotations

from datetime import datetime

from django.template import Library
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from playground.web import formats
from playground.web.markdown import render_markdown

register = Library()

register.filter("money", formats.money)
register.filter("exact_money", formats.exact_money)
register.filter("dollars", formats.dollars)
register.filter("seconds", formats.seconds)
register.filter("count", formats.count)
register.filter("counted", formats.counted)
register.filter("percent", formats.percent)
register.filter("markdown", render_markdown)

_A_MINUTE = 60
_SAME_DAY = "%H:%M"


@register.simple_tag
def glyph(name: str) -> SafeString:
    """The shape of a state. The word that goes with it is the template's."""
    return format_html(
        '<svg class="glyph" aria-hidden="true"><use href="#g-{}" /></svg>', name
    )


@register.filter
def coded(text: str) -> SafeString:
    """A sentence with what stands between backticks as code."""
    parts = enumerate(text.split("`"))
    return format_html_join(
        "",
        "{}",
        (
            (format_html("<code>{}</code>", part) if place % 2 else part,)
            for place, part in parts
        ),
    )


@register.filter
def moment(at: datetime | None) -> SafeString | str:
    """When, as near as one needs it: `now`, `14:02`, `3 June, 14:02`, UTC."""
    if at is None:
        return formats.NONE
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(timespec="seconds"),
        at.strftime("%d %B %Y, %H:%M:%S UTC").lstrip("0"),
        _spoken(at, timezone.now()),
    )


def _spoken(at: datetime, now: datetime) -> str:
    if 0 <= (now - at).total_seconds() < _A_MINUTE:
        return "now"
    if at.date() == now.date():
        return at.strftime(_SAME_DAY)
    spelled = at.strftime("%d %b" if at.year == now.year else "%d %b %Y")
    return spelled.lstrip("0")
