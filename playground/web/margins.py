"""Markdown with a mark after each sentence, as a scholar writes sources.

The marks stand in the text as characters that no text may hold while the allow-list
judges it, and are exchanged for their markup after that: what a model wrote cannot make
one, and what the page sets is not judged as a model's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from markdown_it.token import Token

from playground.web.markdown import clean_html, parse_markdown, render_tokens
from playground.web.sentences import Sentence, sentences_of

# Of the private use area: no writing has them, and what a model writes is freed of them.
_OPEN, _CLOSE = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_STRAY = re.compile(f"[{_OPEN}{_CLOSE}]")


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence as plain text, and the number of the paragraph or cell that has it."""

    text: str
    block: int


Marker = Callable[[Sequence[Said]], Sequence[SafeString]]


def render_with_marks(text: str, marker: Marker) -> SafeString:
    """Sanitised HTML of a Markdown text, each sentence followed by its mark.

    `marker` gets all sentences in order and answers with the markup for each; an empty
    one sets no mark.
    """
    tokens = parse_markdown(_STRAY.sub("", text))
    places = [
        (block, token, sentence)
        for block, token in enumerate(tokens)
        if token.type == "inline" and token.children
        for sentence in sentences_of(_plain(token.children))
    ]
    marks = marker([Said(sentence.text, block) for block, _, sentence in places])
    for number in range(len(places) - 1, -1, -1):
        _, token, sentence = places[number]
        if marks[number]:
            token.children = list(_marked(token.children or [], sentence, number))
    clean = clean_html(render_tokens(tokens))
    return SafeString(_MARK.sub(lambda found: marks[int(found.group(1))], clean))


def _plain(children: Sequence[Token]) -> str:
    return "".join(_words(child) for child in children)


def _words(child: Token) -> str:
    if child.type in ("softbreak", "hardbreak"):
        return "\n" if child.type == "hardbreak" else " "
    return child.content if not child.nesting else ""


def _marked(
    children: Sequence[Token], sentence: Sentence, number: int
) -> Iterator[Token]:
    """The children with a mark where the sentence ends; its words stay as they are."""
    at, in_link, waiting = 0, False, True
    for child in children:
        length = len(_words(child))
        in_link = child.type == "link_open" or (in_link and child.type != "link_close")
        ends_here = waiting and at < sentence.end <= at + length
        if ends_here and not in_link:
            yield from _split(child, sentence.end - at, number)
            waiting = False
        else:
            yield child
        at += length
        # A mark is a link itself: it waits for the end of one that it would stand in.
        if waiting and child.type == "link_close" and sentence.end <= at:
            yield _mark(number)
            waiting = False


def _mark(number: int) -> Token:
    return Token("text", "", 0, content=f"{_OPEN}{number}{_CLOSE}")


def _split(child: Token, at: int, number: int) -> Iterator[Token]:
    mark = _mark(number)
    if child.type != "text":
        yield child
        yield mark
        return
    yield Token("text", "", 0, content=child.content[:at])
    yield mark
    yield Token("text", "", 0, content=child.content[at:])
