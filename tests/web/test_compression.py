"""What is text goes out compressed, to who accepts it, and nothing else."""

from __future__ import annotations

import gzip

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import RequestFactory

from playground.web.compression import CompressionMiddleware

PAGE = "<p>word</p>" * 400


def answered(
    response: HttpResponseBase, accepts: str = "gzip, br", method: str = "GET"
) -> HttpResponseBase:
    """The response as it leaves the middleware."""

    def view(request: HttpRequest) -> HttpResponseBase:
        return response

    request = RequestFactory().generic(
        method, "/", headers={"accept-encoding": accepts}
    )
    answer = CompressionMiddleware(view)(request)
    assert isinstance(answer, HttpResponseBase)
    return answer


def test_page_is_compressed_and_says_so() -> None:
    answer = answered(HttpResponse(PAGE, headers={"ETag": '"one"'}))

    assert isinstance(answer, HttpResponse)
    assert gzip.decompress(answer.content).decode() == PAGE
    assert answer["Content-Length"] == str(len(answer.content))
    assert len(answer.content) < len(PAGE) / 10
    assert (answer["Content-Encoding"], answer["ETag"]) == ("gzip", 'W/"one"')
    assert answer["Vary"] == "Accept-Encoding"


def test_length_of_a_page_does_not_tell_what_is_in_it() -> None:
    lengths = {
        len(answered(HttpResponse(PAGE)).content)  # type: ignore[attr-defined]
        for _ in range(40)
    }
    assert len(lengths) > 1


@pytest.mark.parametrize("accepts", ["", "br", "gzip;q=0"])
def test_who_does_not_accept_it_gets_it_plain(accepts: str) -> None:
    assert "Content-Encoding" not in answered(HttpResponse(PAGE), accepts).headers


def test_streams_of_events_stay_as_they_are() -> None:
    events = StreamingHttpResponse(iter([b"data: x\n\n"] * 99))
    events["Content-Type"] = "text/event-stream"

    assert "Content-Encoding" not in answered(events).headers


def test_what_is_small_or_an_error_or_only_a_head_stays_plain() -> None:
    plain = [
        answered(HttpResponse("<p>small</p>")),
        answered(HttpResponse(PAGE, status=404)),
        answered(HttpResponse(PAGE), method="HEAD"),
    ]
    assert all("Content-Encoding" not in answer.headers for answer in plain)
