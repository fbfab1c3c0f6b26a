"""What /v1 says no with, in the shape of OpenAI's errors.

Refusal
├── InvalidParameter   400, `param` names the input
├── ModelNotFound      404, no such recipe, or another team's
└── RunFailed          a run exists and has no answer; carries the run
    └── AnswerReplaced after 200: what was sent is not what the run keeps
"""

from __future__ import annotations

from typing import Any

from django.http import JsonResponse

from playground.runs.models import Run
from playground.web.refusals import NotFound, Refusal, Unprocessable

_BY_REASON = {
    "cancelled": (409, "cancelled", "The run was stopped."),
    "deadline": (504, "deadline", "The run's deadline passed before its answer."),
    "budget": (402, "budget", "The budget ran out before the run had an answer."),
}
_NO_ANSWER = (502, "no_answer", "The run ended without an answer.")
_TYPES = {
    401: "authentication_error",
    402: "insufficient_quota",
    403: "permission_error",
    429: "rate_limit_error",
}
# The official client tries 408, 409, 429 and 5xx again by itself and would pay for
# every try.
_NEVER_AGAIN = {402, 429}


class InvalidParameter(Refusal):
    """One input is wrong; `param` names it."""

    code = "invalid_parameter"


class ModelNotFound(NotFound):
    """No such recipe for this token: whether another team has it cannot be told."""

    code = "model_not_found"

    def __init__(self, model: str) -> None:
        super().__init__(
            f"The model `{model[:200]}` does not exist or you do not have access to it.",
            "GET /v1/models lists the recipes of this token's team.",
            param="model",
        )


class RunFailed(Refusal):
    """The run ended without an answer, or was not followed to its end."""

    def __init__(self, run: Run, headline: str, *, status: int, code: str) -> None:
        super().__init__(headline, status=status, code=code)
        self.run = run


class AnswerReplaced(RunFailed):
    """Another call answered after text of the first had gone out."""

    def __init__(self, run: Run) -> None:
        super().__init__(
            run,
            "The call that was answering broke and another answered in its place; "
            "what was sent is not the answer. The run's page has it.",
            status=502,
            code="answer_replaced",
        )


def failure_of(run: Run) -> RunFailed:
    """Why an ended run has no answer; for an open one, that it was lost sight of."""
    if run.is_open:
        return RunFailed(
            run,
            "Something broke on our side: the run goes on, but it can no longer be "
            "followed from here. Its page shows what becomes of it.",
            status=500,
            code="interrupted",
        )
    status, code, headline = _BY_REASON.get(run.reason or run.status, _NO_ANSWER)
    return RunFailed(run, run.message or headline, status=status, code=code)


def error_body(refusal: Refusal) -> dict[str, Any]:
    """The `error` object: of a response, or of an event in a stream."""
    status = _status_of(refusal)
    server_side = "server_error" if status >= 500 else "invalid_request_error"
    body: dict[str, Any] = {
        "message": " ".join(filter(None, (refusal.headline, refusal.hint))),
        "type": _TYPES.get(status, server_side),
        "param": _param_of(refusal),
        "code": refusal.code,
    }
    if isinstance(refusal, RunFailed):
        body |= {"run": str(refusal.run.pk), "reason": refusal.run.reason or None}
    return {"error": body}


def error_response(refusal: Refusal) -> JsonResponse:
    """The refusal as a response that the official client understands."""
    response = JsonResponse(error_body(refusal), status=_status_of(refusal))
    if isinstance(refusal, RunFailed) or response.status_code in _NEVER_AGAIN:
        response["x-should-retry"] = "false"
    if refusal.retry_after is not None:
        response["Retry-After"] = str(refusal.retry_after)
    if response.status_code == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def _status_of(refusal: Refusal) -> int:
    # OpenAI's clients know 422, but its servers say 400 to what cannot be done.
    return 400 if refusal.status == Unprocessable.status else refusal.status


def _param_of(refusal: Refusal) -> str | None:
    if refusal.param == "prompt":
        return "messages"
    if refusal.param and refusal.param.startswith("variables"):
        return f"moa.{refusal.param}"
    return refusal.param
