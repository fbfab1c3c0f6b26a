"""What counts as a draft's answer."""

from __future__ import annotations

import time

import pytest

from playground.engine.expressions import LONGEST_PATTERN, fault_of, found_in
from playground.engine.extraction import answer_in


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        *((same, "1000") for same in ("1,000", "1000.0", "1e3", "It is $1,000.00.")),
        ("first 3, then 4", "4"),
        ("3,4", "4"),
        ("-5 degrees", "-5"),
        ("\N{MINUS SIGN}7", "-7"),
        ("5-2", "2"),
        ("x = -.5", "-0.5"),
        ("0.50", "0.5"),
        ("007", "7"),
        ("0.0", "0"),
        ("12,345,678.90", "12345678.9"),
        (
            "12345678901234567890123456789012345.5",
            "12345678901234567890123456789012345.5",
        ),
        ("1e-3", "0.001"),
        ("1e999999", "1e999999"),
        ("GPT4 says no", None),
        ("none", None),
        *(
            (same, "1000")
            for same in (
                "$1{,}000$",
                r"$1,\!000$",
                r"1\,000",
                "1\N{NO-BREAK SPACE}000",
                "1\N{NARROW NO-BREAK SPACE}000",
                "1_000",
                "1'000",
                "10^3",
                "10\N{SUPERSCRIPT THREE}",
                "1 \N{MULTIPLICATION SIGN} 10^3",
                r"1.0 \times 10^{3}",
                r"0.1\cdot 10^{4}",
                "2000/2",
                r"\frac{2{,}000}{2}",
            )
        ),
        *(
            (same, "0.5")
            for same in ("1/2", r"$\frac{1}{2}$", r"\dfrac{ 2 }{4}", r"\frac12", "5e-1")
        ),
        ("1/3", "1/3"),
        (r"-\frac{2}{6}", "-1/3"),
        (r"\frac{-1}{3}", "-1/3"),
        (r"2\frac{1}{2}", "2.5"),
        ("2 1/2 cups", "2.5"),
        ("3/0", "0"),
        ("on 5/10/2020", "2020"),
        ("in 2020\N{NO-BREAK SPACE}100 of them", "100"),
        (r"\boxed{42}. Check: 6 times 7", "42"),
        (r"\boxed{41}, no, \boxed{\frac{84}{2}} since 2", "42"),
        (r"\boxed{x} or 7", "7"),
        (r"\boxed{4", "4"),
        ("so 40\n#### 42\n(after 2 tries)", "42"),
        ("#### 1,000", "1000"),
        ("##### 5 steps, 6 in all", "6"),
        ("1e3/2 is not read as 500", "500"),
    ],
)
def test_number_is_the_marked_or_last_one_in_one_spelling(
    text: str, answer: str | None
) -> None:
    assert answer_in(text, "number", "") == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        *(
            (same, "B")
            for same in ("B", "b", "(B)", "[b]", "B)", "B.", "**B**", "B: Paris")
        ),
        *(
            (same, "C")
            for same in ("The answer is C.", "the answer is (c)", "Answer: **C**")
        ),
        *(
            (same, "D")
            for same in (r"\boxed{D}", r"$\boxed{\text{D}}$", "Option D", "choice d")
        ),
        ("A) one\nB) two\nso B.", "B"),
        ("I think (A). No: the answer is b", "B"),
        ("The answer is A. Wait, the answer is C.", "C"),
        ("The answer is B because (A) is wrong", "B"),
        ("The correct answer is option E", "E"),
        ("The correct option is B", "B"),
        ("The answer is B because option A is wrong", "B"),
        ("The best choice would be (c), as option a is wrong", "C"),
        ("Let us see.\nB\nThat is it", "B"),
        ("The answer is a cat.", None),
        ("A cat sat there", None),
        ("", None),
    ],
)
def test_choice_is_the_last_letter_stated(text: str, answer: str | None) -> None:
    assert answer_in(text, "choice", "") == answer


def test_regex_takes_its_named_group_from_the_first_match() -> None:
    pattern = r"(?i)answer:\s*(?P<answer>\w+)"
    assert answer_in("Answer:  blue\nanswer: red", "regex", pattern) == "blue"
    assert answer_in("no", "regex", pattern) is None
    assert answer_in("answer: ", "regex", r"answer: (?P<answer>\w*)") is None


def test_exact_takes_all_of_it_and_shortens_what_is_long() -> None:
    assert answer_in(" blue \n sky ", "exact", "") == "blue sky"
    assert answer_in(" \n", "exact", "") is None
    one, other = (answer_in("word " * 100 + end, "exact", "") for end in "ab")
    assert one is not None
    assert other is not None
    assert one[:80] == other[:80]
    assert one != other
    assert len(one) < 120


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        (r"(?P<answer>\d+)", ""),
        (r"(?P<answer>[\p{L}\d]{1,40})", ""),
        (r"\d+", "must have a named group: (?P<answer>…)"),
        (r"(", "is not an expression of RE2 syntax: missing ): ("),
        (
            r"(?=a)(?P<answer>b)",
            "is not an expression of RE2 syntax: invalid perl operator: (?=",
        ),
    ],
)
def test_a_pattern_says_what_is_wrong_with_it(pattern: str, fault: str) -> None:
    assert fault_of(pattern) == fault


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?P<answer>(a+)+$)",
        r"(?P<answer>(a|aa)+$)",
        r"(?P<answer>(.*)*x)",
        r"(?P<answer>(a?){800}a{800}b)",
    ],
)
def test_a_hostile_pattern_holds_nobody_up(pattern: str) -> None:
    assert len(pattern) <= LONGEST_PATTERN
    began = time.perf_counter()
    assert found_in("a" * 100_000 + "!", pattern) is None
    assert time.perf_counter() - began < 3


@pytest.mark.parametrize("extract", ["number", "choice"])
@pytest.mark.parametrize(
    "part",
    [
        "1",
        "1,",
        "1.1",
        "(",
        "answer ",
        "-",
        ".",
        "A",
        "\n",
        "!\n",
        "1,111",
        "1/1",
        "1/0 ",
        "\\frac{",
        "\\boxed{",
        "1_111",
        "10^",
        "####",
    ],
)
def test_a_hostile_draft_holds_nobody_up(extract: str, part: str) -> None:
    began = time.perf_counter()
    answer_in(part * 50_000, extract, "")  # type: ignore[arg-type]
    assert time.perf_counter() - began < 3
