"""Recipes as models: GET /v1/models, all of them or one."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.http import HttpRequest, JsonResponse

from playground.api.documents.openai import model_list, model_of
from playground.api.queries import models_of
from playground.api.services import find_model
from playground.api.views.doors import openai_view, program_of


@openai_view("GET")
async def models(request: HttpRequest) -> JsonResponse:
    """The recipes of the token's team."""
    viewer, token = program_of(request)
    recipes = await sync_to_async(models_of)(viewer, token.team)
    return JsonResponse(model_list(recipes))


@openai_view("GET")
async def model(request: HttpRequest, name: str) -> JsonResponse:
    """One recipe, under the name that it was asked by."""
    viewer, token = program_of(request)
    offer = await sync_to_async(find_model)(viewer, token.team, name)
    return JsonResponse(model_of(offer.recipe) | {"id": name})
