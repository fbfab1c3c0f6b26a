"""Files of other programs, in the shapes that those programs write and read."""

from __future__ import annotations

import json
from typing import Any

GROQ: dict[str, Any] = {
    "main_model": "llama-3.3-70b-versatile",
    "cycles": 2,
    "temperature": 0.1,
    "system_prompt": "Answer well. {helper_response}",
    "reference_system_prompt": "Others said:\n{responses}",
    "layer_agent_config": {
        "layer_agent_1": {
            "system_prompt": "Go step by step. {helper_response}",
            "model_name": "gemma2-9b-it",
            "temperature": 0.3,
        },
        "layer_agent_2": {
            "system_prompt": "Plan first, as {{json}}.",
            "model_name": "llama-3.1-8b-instant",
            "max_tokens": 2048,
            "top_k": 40,
        },
    },
}
TOGETHER_COMMAND = """\
reference_models="Qwen/Qwen2-72B-Instruct,databricks/dbrx-instruct"

python generate_for_alpaca_eval.py \\
    --model="Qwen/Qwen1.5-72B-Chat" \\
    --output-path outputs/out.json \\
    --reference-models=${reference_models} \\
    --rounds 2 --temperature 0.5 \\
    --num-proc 16
"""
TOGETHER_FILE = """\
aggregator: Qwen/Qwen1.5-72B-Chat
reference_models: [Qwen/Qwen2-72B-Instruct, databricks/dbrx-instruct]
rounds: 2
temperature: 0.5
max_tokens: 512
"""
TOGETHER_SCRIPT = '''\
import asyncio
reference_models = [
    "meta/Llama-3.3-70B",  # the big one
    "Qwen/Qwen2.5-72B",
]
aggregator_model = "deepseek-ai/DeepSeek-V3"
aggreagator_system_prompt = """Merge what they said.

Responses:"""
layers = 3
client = Together(api_key=os.environ.get("TOGETHER_API_KEY"))
response = await client.chat.completions.create(
    model=model,
    temperature=0.5,
    max_tokens=512,
)
'''
COUNCIL_PYTHON = """\
import os
OPENROUTER_API_KEY = os.getenv("OPENROUTER_API_KEY")
COUNCIL_MODELS = [
    "openai/gpt-5.1",
    "google/gemini-3-pro-preview",
    "x-ai/grok-4",
]
CHAIRMAN_MODEL = "google/gemini-3-pro-preview"
DATA_DIR = "data/conversations"
"""
COUNCIL_ENV = (
    "COUNCIL_MODELS=phi3:latest,mistral:latest\nCHAIRMAN_MODEL=llama3:instruct\n"
)
COUNCIL_JSON = json.dumps(
    {
        "council_models": ["openai/gpt-4o", "x-ai/grok-4"],
        "chairman_model": "openai/gpt-4o",
        "council_temperature": 0.5,
        "chairman_temperature": 0.4,
        "stage2_temperature": 0.3,
        "execution_mode": "full",
        "openrouter_api_key": "sk-or-v1-0123456789abcdef",
        "ollama_base_url": "http://localhost:11434",
    }
)
WEBUI = json.dumps(
    [
        {
            "id": "analyst",
            "base_model_id": "qwen3:14b",
            "name": "Analyst",
            "params": {"temperature": 0.6, "system": "Be exact.", "num_ctx": 8192},
            "meta": {"description": "Looks closely", "knowledge": [{"id": "k"}]},
            "is_active": True,
            "created_at": 1,
        },
        {
            "id": "writer",
            "info": {"base_model_id": "llama3:8b", "params": {}, "name": "Writer"},
        },
    ]
)
BEAM = json.dumps(
    {
        "state": {
            "presets": [
                {
                    "id": "1",
                    "name": "Three minds",
                    "rayLlmIds": ["openai-gpt-4o", "anthropic-claude", "googleai-pro"],
                    "gatherFactoryId": "eval",
                    "gatherLlmId": "openai-gpt-4o",
                },
                {"id": "2", "name": "Other", "rayLlmIds": ["a", "b"]},
            ]
        },
        "version": 1,
    }
)
PROMPTFOO = """\
description: Translating
prompts:
  - 'Translate to {{language}}: {{input}}'
  - label: short
    raw: '[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "{{input}}"}]'
providers:
  - openai:chat:gpt-4o
  - id: anthropic:messages:claude-sonnet
    label: Claude
    config: {temperature: 0.2, max_tokens: 300, apiKey: sk-ant-0123456789abc, top_k: 5}
defaultTest: {vars: {language: French}}
tests:
  - vars: {input: Hello world}
    assert: [{type: contains, value: monde}]
"""
ALL = {
    "groq-moa": json.dumps(GROQ),
    "Together MoA": TOGETHER_COMMAND,
    "llm-council": COUNCIL_JSON,
    "Open WebUI": WEBUI,
    "Beam": BEAM,
    "promptfoo": PROMPTFOO,
}
