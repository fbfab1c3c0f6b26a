"""Markdown with a mark after each sentence."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString

from playground.web.margins import Said, render_with_marks
from playground.web.markdown import render_markdown


def _number(sentences: Sequence[Said]) -> list[SafeString]:
    return [format_html("<sup>{}</sup>", n) for n, _ in enumerate(sentences)]


def _none(sentences: Sequence[Said]) -> list[SafeString]:
    return [SafeString() for _ in sentences]


def test_marks_stand_where_sentences_end() -> None:
    html = render_with_marks("One *two. Three* four.\n\n- five `six`", _number)
    assert html.replace("\n", "") == (
        "<p>One <em>two.<sup>0</sup> Three</em> four.<sup>1</sup></p>"
        "<ul><li>five <code>six</code><sup>2</sup></li></ul>"
    )


def test_marks_do_not_stand_in_links() -> None:
    html = render_with_marks("[One. Two](https://a.example) three. Four", _number)
    assert html == (
        '<p><a href="https://a.example" rel="noopener noreferrer nofollow">One. Two</a>'
        "<sup>0</sup> three.<sup>1</sup> Four<sup>2</sup></p>\n"
    )


def test_marks_left_out_leave_the_text_as_it_is() -> None:
    text = (
        "# A\n\nB *c*. D [e](https://f.g/h).\n\n| i |\n|---|\n| $x$ |\n\n```py\n1\n```"
    )
    assert render_with_marks(text, _none) == render_markdown(text)


def test_marks_cannot_be_made_by_the_text() -> None:
    html = render_with_marks("a \ue0000\ue001 be. c", _number)
    assert html == "<p>a 0 be.<sup>0</sup> c<sup>1</sup></p>\n"


def test_marks_get_sentences_as_plain_text() -> None:
    seen: list[str] = []

    def note(sentences: Sequence[Said]) -> list[SafeString]:
        seen.extend(each.text for each in sentences)
        return _none(sentences)

    render_with_marks("Say **this** <b> now. Then\nthat.", note)
    assert seen == ["Say this <b> now.", "Then that."]
