"""How the site says no, to people and to programs."""

from __future__ import annotations

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.test import AsyncClient, Client, RequestFactory

from playground.web.refusals import (
    NotFound,
    Refusal,
    RefusalMiddleware,
    SigninNeeded,
    TooMany,
    Unprocessable,
    show_refusal,
)

pytestmark = pytest.mark.django_db


def test_refusal_is_a_page_for_a_browser(rf: RequestFactory) -> None:
    response = show_refusal(rf.get("/runs/x/"), NotFound("No such run.", "Look again."))
    assert response.status_code == 404
    assert "No such run." in response.content.decode()
    assert "Look again." in response.content.decode()
    assert "<html" in response.content.decode()


def test_refusal_is_a_fragment_for_htmx(rf: RequestFactory) -> None:
    request = rf.get("/runs/x/", headers={"hx-request": "true"})
    response = show_refusal(request, NotFound("No such run."))
    assert response.status_code == 404
    assert "No such run." in response.content.decode()
    assert "<html" not in response.content.decode()


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/runs/x.json", {}), ("/runs/x/", {"accept": "application/json"})],
)
def test_refusal_is_json_where_json_is_read(
    rf: RequestFactory, path: str, headers: dict[str, str]
) -> None:
    refusal = Unprocessable("No.", "Do this.", param="topic", problems=[("a.b", "bad")])
    response = show_refusal(rf.get(path, headers=headers), refusal)
    assert response.status_code == 422
    assert json.loads(response.content) == {
        "error": {
            "message": "No.",
            "code": "unprocessable",
            "hint": "Do this.",
            "param": "topic",
            "problems": [{"path": "a.b", "message": "bad"}],
        }
    }


def test_refusal_below_v1_has_the_shape_of_openai(rf: RequestFactory) -> None:
    response = show_refusal(
        rf.get("/v1/models"), NotFound("No.", code="model_not_found")
    )
    assert json.loads(response.content) == {
        "error": {
            "message": "No.",
            "type": "invalid_request_error",
            "param": None,
            "code": "model_not_found",
        }
    }


def test_anonymous_reader_is_sent_to_sign_in_and_back(rf: RequestFactory) -> None:
    response = show_refusal(rf.get("/runs/?q=a b"), SigninNeeded("Sign in."))
    assert response.status_code == 302
    assert response["Location"] == "/sign-in/?next=%2Fruns%2F%3Fq%3Da%2520b"


def test_anonymous_form_comes_back_to_the_home_page(rf: RequestFactory) -> None:
    response = show_refusal(rf.post("/runs/x/stop/"), SigninNeeded("Sign in."))
    assert response["Location"] == "/sign-in/?next=%2F"


def test_anonymous_program_gets_401(rf: RequestFactory) -> None:
    response = show_refusal(rf.get("/runs/x.json"), SigninNeeded("Sign in."))
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")


def test_anonymous_fragment_moves_the_whole_page(rf: RequestFactory) -> None:
    request = rf.get("/runs/", headers={"hx-request": "true"})
    response = show_refusal(request, SigninNeeded("Sign in."))
    assert response.status_code == 401
    assert response["HX-Redirect"] == "/sign-in/?next=%2Fruns%2F"


def test_too_many_says_when_to_come_back(rf: RequestFactory) -> None:
    response = show_refusal(rf.get("/x.json"), TooMany("Wait.", retry_after=30))
    assert (response.status_code, response["Retry-After"]) == (429, "30")


def test_refusal_text_is_escaped(rf: RequestFactory) -> None:
    response = show_refusal(rf.get("/"), Refusal("<script>x</script>"))
    assert "<script>x" not in response.content.decode()


@pytest.mark.parametrize(
    ("raised", "status"),
    [(NotFound("No."), 404), (Http404(), 404), (PermissionDenied(), 403)],
)
def test_middleware_shows_what_a_view_raises(
    rf: RequestFactory, raised: Exception, status: int
) -> None:
    middleware = RefusalMiddleware(lambda _: HttpResponse())
    response = middleware.process_exception(rf.get("/x.json"), raised)
    assert response is not None
    assert response.status_code == status


def test_middleware_leaves_faults_of_ours_alone(rf: RequestFactory) -> None:
    def view(_: HttpRequest) -> HttpResponse:
        return HttpResponse()

    assert RefusalMiddleware(view).process_exception(rf.get("/"), KeyError("a")) is None


def test_unknown_address_is_shown_in_the_same_manner(client: Client) -> None:
    response = client.get("/no/such/place/")
    assert response.status_code == 404
    assert "There is nothing at this address." in response.content.decode()
    assert client.get("/no/such/place.json").json()["error"]["code"] == "not_found"


async def test_unknown_address_is_shown_over_asgi_too(
    async_client: AsyncClient,
) -> None:
    response = await async_client.get("/no/such/place.json")
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"


def test_form_without_csrf_token_is_refused_in_words() -> None:
    response = Client(enforce_csrf_checks=True).post("/sign-in/", {"username": "ada"})
    assert response.status_code == 403
    assert "This form is no longer valid." in response.content.decode()
