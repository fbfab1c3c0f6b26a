"""A provision file that is good, and the command applied to it as it is or changed."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError

SECRET = "sk-canary-0123456789abcdef"
RECIPE = """schema: moa-recipe/1
slug: one
name: One
layers:
  - kind: draft
    slots:
      - {model: fast}
"""
FILE = """schema: moa-provision/1
users:
  - {username: ada, email: ada@example.org, password: env:ADA_PASSWORD, staff: true}
  - {username: ben, password: "ben rows"}
teams:
  - slug: research
    name: Research
    members:
      - {user: ada, role: admin}
      - {user: ben, role: member}
providers:
  - slug: stub
    name: The stub
    base_url: http://127.0.0.1:9001/v1
    local: true
    credential: env:STUB_KEY
    models:
      - {alias: fast, model: m-1, price: {input: 0.15, cached_input: 0.075, output: 0.60}}
      - {alias: free, model: m-2, price: 0, family: F, size: 1B, reasoning: true, good_at: [x]}
      - {alias: unpriced, model: m-3}
budgets:
  - {scope: site, window: month, usd: 500}
  - {scope: {member: ben, team: research}, window: day, usd: 1.50, runs: 50, parallel: 3}
  - {scope: {model: fast}, window: total, tokens: 1000}
recipes:
  - {team: research, file: recipe.yaml}
"""


def provision(folder: Path, *options: str) -> str:
    out = StringIO()
    call_command("provision", str(folder / "provision.yaml"), *options, stdout=out)
    return out.getvalue()


def refused(folder: Path, *options: str) -> str:
    with pytest.raises(CommandError) as caught:
        provision(folder, *options)
    assert caught.value.returncode == 2
    return str(caught.value)


def change(folder: Path, old: str, new: str, name: str = "provision.yaml") -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))


def row_counts() -> dict[str, int]:
    return {
        model.__name__: model._default_manager.count()
        for model in apps.get_app_config("playground").get_models()
    }
