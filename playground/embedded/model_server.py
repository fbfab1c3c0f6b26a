"""Serves one GGUF model on loopback, OpenAI-compatible: the program of the local part.

`python -m playground.embedded.model_server --model PATH --port N`
"""

from __future__ import annotations

import argparse
import os
import signal

SLOTS = 4
CONTEXT_TOKENS = 4_096  # of each slot
_PROMPT_BATCH_TOKENS = 256  # small: other slots wait while one reads its prompt


def serve(*, model: str, port: int, alias: str) -> None:
    """Load the model and answer until a signal ends the process."""
    # Only this process pays for it, and the extra may not be installed.
    import xllamacpp  # noqa: PLC0415

    params = xllamacpp.CommonParams()
    params.model.path = model
    params.model_alias = {alias}
    params.port = port
    params.n_parallel = SLOTS
    params.n_ctx = SLOTS * CONTEXT_TOKENS
    params.n_ubatch = _PROMPT_BATCH_TOKENS
    params.n_batch = 2 * _PROMPT_BATCH_TOKENS
    params.cpuparams.n_threads = os.cpu_count() or 1
    params.cpuparams_batch.n_threads = os.cpu_count() or 1
    # Its default keeps up to 8 GiB of old prompts in memory.
    params.cache_ram_mib = 0
    # Web pages that happen to be open on this machine have no business here.
    params.cors_origins = f"http://127.0.0.1:{port}"
    params.cors_origins_explicit = True
    params.cors_credentials = False
    params.ui = False
    params.endpoint_slots = False
    server = xllamacpp.Server(params)
    print(f"listening on {server.listening_address}", flush=True)  # noqa: T201
    while True:
        signal.pause()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--alias", default="local")
    chosen = parser.parse_args()
    serve(model=chosen.model, port=chosen.port, alias=chosen.alias)


if __name__ == "__main__":
    main()
