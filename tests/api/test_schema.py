"""The schema's address: anybody's, and kept by caches."""

from __future__ import annotations

from django.test import Client
from jsonschema import Draft202012Validator

from playground.engine.schema import recipe_schema

ADDRESS = "/schemas/moa-recipe-1.json"


def test_schema_is_anybodys_and_says_how_long_it_holds(client: Client) -> None:
    response = client.get(ADDRESS)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/schema+json"
    assert response["Cache-Control"] == "public, max-age=3600"
    assert "Set-Cookie" not in response
    assert response.json() == recipe_schema()
    Draft202012Validator.check_schema(response.json())


def test_schema_that_a_cache_has_is_not_sent_again(client: Client) -> None:
    tag = client.get(ADDRESS)["ETag"]
    again = client.get(ADDRESS, HTTP_IF_NONE_MATCH=tag)
    assert (again.status_code, again.content) == (304, b"")


def test_schema_is_only_read(client: Client) -> None:
    assert client.post(ADDRESS).status_code == 405
