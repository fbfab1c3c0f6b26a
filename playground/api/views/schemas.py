"""The JSON Schema of recipes, for editors and programs of anybody."""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import etag, require_safe

from playground.engine.schema import recipe_schema


@cache
def _text() -> str:
    return json.dumps(recipe_schema(), indent=1)


@cache
def _tag() -> str:
    return f'"{sha256(_text().encode()).hexdigest()[:32]}"'


@require_safe
@cache_control(public=True, max_age=3600)
@etag(lambda _: _tag())
def recipe(request: HttpRequest) -> HttpResponse:
    """The shape of moa-recipe/1; it holds nothing of any team."""
    response = HttpResponse(_text(), content_type="application/schema+json")
    # Editors that run in a browser fetch it from pages of their own.
    response["Access-Control-Allow-Origin"] = "*"
    return response
