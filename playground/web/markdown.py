"""What models write, as HTML that is safe to put into a page.

Two walls: the Markdown reader passes no raw HTML on, and the allow-list lets through
only elements and attributes that carry text. Neither trusts the other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from threading import Lock

import nh3
from cachetools import LRUCache, cached
from django.utils.html import format_html
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from playground.web.code import CODE_CLASSES, mark_code
from playground.web.mathematics import read_mathematics

_MATHEMATICS = {
    *("math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mstyle", "mpadded"),
    *("mfrac", "msqrt", "mroot", "msup", "msub", "msubsup", "menclose", "mphantom"),
    *("mover", "munder", "munderover", "mmultiscripts", "mprescripts"),
    *("mtable", "mtr", "mtd"),
}
_TAGS = {
    *("a", "br", "code", "del", "em", "s", "strong", "span"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "p", "pre", "blockquote"),
    *("li", "ol", "ul", "table", "tbody", "td", "th", "thead", "tr"),
    *_MATHEMATICS,
}
_ATTRIBUTES: dict[str, set[str]] = {
    "*": set(),
    "a": {"href"},
    "ol": {"start"},
    "math": {"display"},
    "mo": {"stretchy", "form", "fence", "separator", "lspace", "rspace"}
    | {"minsize", "maxsize", "largeop", "movablelimits"},
    "mi": {"mathvariant"},
    "mspace": {"width"},
    "mpadded": {"width", "lspace", "voffset"},
    "mfrac": {"linethickness", "displaystyle", "scriptlevel"},
    "mstyle": {"displaystyle", "scriptlevel"},
    "mtable": {"displaystyle", "scriptlevel"},
    "mover": {"accent"},
    "munder": {"accentunder"},
    "munderover": {"accent", "accentunder"},
    "menclose": {"notation"},
}
_CLASSES: dict[str, set[str]] = {
    "span": set(CODE_CLASSES),
    "code": {"tex"},
    "mtd": {"left", "right"},
}
_SCHEMES = {"http", "https", "mailto"}
_REL = "noopener noreferrer nofollow"
# Nesting costs stack and layout. What lies deeper is left out: only a hostile or a
# broken text goes there, and the exports have it whole.
_MAX_NESTING = 100
# A longer text is shown as it was written: no page needs it set, and it would take
# the server from others for too long.
_LONGEST = 400_000
# Brackets that never close make the reader look again and again for their end.
_MOST_OPENINGS = 2_000
# A row of many cells makes as many in every row below it.
_MOST_CELLS = 200
_KEEP_CHARS = 16_000_000
_LANGUAGE = re.compile(r"[\w+#.-]{1,40}")


class _Renderer(RendererHTML):
    def image(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        """A link instead of a picture: a picture would call out to its host."""
        token = tokens[idx]
        words = self.renderInlineAsText(token.children, options, env)
        address = str(token.attrs.get("src", ""))
        return format_html('<a href="{}">{}</a>', address, words or address)

    def fence(
        self, tokens: Sequence[Token], idx: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        """Code, marked up for the language that the fence names."""
        token = tokens[idx]
        named = _LANGUAGE.match(token.info.strip())
        code = mark_code(token.content, named.group().lower() if named else "")
        return f"<pre><code>{code}</code></pre>\n"


_reader = MarkdownIt(
    "commonmark",
    {"html": False, "linkify": False, "maxNesting": _MAX_NESTING},
    renderer_cls=_Renderer,
).enable(["table", "strikethrough"])
read_mathematics(_reader)


@cached(LRUCache(_KEEP_CHARS, getsizeof=len), lock=Lock())
def render_markdown(text: str) -> SafeString:
    """Sanitised HTML of a Markdown text: tables, links, marked code, formulas.

    Kept in memory: a page is opened by many, and a draft does not change any more.
    """
    if is_too_much(text):
        return format_html("<pre>{}</pre>", text)
    return clean_html(render_tokens(parse_markdown(text)))


def is_too_much(text: str) -> bool:
    """True for a text that is shown as it was written: too long, or made to be slow."""
    if len(text) > _LONGEST:
        return True
    openings = text.count("[") + text.count("\\(")
    cells = max((line.count("|") for line in text.splitlines()), default=0)
    return openings > _MOST_OPENINGS or cells > _MOST_CELLS


def parse_markdown(text: str) -> list[Token]:
    """A Markdown text as the reader's tokens."""
    return _reader.parse(text)


def render_tokens(tokens: Sequence[Token]) -> str:
    """The HTML of tokens, not judged yet."""
    rendered: str = _reader.renderer.render(tokens, _reader.options, {})
    return rendered


def clean_html(html: str) -> SafeString:
    """What the allow-list leaves of HTML that a model had a part in."""
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        url_schemes=_SCHEMES,
        link_rel=_REL,
    )
    # nh3 is the judge of what is safe; nothing is joined to its verdict here.
    return SafeString(clean)
