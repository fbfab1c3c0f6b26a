"""The raw client: the same calls as a 3-3-1 run, by plain httpx, without a product."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import httpx
import orjson

LAYERS: tuple[tuple[str, ...], ...] = (
    ("m-100-100-10", "m-150-100-10", "m-200-100-10"),
    ("m-100-100-10", "m-150-100-10", "m-200-100-10"),
    ("m-150-100-10",),
)


async def critical_path(base_url: str, prompt: str) -> float:
    """Seconds from the first request to the last byte of the answer."""
    async with httpx.AsyncClient(timeout=60) as client:
        began = time.perf_counter()
        references: Sequence[str] = ()
        for layer in LAYERS:
            content = "\n\n".join([prompt, *references])
            calls = (_call(client, base_url, model, content) for model in layer)
            references = await asyncio.gather(*calls)
        return time.perf_counter() - began


async def _call(
    client: httpx.AsyncClient, base_url: str, model: str, content: str
) -> str:
    body = {
        "model": model,
        "messages": [{"role": "user", "content": content}],
        "max_tokens": 400,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    said: list[str] = []
    url = f"{base_url}/chat/completions"
    async with client.stream("POST", url, json=body) as response:
        async for line in response.aiter_lines():
            if line.startswith("data: {"):
                choices = orjson.loads(line[6:])["choices"]
                if choices:
                    said.append(choices[0]["delta"].get("content") or "")
    return "".join(said)
