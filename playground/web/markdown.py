"""What models write, as HTML that is safe to put into a page.

Two walls: the Markdown reader passes no raw HTML on, and the allow-list lets through
only elements and attributes that carry text. Neither trusts the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import nh3
from django.utils.html import format_html
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

_TAGS = {
    *("a", "br", "code", "del", "em", "s", "strong"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "p", "pre", "blockquote"),
    *("li", "ol", "ul", "table", "tbody", "td", "th", "thead", "tr"),
}
_ATTRIBUTES = {"*": set(), "a": {"href"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto"}
_REL = "noopener noreferrer nofollow"
# Nesting costs stack and layout. What lies deeper is left out: only a hostile or a
# broken text goes there, and the exports have it whole.
_MAX_NESTING = 100


class _Renderer(RendererHTML):
    def image(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        """A link instead of a picture: a picture would call out to its host."""
        token = tokens[idx]
        words = self.renderInlineAsText(token.children, options, env)
        address = str(token.attrs.get("src", ""))
        return format_html('<a href="{}">{}</a>', address, words or address)


_reader = MarkdownIt(
    "commonmark",
    {"html": False, "linkify": False, "maxNesting": _MAX_NESTING},
    renderer_cls=_Renderer,
).enable(["table", "strikethrough"])


def render_markdown(text: str) -> SafeString:
    """Sanitised HTML of a Markdown text; headings, lists, tables, code, links."""
    clean = nh3.clean(
        _reader.render(text),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel=_REL,
    )
    # nh3 is the judge of what is safe; nothing is joined to its verdict here.
    return SafeString(clean)
