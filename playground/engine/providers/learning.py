"""Reads in a refusal which field of the request was not taken, if it was that.

Only a field that was sent can be refused, and a value out of range is a mistake in the
slot and no lesson. The model, the messages' text and the cap are never given up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from playground.engine.lessons import CAP, SYSTEM, Lesson
from playground.engine.providers.verdicts import Refusal

_INSTEAD_OF_CAP: Final = "max_completion_tokens"
_KEPT: Final = frozenset(("model", "messages", _INSTEAD_OF_CAP))
_STATUSES: Final = frozenset((None, 400, 422))
# Some forbid the odds of tokens for a model; no other field is one's to be allowed.
_FORBIDDEN, _ODDS = 403, "logprobs"
_CODES: Final = frozenset(
    (
        "unsupported_parameter",
        "unsupported_value",
        "unknown_parameter",
        "extra_forbidden",
    )
)
_UNKNOWN: Final = re.compile(
    r"(?:unsupported|unknown|unrecognized) (?:request )?(?:param|arg|field|name)"
    r"|extra (?:inputs|fields|parameters)",
    re.IGNORECASE,
)
_NOT_TAKEN: Final = re.compile(
    r"unsupported|(?:not|n't) (?:be )?support|unrecognized|not (?:permitted|allowed)"
    r"|cannot both|is deprecated|not a (?:valid|known|recognized)"
    r"|only [^.]{1,40} (?:is|are) (?:allowed|supported)",
    re.IGNORECASE,
)
# Another value of the same field would have been taken.
_OTHER_VALUE: Final = re.compile(
    r"(?:supported|allowed|valid) values are|must be |expected one of|at most"
    r"|less than|greater than|too (?:large|high|small|many|long)|out of range",
    re.IGNORECASE,
)
_ROLE: Final = re.compile(
    r"\b(?:system|developer)[`'\"]? (?:role|messages?|prompts?|instructions?)\b"
    r"|\broles?[`'\": ]+(?:system|developer)\b|variant [`'\"](?:system|developer)\b"
    r"|only user and assistant roles",
    re.IGNORECASE,
)


def lesson_of(
    refusal: Refusal, status: int | None, sent: Mapping[str, Any]
) -> Lesson | None:
    """What to send otherwise next time; None when the refusal says nothing of it."""
    told = status in _STATUSES or (status == _FORBIDDEN and _ODDS in sent)
    # Some servers fail with a 500 when a model's template knows no system role.
    if (told or status == 500) and (role := _role(refusal, sent.get("messages", ()))):
        return role
    if not told or not _is_not_taken(refusal) or _OTHER_VALUE.search(refusal.text):
        return None
    if status == _FORBIDDEN:
        return Lesson(_ODDS) if _place(_ODDS, refusal.text) >= 0 else None
    named = _named(refusal, [name for name in sent if name not in _KEPT])
    if named != CAP:
        return Lesson(named) if named else None
    if _INSTEAD_OF_CAP in refusal.text or _is_unknown(refusal):
        return Lesson(CAP, _INSTEAD_OF_CAP)
    return None


def _is_unknown(refusal: Refusal) -> bool:
    return bool(refusal.words & _CODES or _UNKNOWN.search(refusal.text))


def _is_not_taken(refusal: Refusal) -> bool:
    return _is_unknown(refusal) or bool(_NOT_TAKEN.search(refusal.text))


def _role(refusal: Refusal, messages: Sequence[Mapping[str, str]]) -> Lesson | None:
    roles = {message["role"] for message in messages}
    if not roles & {"system", "developer"}:
        return None
    by_name = refusal.param.startswith("messages") and refusal.param.endswith("role")
    if not by_name and not _ROLE.search(refusal.text):
        return None
    if not _is_not_taken(refusal) and not _OTHER_VALUE.search(refusal.text):
        return None
    # Who names the role as a value out of several has another one for it.
    has_other = by_name or "'developer'" in refusal.text
    return Lesson(SYSTEM, "developer" if has_other and SYSTEM in roles else "user")


def _named(refusal: Refusal, names: Sequence[str]) -> str:
    """The field that a refusal speaks of: by its `param`, else the first in its text."""
    param = re.split(r"[.\[]", refusal.param)[0]
    if param in names:
        return param
    found = {name: at for name in names if (at := _place(name, refusal.text)) >= 0}
    if not found:
        return ""
    if "both" in refusal.text and "top_p" in found:
        return "top_p"
    return min(found, key=lambda name: found[name])


def _place(name: str, text: str) -> int:
    """Where a text names a field. A name that is a common word counts only as a name."""
    word = re.escape(name).replace("_", "_?")
    if "_" not in name and name not in ("temperature", _ODDS):
        word = rf"[`'\"\[]{word}[`'\"\]]|\b{word}:|: {word}\b"
    else:
        word = rf"(?<![\w]){word}(?!\w)"
    match = re.search(word, text, re.IGNORECASE)
    return match.start() if match else -1
