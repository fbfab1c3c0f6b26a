"""TeX in Markdown, set as MathML: `$…$`, `$$…$$`, `\\(…\\)` and `\\[…\\]`.

What cannot be set is shown as it was written. The markup that comes from here is
judged by the Markdown room's allow-list like all else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.utils.html import format_html
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from math_core import LatexError, LatexToMathML
from mdit_py_plugins.dollarmath import dollarmath_plugin

# A formula is short. To look further for its end would make a hostile text slow, and
# the converter descends into brackets: deep enough, it would take the process with it.
_LONGEST = 2_000
_converter = LatexToMathML(fancy_error=False, max_expansions=1_000)
# Models number equations that nothing refers to.
_NUMBERED = re.compile(r"\\(begin|end)\{(align|alignat|equation|gather|multline)\}")
_TAG = re.compile(r"\\tag\{([^{}]*)\}")
_SIDE = re.compile(r'style="[^"]*?text-align: (left|right);[^"]*"')


def read_mathematics(reader: MarkdownIt) -> None:
    """Teach a Markdown reader the four ways in which models write formulas."""
    reader.use(
        dollarmath_plugin,
        allow_labels=False,
        allow_space=False,
        allow_digits=False,
        allow_blank_lines=False,
        double_inline=True,
    )
    reader.inline.ruler.before("escape", "math_parentheses", _parentheses)
    reader.block.ruler.before(
        "fence", "math_brackets", _brackets, {"alt": ["paragraph", "blockquote"]}
    )
    reader.add_render_rule("math_inline", _inline)
    reader.add_render_rule("math_inline_double", _display)
    reader.add_render_rule("math_block", _display)


def set_formula(source: str, *, display: bool) -> str:
    """MathML of a TeX formula, or its source as code where it cannot be set."""
    if len(source) > _LONGEST:
        return format_html('<code class="tex">{}</code>', source.strip())
    plain = _TAG.sub(r"\\quad(\1)", _NUMBERED.sub(r"\\\1{\2*}", source.strip()))
    try:
        markup = _converter.convert_with_local_state(plain, displaystyle=display)
    except LatexError:
        return format_html('<code class="tex">{}</code>', source.strip())
    return _SIDE.sub(r'class="\1"', markup)


def _parentheses(state: StateInline, silent: bool) -> bool:
    """`\\(…\\)`, and `\\[…\\]` amid a sentence."""
    opening = state.src[state.pos : state.pos + 2]
    if opening not in ("\\(", "\\["):
        return False
    closing = "\\)" if opening == "\\(" else "\\]"
    end = state.src.find(closing, state.pos + 2, state.pos + _LONGEST)
    if end < 0 or not state.src[state.pos + 2 : end].strip():
        return False
    if not silent:
        kind = "math_inline" if opening == "\\(" else "math_inline_double"
        token = state.push(kind, "math", 0)
        token.content = state.src[state.pos + 2 : end]
    state.pos = end + 2
    return True


def _brackets(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    """`\\[…\\]` over whole lines."""
    begin = state.bMarks[first] + state.tShift[first]
    if not state.src.startswith("\\[", begin):
        return False
    end = state.src.find("\\]", begin + 2, begin + _LONGEST)
    line = first
    while end >= 0 and line < last and state.eMarks[line] < end + 2:
        line += 1
    if end < 0 or line >= last or state.src[end + 2 : state.eMarks[line]].strip(" ."):
        return False
    if not silent:
        token = state.push("math_block", "math", 0)
        token.block = True
        token.content = state.src[begin + 2 : end]
        token.map = [first, line + 1]
    state.line = line + 1
    return True


def _inline(
    _self: RendererProtocol,
    tokens: Sequence[Token],
    idx: int,
    _options: OptionsDict,
    _env: EnvType,
) -> str:
    return set_formula(tokens[idx].content, display=False)


def _display(
    _self: RendererProtocol,
    tokens: Sequence[Token],
    idx: int,
    _options: OptionsDict,
    _env: EnvType,
) -> str:
    markup = set_formula(tokens[idx].content, display=True)
    return f"<p>{markup}</p>\n" if tokens[idx].block else markup
