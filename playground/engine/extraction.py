"""The answer that a draft gives, in the one spelling in which answers are compared."""

from __future__ import annotations

import functools
import hashlib
import re

from playground.engine.ballots import Extract
from playground.engine.expressions import MOST_CHARS, found_in
from playground.engine.numbers import number_in

_LONGEST_ANSWER = 120
_MARKUP = re.compile(r"[*_`$]|\\(?:text|mathrm|textbf|mathbf)(?=\{)|\\[()\[\]]")
_LETTER = r"(?:[(\[{]{1,2}([A-Za-z])[)\]}]|([A-Z])(?![\w'\u2019])|([a-z])(?=\s*(?:[.),;:!\]]|$)))"
_IS = r"\s+(?:is|are|would\s+be|must\s+be|should\s+be)"
# As in: the answer is (B); the best option is b; Answer: b; and LaTeX boxes.
_STATED = re.compile(
    rf"(?:(?i:\b(?:answer|solution)s?(?:{_IS})?|\b(?:option|choice){_IS})"
    r"[\s:=]{0,6}(?i:(?:option|choice|letter)[\s:]{1,3})?|\\boxed\s{0,3})" + _LETTER,
    re.MULTILINE,
)
# As an option is named: in brackets, with a dot or colon, or as `option b`.
_SPELT = re.compile(
    r"[(\[]([A-Za-z])[)\]]|(?<![\w.'\u2019])([A-J])(?:[):]|\.(?=\s|$))"
    r"|(?i:\b(?:option|choice)\s{1,3})([A-Za-z])\b"
)
_LONE = re.compile(r"^[^\w\n]{0,9}([A-Za-z])[^\w\n]{0,9}$", re.MULTILINE)


@functools.lru_cache(maxsize=1024)
def answer_in(text: str, extract: Extract, pattern: str) -> str | None:
    """The answer in a draft without its thoughts; None when there is none.

    number: the one in the last box or behind ####, else the last one. choice: the last letter that is stated as the answer, else the
    last in an option's spelling, else one that has a line for itself. regex: the group
    of the first match. exact: all of it. Only the end of a very long text is read.
    """
    end = text[-MOST_CHARS:]
    match extract:
        case "number":
            return number_in(end)
        case "choice":
            return _choice(end)
        case "regex":
            found = found_in(end, pattern)
            return _short(found or "")
        case _:
            return _short(text)


def _short(found: str) -> str | None:
    """Spaces and line breaks do not count. Long answers are told apart by a hash: a journal is no second copy of drafts."""
    answer = " ".join(found.split())
    if len(answer) <= _LONGEST_ANSWER:
        return answer or None
    digest = hashlib.sha256(answer.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{answer[:80]}… [{digest[:12]}]"


def _choice(text: str) -> str | None:
    plain = _MARKUP.sub("", text)
    for spelling in (_STATED, _SPELT, _LONE):
        found = [each[each.lastindex or 0] for each in spelling.finditer(plain)]
        if found:
            return found[-1].upper()
    return None
