"""The parser of server-sent events: any line ends, split anywhere."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from playground.engine.providers.sse import Event, EventParser, EventTooLarge

STREAM = (
    "\ufeff: comment\n\ndata: one\n\ndata:two\n\nevent: named\ndata: a\ndata: b\nid: 7\n\n"
    "data: né🙂\n\ndata\n\nevent: lost\n\ndata:  two spaces\n\n"
).encode()
EVENTS: list[Event] = [
    (b"", b"one"),
    (b"", b"two"),
    (b"named", b"a\nb"),
    (b"", "né🙂".encode()),
    (b"", b""),
    (b"", b" two spaces"),
]


def _parse(chunks: list[bytes]) -> list[Event]:
    parser = EventParser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_line_ends_are_all_known(end: bytes) -> None:
    assert _parse([STREAM.replace(b"\n", end)]) == EVENTS


@given(st.sampled_from([b"\n", b"\r\n", b"\r"]), st.lists(st.integers(0, 140)))
@example(b"\r\n", [54, 54])
def test_events_may_be_split_anywhere(end: bytes, cuts: list[int]) -> None:
    stream = STREAM.replace(b"\n", end)
    places = [0, *sorted(cuts), len(stream)]
    assert _parse([stream[a:b] for a, b in pairwise(places)]) == EVENTS


@given(
    st.lists(st.sampled_from([b"data: x\n\n", b"data:y\n\n", b": c\n\n", b"data: z\n"]))
)
def test_whole_reads_and_single_bytes_give_the_same(blocks: list[bytes]) -> None:
    stream = b"".join(blocks) + b"\n"
    assert _parse([*blocks, b"\n"]) == _parse([bytes([byte]) for byte in stream])


def test_last_event_without_blank_line_is_kept_for_the_close() -> None:
    parser = EventParser()
    assert parser.feed(b"data: [DONE]") == []
    assert parser.close() == [(b"", b"[DONE]")]


def test_event_in_parts_takes_all_data_lines() -> None:
    assert _parse([b"data: a\n", b"data: b\n\n", b"data: c\n\n"]) == [
        (b"", b"a\nb"),
        (b"", b"c"),
    ]


@pytest.mark.parametrize(
    "chunks",
    [
        [b"data: " + b"x" * 200],
        [b"x" * 60, b"x" * 60],
        [b"data: xxxxxxxxxx\n"] * 20,
        [b"data: " + b"x" * 200 + b"\n\n"],
    ],
)
def test_event_past_the_cap_is_refused(chunks: list[bytes]) -> None:
    parser = EventParser(most_bytes=100)
    with pytest.raises(EventTooLarge):
        list(map(parser.feed, chunks))


def test_many_small_events_in_one_read_are_no_large_one() -> None:
    parser = EventParser(most_bytes=100)
    assert len(parser.feed(b"data: x\n\n" * 100)) == 100
