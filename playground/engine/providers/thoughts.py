"""Tells thoughts that a model writes into its text from what it says.

Models that are served without a parser open their answer with `<think>…</think>`. Only
there: later on the tag may be what the answer is about.
"""

from __future__ import annotations

import re
from typing import Final

_OPENING: Final = ("<think>", "<thinking>")
_CLOSING: Final = ("</think>", "</thinking>")
_CLOSED: Final = re.compile("|".join(_CLOSING), re.IGNORECASE)
_LONGEST: Final = max(len(tag) for tag in _CLOSING)


class Thoughts:
    """Feed it an answer's text as it comes; it hands out what is said and what is thought.

    `is_over` is True once nothing but speech can come: then there is no need to ask.
    """

    def __init__(self) -> None:
        self.is_over = False
        self._held = ""
        self._is_thinking = self._has_thought = self._was_thinking = False

    def feed(self, text: str, *, final: bool = False) -> tuple[str, str]:
        """More text. With `final` nothing is held back for what may follow."""
        if self.is_over:
            return text, ""
        self._held += text
        thought = ""
        while True:
            if self._is_thinking:
                inner, is_closed = self._think(final=final)
                thought += inner
                if not is_closed:
                    return "", thought
            elif not self._opens(final=final):
                return self._say(final=final), thought

    def _opens(self, *, final: bool) -> bool:
        """Whether a thought begins here. While that is open, everything is held."""
        begun = self._held.lstrip().lower()
        for tag in _OPENING:
            if begun.startswith(tag):
                self._held = self._held.lstrip()[len(tag) :]
                self._is_thinking = True
                return True
        self.is_over = final or not any(tag.startswith(begun) for tag in _OPENING)
        return False

    def _say(self, *, final: bool) -> str:
        if not (self.is_over or final):
            return ""
        said, self._held = self._held, ""
        # What sets the answer apart from its thoughts is no part of it.
        return said.lstrip() if self._was_thinking else said

    def _think(self, *, final: bool) -> tuple[str, bool]:
        """The thought so far, and whether it is over."""
        if match := _CLOSED.search(self._held):
            thought, self._held = self._held[: match.start()], self._held[match.end() :]
            self._is_thinking, self._was_thinking = False, True
            return self._begun(thought), True
        kept = 0 if final else self._half_a_tag()
        end = len(self._held) - kept
        thought, self._held = self._held[:end], self._held[end:]
        return self._begun(thought), False

    def _begun(self, thought: str) -> str:
        """Nothing but space before its first word: some models leave thoughts empty."""
        thought = thought if self._has_thought else thought.lstrip()
        self._has_thought = self._has_thought or bool(thought)
        return thought

    def _half_a_tag(self) -> int:
        """How many characters at the end may be the beginning of a closing tag."""
        at = self._held.rfind("<", max(len(self._held) - _LONGEST, 0))
        tail = self._held[at:].lower() if at >= 0 else ""
        return len(tail) if any(tag.startswith(tail) for tag in _CLOSING) else 0
