"""The number that a text comes to, in the one spelling in which numbers are compared.

What a model marks as its answer counts before anything else: the last LaTeX box, or the
line behind `####`, as the solutions of GSM8K end (Cobbe et al. 2021, arXiv 2110.14168).
Where nothing is marked, or no number in it, it is the last number of the text.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

# Beyond this, digits written out would be pages of noughts.
_MOST_DIGITS = 40
_LONGEST_BOX = 400
_MINUS = "\N{MINUS SIGN}"
_SIGN = rf"(?:(?<![\w.,)}}])[-+{_MINUS}]\s?)?"
_WHOLE = r"\d{1,3}(?:,\d{3}){1,3}|\d{1,12}"
_PART = rf"[-+{_MINUS}]?(?:{_WHOLE})"
_FRACTION = re.compile(
    rf"(?P<sign>{_SIGN})(?<![\w.,/])(?:(?P<with>\d{{1,9}})\s?)?\\[dt]?frac\s?"
    rf"(?:\{{\s?(?P<above>{_PART})\s?\}}\s?\{{\s?(?P<below>{_PART})\s?\}}"
    r"|(?P<short>\d\s?\d))"
)
_SLASHED = re.compile(
    rf"(?P<sign>{_SIGN})(?<![\w.,/])(?:(?P<with>\d{{1,9}}) )?(?P<above>{_WHOLE})"
    rf"\s?/\s?(?P<below>{_WHOLE})(?![\w/]|[.,]\d)"
)
_NUMBER = re.compile(
    rf"(?:(?<![\w.,)}}])[-+{_MINUS}])?(?<!\w)(?<!\w\.)"
    r"(?:\d{1,3}(?:,\d{3})+(?![\d])|\d{1,400})?(?:(?<=\d)\.\d{1,400}|(?<!\d)\.\d{1,400})?"
    r"(?<=\d)(?:[eE][-+]?\d{1,6})?"
)
# What stands between thousands, besides a comma: spaces that do not break, 1_000, 1'000.
_GROUPED = re.compile(
    "(?<![\\w.])\\d{1,3}(?:[_'\N{RIGHT SINGLE QUOTATION MARK}\N{NO-BREAK SPACE}"
    "\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}]\\d{3})+(?!\\d)"
)
_BETWEEN = re.compile(r"\D")
# LaTeX writes 1{,}000 and 1,\!000 and 1\,000.
_LATEX_COMMA = re.compile(r"\{,\}|,\\!")
_LATEX_SPACE = re.compile(r"(?<=\d)\\[,;:](?=\d{3})")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_RAISED_TEN = re.compile("(?<![\\w.,])10([⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,6})")
_POWER_OF_TEN = re.compile(
    r"(?:(?<=\d)\s?(?:\N{MULTIPLICATION SIGN}|\\times|\\cdot|\*|x)\s?|(?<![\w.,^}]))"
    rf"10\s?(?:\^|\*\*)\s?(?:\{{\s?)?([-+{_MINUS}]?\d{{1,6}})(?:\s?\}})?"
)


def number_in(text: str) -> str | None:
    """The number that a text comes to; None when it has none.

    1,000, 1000.0, 1e3, 10^3 and 1\\,000 are one number; so are 1/2, \\frac{1}{2} and
    0.5. A fraction that no decimal is equal to stays one, in its lowest terms: 1/3.
    """
    for part in (_boxed(text), _marked(text), text):
        found = _last_in(_plain(part))
        if found is not None:
            return found
    return None


def _boxed(text: str) -> str:
    """What the last box holds, braces within it or not; nothing where none is whole."""
    start = text.rfind("\\boxed")
    opened = text.find("{", start, start + 10) if start >= 0 else -1
    if opened < 0:
        return ""
    depth = 0
    for at in range(opened, min(len(text), opened + _LONGEST_BOX)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return text[opened + 1 : at]
    return ""


def _marked(text: str) -> str:
    start = text.rfind("\n####") + 1 if not text.startswith("####") else 0
    is_marked = text.startswith("####", start) and not text.startswith("#####", start)
    return text[start:].split("\n", 1)[0] if is_marked else ""


def _plain(text: str) -> str:
    """Thousands and powers of ten as a program would write them."""
    text = _LATEX_COMMA.sub(",", text)
    text = _LATEX_SPACE.sub("", text)
    text = _GROUPED.sub(lambda found: _BETWEEN.sub("", found[0]), text)
    text = _RAISED_TEN.sub(lambda found: f"10^{found[1].translate(_RAISED)}", text)
    return _POWER_OF_TEN.sub(_with_exponent, text)


def _with_exponent(found: re.Match[str]) -> str:
    """`5 x 10^3` goes on as `5e3`, a bare `10^3` as `1e3`."""
    exponent = found[1].replace(_MINUS, "-")
    is_bare = found[0].startswith("10")
    return f"1e{exponent}" if is_bare else f"e{exponent}"


def _last_in(text: str) -> str | None:
    """The last number or fraction; of a fraction by nought what stands below counts."""
    fractions = [*_FRACTION.finditer(text), *_SLASHED.finditer(text)]
    read = [(each.end(), found) for each in fractions if (found := _value_of(each))]
    end, value = max(read, key=lambda each: each[0], default=(0, None))
    numbers = [match[0] for match in _NUMBER.finditer(text[end:]) if match[0]]
    if numbers:
        return _of_decimal(numbers[-1].replace(",", "").replace(_MINUS, "-"))
    return None if value is None else _of_exact(value)


def _of_decimal(plain: str) -> str:
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


def _value_of(found: re.Match[str]) -> Fraction | None:
    named = found.groupdict()
    above, below = named["above"], named["below"]
    if named.get("short"):
        above, below = named["short"][0], named["short"][-1]
    if not _whole(below):
        return None
    value = Fraction(_whole(above), _whole(below))
    if named["with"]:
        value += _whole(named["with"])
    return -value if named["sign"].strip() in ("-", _MINUS) else value


def _whole(written: str) -> int:
    return int(written.replace(",", "").replace(_MINUS, "-"))


def _of_exact(value: Fraction) -> str:
    places, rest = 0, value.denominator
    for prime in (2, 5):
        count = 0
        while rest % prime == 0:
            rest, count = rest // prime, count + 1
        places = max(places, count)
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    return _of_decimal(f"{value.numerator * 10**places // value.denominator}e-{places}")
