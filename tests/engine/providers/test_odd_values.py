"""Values that hardly anybody sends: read where they mean something, else left."""

from __future__ import annotations

import zlib
from decimal import Decimal
from types import MappingProxyType

import pytest

from playground.engine.providers.decoding import Decoder, Undecodable
from playground.engine.providers.odds import odds_in
from playground.engine.providers.requests import UnfitRequest, body_of
from playground.engine.providers.verdicts import read_refusal


def test_compressed_bytes_that_break_off_are_told() -> None:
    decoder = Decoder("deflate")
    assert decoder.feed(zlib.compress(b"so")) == b"so"
    with pytest.raises(Undecodable, match="broken"):
        Decoder("gzip").feed(b"no gzip at all, this")


def test_odds_that_are_no_odds_are_passed_over() -> None:
    content = [{"token": "A", "logprob": -0.1, "top_logprobs": [None, "x", {}]}]
    [found] = odds_in({"logprobs": {"content": content}})
    assert list(found.chances) == ["A"]


def test_decimals_and_mappings_are_numbers_and_objects_on_the_wire() -> None:
    fields = {"temperature": Decimal("0.5"), "extra": MappingProxyType({"a": 1})}
    assert body_of(fields) == b'{"temperature":0.5,"extra":{"a":1}}'
    with pytest.raises(UnfitRequest):
        body_of({"extra": {1, 2}})


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ({"code": "429", "message": "slow down"}, "slow down"),
        ({"trouble": "in a place of its own"}, "in a place of its own"),
        ({}, ""),
        (None, ""),
    ],
)
def test_refusal_is_read_wherever_it_says_why(error: object, words: str) -> None:
    assert words in str(read_refusal({"error": error}))
