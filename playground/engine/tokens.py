"""Tokens where nobody has counted them; what a provider reports always goes before.

Bounds, for what a call may cost: two bytes a token, and a margin; most texts need fewer.
Estimates, for what is likely: four bytes a token, as prose has on average. No tokenizer is
asked: tiktoken downloads its encodings, and they are those of one vendor's models.
"""

from __future__ import annotations

from collections.abc import Iterable

from playground.engine.messages import Message

# What a chat template adds around each message, and around all of them.
_MESSAGE_MARGIN = 8
_PROMPT_MARGIN = 8


def bound_of_bytes(count: int) -> int:
    """Tokens that this many bytes of UTF-8 are counted as, rounded up."""
    return -(-count // 2)


def estimate_of_bytes(count: int) -> int:
    """Tokens that this many bytes of UTF-8 are likely to have been, rounded up."""
    return -(-count // 4)


def bytes_of(text: str) -> int:
    """Bytes of the text in UTF-8; a lone surrogate, which JSON may carry, counts too."""
    if text.isascii():
        return len(text)
    return len(text.encode("utf-8", "surrogatepass"))


def bound_of_text(text: str) -> int:
    """Tokens that a known text is counted as."""
    return bound_of_bytes(bytes_of(text))


def bound_of_messages(messages: Iterable[Message]) -> int:
    """Tokens that a prompt is counted as."""
    return _PROMPT_MARGIN + sum(
        bound_of_text(message.content) + _MESSAGE_MARGIN for message in messages
    )


def estimate_of_messages(messages: Iterable[Message]) -> int:
    """Tokens that a prompt is likely to be counted as; never above its bound."""
    return _PROMPT_MARGIN + sum(
        estimate_of_bytes(bytes_of(message.content)) + _MESSAGE_MARGIN
        for message in messages
    )


def least_of_messages(messages: Iterable[Message]) -> int:
    """Tokens that a prompt has at least, whoever counts them.

    Tokenizers cut within words and do not join them, so a word is a token or more;
    in scripts without spaces none holds more than sixteen characters.
    """
    return sum(
        max(len(message.content.split()), len(message.content) // 16)
        for message in messages
    )


def bound_of_reference(max_tokens: int) -> int:
    """Tokens that a draft not yet written is counted as: 1.25 x its slot's limit."""
    return -(-max_tokens * 5 // 4)
