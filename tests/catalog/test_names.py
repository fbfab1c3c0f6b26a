"""What names and sizes of models tell."""

from __future__ import annotations

import pytest

from playground.catalog.names import family_in, parameters_of, size_in


@pytest.mark.parametrize(
    ("size", "parameters"),
    [
        ("70B", 70_000_000_000),
        ("8x22B", 176_000_000_000),
        ("8 x 7 b", 56_000_000_000),
        ("8\xd77B", 56_000_000_000),
        ("135M", 135_000_000),
        ("1.5B", 1_500_000_000),
        ("1T", 1_000_000_000_000),
        ("30B-A3B", 30_000_000_000),
        ("small", 10_000_000_000),
        ("Large", 200_000_000_000),
        ("", None),
        ("unknown", None),
        ("7", None),
    ],
)
def test_size_is_a_number_of_parameters(size: str, parameters: int | None) -> None:
    assert parameters_of(size) == parameters


@pytest.mark.parametrize(
    ("name", "size", "family"),
    [
        ("Qwen/Qwen2.5-72B-Instruct", "72B", "Qwen"),
        ("meta-llama/Llama-3.1-8B", "8B", "Llama"),
        ("llama3.2:1b", "1B", "Llama"),
        ("mixtral-8x22b-instruct", "8x22B", "Mistral"),
        ("HuggingFaceTB/SmolLM2-135M-Instruct", "135M", "SmolLM"),
        ("Qwen3-30B-A3B", "30B", "Qwen"),
        ("qwen2.5-0.5b", "0.5B", "Qwen"),
        ("deepseek-r1-distill-llama-70b", "70B", "Llama"),
        ("openai/gpt-oss-120b", "120B", "GPT-OSS"),
        ("gpt-4-1106-preview", "", "GPT"),
        ("gpt-5-mini", "small", "GPT"),
        ("o3", "", "GPT"),
        ("gemini-2.5-flash", "small", "Gemini"),
        ("gemini-2.5-pro", "", "Gemini"),
        ("claude-opus-4-5", "", "Claude"),
        ("vendor/quick-1", "", ""),
        ("pseudo3-x", "", ""),
    ],
)
def test_name_tells_size_and_family(name: str, size: str, family: str) -> None:
    assert (size_in(name), family_in(name)) == (size, family)
