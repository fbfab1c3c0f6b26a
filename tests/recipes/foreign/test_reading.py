"""Each program's file becomes a recipe that runs, and nothing of it gets lost unsaid."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.engine.plan import parse
from playground.recipes.documents import dump_yaml, load_document
from playground.recipes.foreign.reading import read_foreign
from playground.recipes.foreign.sketch import Converted
from playground.recipes.shape import fits_schema
from tests.recipes.foreign import samples


def read(text: str) -> Converted:
    converted = read_foreign(text)
    assert converted is not None
    return converted


def models(converted: Converted) -> list[list[str]]:
    return [
        [slot["model"] for slot in layer["slots"]]
        for layer in converted.content["layers"]
    ]


def says(converted: Converted, words: str) -> bool:
    return any(words in sentence for sentence in converted.told)


@pytest.mark.parametrize("origin", samples.ALL)
def test_each_is_recognised_and_runs(origin: str) -> None:
    converted = read(samples.ALL[origin])
    assert converted.origin == origin
    parse(converted.content)
    assert fits_schema(converted.content)
    assert load_document(dump_yaml(converted.content)).content == converted.content


def test_groq_agents_draft_in_every_cycle() -> None:
    converted = read(json.dumps(samples.GROQ))
    agents = ["gemma2-9b-it", "llama-3.1-8b-instant"]
    assert models(converted) == [agents, agents, ["llama-3.3-70b-versatile"]]
    first, second = converted.content["layers"][0]["slots"]
    assert first["system_prompt"] == "Go step by step."
    assert first["params"] == {"temperature": 0.3}
    assert second["system_prompt"] == "Plan first, as {json}."
    assert second["params"] == {"max_tokens": 2048}
    assert second["x_groq_moa"] == {"top_k": 40}
    assert says(converted, "`top_k`")
    last = converted.content["layers"][-1]
    assert last["pack"] == {
        "anonymise": True,
        "placement": "system",
        "header": "Others said:",
    }
    assert last["slots"][0]["params"] == {"temperature": 0.1}


def test_groq_is_read_in_both_spellings_and_nested() -> None:
    plain = read(json.dumps(samples.GROQ))
    agents = samples.GROQ["layer_agent_config"]
    main = {k: v for k, v in samples.GROQ.items() if k != "layer_agent_config"}
    downloaded = {**main, "moa_layer_agent_config": agents}
    nested = {"moa_main_agent_config": main, "moa_layer_agent_config": agents}
    assert read(json.dumps(downloaded)) == plain
    assert read(json.dumps(nested)) == plain


@pytest.mark.parametrize("text", [samples.TOGETHER_COMMAND, samples.TOGETHER_FILE])
def test_together_rounds_are_layers_before_the_answer(text: str) -> None:
    converted = read(text)
    references = ["Qwen/Qwen2-72B-Instruct", "databricks/dbrx-instruct"]
    assert models(converted) == [references, references, ["Qwen/Qwen1.5-72B-Chat"]]
    tokens = 512 if "512" in text else 2048
    for layer in converted.content["layers"]:
        for slot in layer["slots"]:
            assert slot["params"] == {"temperature": 0.5, "max_tokens": tokens}
    assert says(converted, "No max_tokens was given") == (tokens == 2048)


def test_together_script_is_read_without_running_it() -> None:
    converted = read(samples.TOGETHER_SCRIPT)
    references = ["meta/Llama-3.3-70B", "Qwen/Qwen2.5-72B"]
    assert models(converted) == [references, references, ["deepseek-ai/DeepSeek-V3"]]
    header = converted.content["layers"][1]["pack"]["header"]
    assert header == "Merge what they said.\n\nResponses:"
    slots = [slot for layer in converted.content["layers"] for slot in layer["slots"]]
    assert {str(slot["params"]) for slot in slots} == {
        "{'temperature': 0.5, 'max_tokens': 512}"
    }
    assert not says(converted, "No max_tokens was given")


def test_together_numbers_may_be_texts() -> None:
    document = {
        "aggregator": "a",
        "reference_models": ["b"],
        "rounds": "2",
        "temperature": "0.3",
        "max_tokens": "99",
    }
    converted = read(json.dumps(document))
    assert models(converted) == [["b"], ["b"], ["a"]]
    params = converted.content["layers"][0]["slots"][0]["params"]
    assert params == {"temperature": 0.3, "max_tokens": 99}
    document["max_tokens"] = "many"
    assert not says(read(json.dumps(document)), "No max_tokens was given")


def test_together_list_flags_may_repeat() -> None:
    text = "python bot.py --model a --reference-models b --reference-models c"
    assert models(read(text)) == [["b", "c"], ["a"]]


@pytest.mark.parametrize("rounds", ["0", "many", "[1]", "1000"])
def test_together_rounds_that_make_no_sense_are_one(rounds: str) -> None:
    converted = read(f"model: a\nreference_models: [b]\nrounds: {rounds}\n")
    assert models(converted) == [["b"], ["a"]]
    assert says(converted, "read as one round")


def test_council_ranks_its_answers_and_says_what_is_otherwise() -> None:
    converted = read(samples.COUNCIL_PYTHON)
    panel = ["openai/gpt-5.1", "google/gemini-3-pro-preview", "x-ai/grok-4"]
    assert models(converted) == [panel, panel, ["google/gemini-3-pro-preview"]]
    ranking = converted.content["layers"][1]
    assert (ranking["kind"], ranking["method"]) == ("rank", "listwise")
    assert says(converted, "each leaves its own out")


def test_council_that_only_answers_is_not_ranked() -> None:
    settings = {**json.loads(samples.COUNCIL_JSON), "execution_mode": "chat_only"}
    converted = read(json.dumps(settings))
    assert [layer["kind"] for layer in converted.content["layers"]] == [
        *("draft", "aggregate"),
    ]
    assert not says(converted, "leaves its own out")


def test_council_of_one_has_nothing_to_rank() -> None:
    converted = read(json.dumps({"council_models": ["a"], "chairman_model": "b"}))
    assert models(converted) == [["a"], ["b"]]


def test_council_settings_keep_temperatures_and_lose_keys() -> None:
    converted = read(samples.COUNCIL_JSON)
    first, ranking, last = converted.content["layers"]
    assert [slot["params"] for slot in first["slots"]] == [{"temperature": 0.5}] * 2
    assert [slot["params"] for slot in ranking["slots"]] == [{"temperature": 0.3}] * 2
    assert last["slots"][0]["params"] == {"temperature": 0.4}
    assert says(converted, "`openrouter_api_key`")
    assert says(converted, "`ollama_base_url`")
    everything = json.dumps(converted.content) + " ".join(converted.told)
    assert "sk-or-v1" not in everything
    assert "localhost" not in everything


def test_council_is_read_from_an_environment_file() -> None:
    converted = read(samples.COUNCIL_ENV)
    panel = ["phi3:latest", "mistral:latest"]
    assert models(converted) == [panel, panel, ["llama3:instruct"]]


def test_webui_models_draft_and_the_first_answers() -> None:
    converted = read(samples.WEBUI)
    assert models(converted) == [["qwen3:14b", "llama3:8b"], ["qwen3:14b"]]
    analyst = converted.content["layers"][0]["slots"][0]
    assert analyst["system_prompt"] == "Be exact."
    assert analyst["params"] == {"temperature": 0.6}
    assert (analyst["x_name"], analyst["x_open_webui"]) == (
        "Analyst",
        {"num_ctx": 8192},
    )
    assert says(converted, "knowledge stay behind")
    assert says(converted, "the first one writes the answer")


def test_webui_model_alone_answers_alone() -> None:
    [first, _] = json.loads(samples.WEBUI)
    assert models(read(json.dumps(first))) == [["qwen3:14b"]]


def test_beam_preset_fuses_and_says_what_else_there_was() -> None:
    converted = read(samples.BEAM)
    rays = ["openai-gpt-4o", "anthropic-claude", "googleai-pro"]
    assert converted.content["name"] == "Three minds"
    assert models(converted) == [rays, ["openai-gpt-4o"]]
    assert says(converted, "Of 2 presets")
    assert says(converted, "a table that compares")


def test_promptfoo_crosses_prompts_with_providers() -> None:
    converted = read(samples.PROMPTFOO)
    first, last = converted.content["layers"]
    providers = ["openai:chat:gpt-4o", "anthropic:messages:claude-sonnet"]
    assert [slot["model"] for slot in first["slots"]] == providers * 2
    assert first["slots"][0]["prompt"] == "Translate to {{language}}: {{prompt}}"
    brief = first["slots"][3]
    assert (brief["system_prompt"], brief["prompt"]) == ("Be brief.", "{{prompt}}")
    assert brief["params"] == {"temperature": 0.2, "max_tokens": 300}
    assert brief["x_promptfoo"] == {"top_k": 5}
    assert [slot["model"] for slot in last["slots"]] == providers[:1]
    assert converted.content["variables"] == [
        {"name": "language", "type": "text", "default": "French"}
    ]
    assert converted.content["sample_prompts"] == ["Hello world"]
    assert says(converted, "`apiKey`")
    assert "sk-ant" not in json.dumps(converted.content)


@pytest.mark.parametrize(
    ("prompts", "words"),
    [
        ("file://prompt.txt", "a file of its own"),
        ("Say {{ name | upper }}", "Some prompts compute"),
        ("Of {{user.name}}", "Some prompts compute"),
        ("{{one}} and {{two}}", "No prompt says where"),
    ],
)
def test_promptfoo_tells_what_a_prompt_cannot_say(prompts: str, words: str) -> None:
    text = dump_yaml({"prompts": prompts, "providers": ["openai:gpt-4o"]})
    converted = read(text)
    parse(converted.content)
    assert says(converted, words)


def test_promptfoo_provider_elsewhere_is_not_kept_as_an_address() -> None:
    providers = ["https://example.com/api", {"file://own.py": {"config": {}}}]
    converted = read(json.dumps({"prompts": ["{{q}}"], "providers": providers}))
    assert models(converted)[0] == ["provider 1", "provider 2"]
    assert "://" not in json.dumps(converted.content)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "schema: moa-recipe/1\nlayer_agent_config: {}",
        "schema: moa-recipe/1\nslug: a\nname: uses --reference-models x --model y\n",
        "- 1\n- 2",
        "a: [",
        "prompts: [a]",
        "x = 1",
    ],
)
def test_other_texts_are_of_no_other_program(text: str) -> None:
    assert read_foreign(text) is None


KEYS = st.sampled_from(
    [
        *("main_model", "cycles", "layer_agent_config", "system_prompt", "model_name"),
        *("reference_models", "model", "rounds", "layers", "temperature", "max_tokens"),
        *("council_models", "chairman_model", "execution_mode", "stage1_prompt"),
        *("id", "base_model_id", "params", "meta", "info", "name", "data", "models"),
        *("rayLlmIds", "gatherLlmId", "gatherFactoryId", "presets", "state"),
        *("prompts", "providers", "targets", "config", "tests", "vars", "defaultTest"),
        *("raw", "label", "api_key", "stop", "seed", "moa_main_agent_config"),
    ]
)
TEXTS = st.sampled_from(
    [
        "",
        "a",
        "{{q}}",
        "{helper_response}",
        "{{{{x}}}}",
        "{{ a.b }}",
        "x://y",
        "sk-0123456789ab",
    ]
) | st.text(max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 30) | st.floats(-1, 3) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5)
    ),
    max_leaves=25,
)


@settings(deadline=None, max_examples=300)
@given(st.dictionaries(KEYS, VALUES, max_size=8) | st.lists(VALUES, max_size=3))
def test_no_file_breaks_a_reading_and_no_key_gets_in(content: Any) -> None:
    converted = read_foreign(json.dumps(content))
    if converted is not None:
        assert json.loads(json.dumps(converted.content)) == converted.content
        kept = json.dumps(
            [v for k, v in _below(converted.content) if k.startswith("x_")]
        )
        assert "sk-0123456789ab" not in kept
        assert "://" not in kept


def _below(content: Any) -> list[tuple[str, Any]]:
    if isinstance(content, list):
        return [pair for each in content for pair in _below(each)]
    if not isinstance(content, dict):
        return []
    return [pair for k, v in content.items() for pair in [(k, v), *_below(v)]]


@pytest.mark.parametrize(
    "text",
    [
        "a:" + " " * 250_000,
        "a=1\n" * 60_000,
        "a=[\n" * 60_000,
        "--reference-models " + "$a " * 80_000 + "\na=" + "x" * 4000,
        json.dumps({"council_models": ["a"], "note": "eyJ" * 80_000}),
        json.dumps({"council_models": ["a"], "note": "a." * 120_000}),
        json.dumps({"council_models": ["a" * 200_000]}),
    ],
    ids=["annotation", "lines", "lists", "variables", "tokens", "addresses", "name"],
)
@pytest.mark.timeout(10)
def test_large_texts_are_read_in_time(text: str) -> None:
    read_foreign(text)
