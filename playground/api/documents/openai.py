"""Chat completions, their chunks, and the list of models, in OpenAI's shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from playground.api.queries import Outcome
from playground.recipes.models import Recipe

_NANOS = 10**9
_FINISH_REASONS = {"stop", "length", "content_filter"}


@dataclass(frozen=True, slots=True)
class Talk:
    """What all chunks of one answer have in common."""

    run_id: str
    url: str
    created: int
    model: str
    ignored: Sequence[str] = ()
    include_usage: bool = False

    def role_chunk(self) -> dict[str, Any]:
        """The first: says at once which run it is."""
        chunk = self._chunk({"role": "assistant", "content": ""})
        return chunk | {"moa": {"run": self.run_id, "url": self.url}}

    def text_chunk(self, text: str) -> dict[str, Any]:
        """More of the answer."""
        return self._chunk({"content": text})

    def last_chunk(self, outcome: Outcome) -> dict[str, Any]:
        """The end of the answer, and what it took."""
        chunk = self._chunk({}, finish_reason=finish_reason_of(outcome))
        return chunk | {"usage": usage_of(outcome), "moa": self._moa(outcome)}

    def usage_chunk(self, outcome: Outcome) -> dict[str, Any]:
        """What `stream_options.include_usage` asks for."""
        return self._head("chat.completion.chunk") | {
            "choices": [],
            "usage": usage_of(outcome),
        }

    def whole(self, outcome: Outcome) -> dict[str, Any]:
        """The answer that was not streamed."""
        message = {"role": "assistant", "content": outcome.text, "refusal": None}
        choice = {
            "index": 0,
            "message": message,
            "logprobs": None,
            "finish_reason": finish_reason_of(outcome),
        }
        return self._head("chat.completion") | {
            "choices": [choice],
            "usage": usage_of(outcome),
            "moa": self._moa(outcome),
        }

    def _head(self, kind: str) -> dict[str, Any]:
        return {
            "id": f"chatcmpl-{self.run_id}",
            "object": kind,
            "created": self.created,
            "model": self.model,
        }

    def _chunk(
        self, delta: dict[str, str], *, finish_reason: str | None = None
    ) -> dict[str, Any]:
        choice = {
            "index": 0,
            "delta": delta,
            "logprobs": None,
            "finish_reason": finish_reason,
        }
        chunk = self._head("chat.completion.chunk") | {"choices": [choice]}
        # As OpenAI does: the other chunks then say that theirs is not known.
        return chunk | {"usage": None} if self.include_usage else chunk

    def _moa(self, outcome: Outcome) -> dict[str, Any]:
        return {
            "run": self.run_id,
            "url": self.url,
            "cost_usd": outcome.run.cost_nanos / _NANOS,
            "degraded": outcome.run.degraded,
            "drafts": outcome.drafts,
            "calls": outcome.calls,
            "ignored": list(self.ignored),
        }


def usage_of(outcome: Outcome) -> dict[str, Any]:
    """The tokens of all calls, under OpenAI's names."""
    return {
        "prompt_tokens": outcome.tokens_in,
        "completion_tokens": outcome.tokens_out,
        "total_tokens": outcome.tokens_in + outcome.tokens_out,
        "prompt_tokens_details": {"cached_tokens": outcome.cached},
        "completion_tokens_details": {"reasoning_tokens": outcome.reasoning},
    }


def finish_reason_of(outcome: Outcome) -> str:
    """The answering call's, where it is one that clients know."""
    reason = outcome.finish_reason
    return reason if reason in _FINISH_REASONS else "stop"


def model_of(recipe: Recipe) -> dict[str, Any]:
    """A recipe as a model that can be asked."""
    return {
        "id": f"moa/{recipe.slug}",
        "object": "model",
        "created": int(recipe.created_at.timestamp()),
        "owned_by": recipe.team.slug,
        "moa": {"team": recipe.team.slug, "name": recipe.name},
    }


def model_list(recipes: Sequence[Recipe]) -> dict[str, Any]:
    """What `GET /v1/models` answers."""
    return {"object": "list", "data": [model_of(recipe) for recipe in recipes]}
