"""Keys are taken out by value and by shape; other words stay."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest

from playground.engine.providers.faults import Faults
from playground.engine.providers.redaction import HIDDEN, Redactor, shorten, title_of
from playground.engine.providers.wire import Endpoint

KEY = "c4n??>ary/+value=="


@pytest.mark.parametrize(
    "spelling",
    [
        KEY,
        KEY.upper(),
        quote(KEY, safe=""),
        base64.b64encode(KEY.encode()).decode(),
        base64.urlsafe_b64encode(KEY.encode()).decode(),
        base64.b64encode(f":{KEY}".encode()).decode(),
    ],
)
def test_known_key_is_hidden_in_every_spelling(spelling: str) -> None:
    cleaned = Redactor(KEY).clean(f"before {spelling} after")
    assert spelling.rstrip("=") not in cleaned
    assert cleaned.startswith("before [redacted]")
    assert cleaned.endswith("after")


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abc_DEF-123",
        "sk-ab***************yz12",
        "AIzaSyA-1234567890abcdefghijk",
        "Bearer abc.def-ghi",
        "gsk_abcdefgh12345678",
        "hf_abcdefgh12345678",
        "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefghijk",
        "moa_abcdefgh12345678",
    ],
)
def test_foreign_keys_are_hidden_by_their_shape(secret: str) -> None:
    assert Redactor(None).clean(f"got {secret}, sorry") == f"got {HIDDEN}, sorry"


@pytest.mark.parametrize(
    "text",
    [
        "https://user:pass@x.example/v1",
        "https://x.example/v1?api_key=abcdef&x=1",
        'api_key: "abcdef123"',
    ],
)
def test_secrets_in_urls_and_assignments_are_hidden(text: str) -> None:
    cleaned = Redactor(None).clean(text)
    assert HIDDEN in cleaned
    for secret in ("pass@", "abcdef"):
        assert secret not in cleaned


@pytest.mark.parametrize(
    "text",
    [
        "max_tokens must be at most 4096 tokens",
        "the risk-averse task-runner asked for patience",
        "model gpt-4o-mini does not exist",
        "rate limit of org reached: 3 requests per min",
    ],
)
def test_common_words_stay(text: str) -> None:
    assert Redactor("key").clean(text) == text


def test_result_is_one_line_without_controls() -> None:
    assert Redactor(None).clean(" a\r\n\tb\x1b[0m\u202ec\0 ") == "a b [0m c"


def test_key_at_the_cut_is_hidden_before_the_cut() -> None:
    cleaned = Redactor(KEY).clean("x" * 290 + KEY)
    assert shorten(cleaned, 300) == "x" * 290 + HIDDEN


@pytest.mark.parametrize("odd", ["\ud800", "\0", "\udc00\0"])
def test_no_error_says_what_a_database_cannot_keep(odd: str) -> None:
    faults = Faults(Endpoint("stub", "http://stub.example"))
    said = {"error": {"message": f"bad {odd} thing", "code": f"c{odd}"}}
    for error in (
        faults.in_stream(said, {}),
        faults.withheld(f"safety{odd}"),
        faults.garbled("sent an event", odd),
        faults.page(f"<title>{odd}</title>"),
    ):
        assert error.message.encode()
        assert "\0" not in error.message


def test_status_of_absurd_length_is_none() -> None:
    faults = Faults(Endpoint("stub", "http://stub.example"))
    error = faults.in_stream({"error": {"message": "no", "code": "9" * 5000}}, {})
    assert error.status is None


def test_title_of_a_page_is_unescaped() -> None:
    assert title_of("<html><TITLE lang=en>a &amp; b</TITLE>") == "a & b"
    assert title_of("<html>no title") == ""
