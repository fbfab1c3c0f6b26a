"""What models write cannot act on the page that shows it."""

from __future__ import annotations

import re
import time

import pytest

from playground.web.markdown import render_markdown

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox(1))",
    "<javascript:alert(1)>",
    "![x](https://evil.example/pixel.png)",
    "![x](javascript:alert(1))",
    '![x](https://evil.example/"onerror="alert(1))',
    '[x](https://a.example "onmouseover=alert(1)")',
    "<div hx-get='/runs/' hx-trigger=load>x</div>",
    "<p hx-on:click='alert(1)' data-hx-post='/x'>x</p>",
    "<form action=/runs/1/stop/ method=post><button>ok</button></form>",
    "<style>body{display:none}</style>",
    "<p style='position:fixed;inset:0' class='note' id='run'>x</p>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href='//evil.example/'>",
    "```html\n<script>alert(1)</script>\n```",
    "`<img src=x onerror=alert(1)>`",
    "| <script>1</script> | b |\n|---|---|\n| <b onclick=x> | c |",
    "[x]: javascript:alert(1)\n\n[x]",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "\x00<scr\x00ipt>alert(1)</scr\x00ipt>",
    "$\\href{javascript:alert(1)}{x}$ and \\(\\text{<img src=x onerror=alert(1)>}\\)",
    "$$\\class{hx-get}{x}$$ \\[\\style{position:fixed}{x}\\]",
    "$\\color{red}{x}$ $\\unicode{x3c}$ $\\html{<b>}$",
    '```js"><img src=x onerror=alert(1)>\nvar a = "</code></pre><script>1</script>"\n```',
    "```python class=x onmouseover=alert(1)\nx = '<b onclick=1>'\n```",
]
ALLOWED = re.compile(
    r"</?(?:a|blockquote|br|code|del|em|h[1-6]|hr|li|ol|p|pre|s|strong|table|tbody|td|th"
    r"|thead|tr|ul|span|m[a-z]+)"
    r"(?: (?:href|rel|start|display|stretchy|form|lspace|rspace|width|accent|class"
    r"|displaystyle|scriptlevel)=\"[^\"<>]*\")*>"
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_markdown_leaves_only_harmless_elements(attack: str) -> None:
    html = render_markdown(attack)
    assert "<" not in ALLOWED.sub("", html)
    assert all(
        href.startswith(("https://", "http://", "mailto:"))
        for href in re.findall(r'href="([^"]*)"', html)
    )


def test_markdown_makes_a_link_of_an_image() -> None:
    html = render_markdown("![a cat](https://a.example/cat.png)")
    assert html == (
        '<p><a href="https://a.example/cat.png" rel="noopener noreferrer nofollow">'
        "a cat</a></p>\n"
    )


def test_markdown_renders_what_drafts_use() -> None:
    html = render_markdown("# A\n\n1. b\n\n| c |\n|---|\n| ~~d~~ |\n\n> **e** `f`")
    assert html.replace("\n", "") == (
        "<h1>A</h1><ol><li>b</li></ol><table><thead><tr><th>c</th></tr></thead>"
        "<tbody><tr><td><s>d</s></td></tr></tbody></table>"
        "<blockquote><p><strong>e</strong> <code>f</code></p></blockquote>"
    )


def test_markdown_stops_where_nesting_is_hostile() -> None:
    assert render_markdown("> " * 5_000 + "deep").count("<blockquote>") == 100
    assert "deep" in render_markdown("> " * 30 + "deep")


@pytest.mark.parametrize(
    "source",
    ["$a^2$", "so \\(a^2\\).", "- \\[a^2\\]", "\\[\na^2\n\\]", "$$\na^2\n$$"],
)
def test_markdown_sets_formulas_as_models_write_them(source: str) -> None:
    assert "<msup><mi>a</mi><mn>2</mn></msup></math>" in render_markdown(source)


@pytest.mark.parametrize(
    "source",
    ["costs $5 and $10 a month", "$ 5 or 6$", r"a \$b\$ c", "`$a$`", "\\(open"],
)
def test_markdown_leaves_money_and_code_alone(source: str) -> None:
    assert "<math" not in render_markdown(source)


def test_markdown_shows_a_formula_that_cannot_be_set_as_it_was_written() -> None:
    html = render_markdown(r"$\nosuch{<b>}$")
    assert html == '<p><code class="tex">\\nosuch{&lt;b&gt;}</code></p>\n'


def test_markdown_aligns_equations_without_a_style() -> None:
    html = render_markdown(r"$$\begin{align}a &= b\\ c &= d\end{align}$$")
    assert html.count('<mtd class="right">') == 2
    assert html.count('<mtd class="left">') == 2
    assert "style=" not in html.replace("displaystyle=", "")
    assert "(1)" not in html


def test_markdown_marks_the_words_of_code() -> None:
    html = render_markdown("```Python\nreturn '<b>'\n```")
    assert html == (
        '<pre><code><span class="t-k">return</span> '
        "<span class=\"t-s1\">'&lt;b&gt;'</span>\n</code></pre>\n"
    )


def test_markdown_shows_code_of_a_strange_language_plain() -> None:
    assert render_markdown("```nosuch\na < b\n```") == (
        "<pre><code>a &lt; b\n</code></pre>\n"
    )


@pytest.mark.parametrize(
    "piece", ["[", "![a", "\\(", "$a ", "*a ", "_a_", "`", "<", "[a](", "> ", "|a"]
)
def test_markdown_is_quick_on_hostile_text(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    began = time.process_time()
    assert render_markdown(text)
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "formula", ["{" * 60_000, "\\left(" * 9_000, "\\sqrt " * 9_000, "a^{" * 20_000]
)
@pytest.mark.parametrize("fence", ["${}$", "$${}$$", "\\({}\\)", "$$\n{}\n$$"])
def test_markdown_survives_a_formula_without_a_floor(formula: str, fence: str) -> None:
    html = render_markdown(fence.replace("{}", formula))
    assert "<math" not in html
    assert formula[:2] in html


def test_markdown_shows_a_table_that_would_burst_as_it_was_written() -> None:
    rows = "|a" * 3_000 + "\n" + "|-" * 3_000 + "\n" + "|b\n" * 3_000
    assert render_markdown(rows).startswith("<pre>|a|a")


def test_markdown_of_a_text_is_made_once() -> None:
    text = "made once " * 300
    assert render_markdown(text) is render_markdown(text)
