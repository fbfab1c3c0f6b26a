"""The answer that a draft gives, in the one spelling in which answers are compared."""

from __future__ import annotations

import functools
import hashlib
import re
from decimal import Decimal

from playground.engine.ballots import Extract
from playground.engine.expressions import MOST_CHARS, found_in

_LONGEST_ANSWER = 120
# Beyond this, digits written out would be pages of noughts.
_MOST_DIGITS = 40
_NUMBER = re.compile(
    r"(?:(?<![\w.,)])[-+\N{MINUS SIGN}])?(?<!\w)(?<!\w\.)"
    r"(?:\d{1,3}(?:,\d{3})+(?![\d])|\d{1,400})?(?:(?<=\d)\.\d{1,400}|(?<!\d)\.\d{1,400})?"
    r"(?<=\d)(?:[eE][-+]?\d{1,6})?"
)
_MARKUP = re.compile(r"[*_`$]|\\(?:text|mathrm|textbf|mathbf)(?=\{)|\\[()\[\]]")
_LETTER = r"(?:[(\[{]{1,2}([A-Za-z])[)\]}]|([A-Z])(?![\w'\u2019])|([a-z])(?=\s*(?:[.),;:!\]]|$)))"
# As in: the answer is (B); Answer: b; and LaTeX boxes.
_STATED = re.compile(
    r"(?:(?i:\b(?:answer|solution)s?)(?i:\s+(?:is|are|would\s+be|must\s+be|should\s+be))?"
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

    number: the last one. choice: the last letter that is stated as the answer, else the
    last in an option's spelling, else one that has a line for itself. regex: the group
    of the first match. exact: all of it. Only the end of a very long text is read.
    """
    end = text[-MOST_CHARS:]
    match extract:
        case "number":
            return _number(end)
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


def _number(text: str) -> str | None:
    found = [match[0] for match in _NUMBER.finditer(text) if match[0]]
    if not found:
        return None
    plain = found[-1].replace(",", "").replace("\N{MINUS SIGN}", "-")
    number = Decimal(plain)
    if not number:
        return "0"
    # Exactly as written: `normalize` would round to the context's 28 digits.
    sign, digits, exponent = number.as_tuple()
    written = "".join(map(str, digits))
    short = written.rstrip("0")
    power = int(exponent) + len(written) - len(short)
    return ("-" if sign else "") + _spelt(short.lstrip("0"), power)


def _spelt(digits: str, power: int) -> str:
    """An integer's digits times a power of ten, without noughts at its end."""
    if not -_MOST_DIGITS <= power <= _MOST_DIGITS:
        return f"{digits}e{power}"
    if power >= 0:
        return digits + "0" * power
    padded = digits.rjust(1 - power, "0")
    return f"{padded[:power]}.{padded[power:]}"


def _choice(text: str) -> str | None:
    plain = _MARKUP.sub("", text)
    for spelling in (_STATED, _SPELT, _LONE):
        found = [each[each.lastindex or 0] for each in spelling.finditer(plain)]
        if found:
            return found[-1].upper()
    return None
