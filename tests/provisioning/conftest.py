"""The folder that the tests of provisioning work in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.provisioning.filing import FILE, RECIPE, SECRET


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a file that is good, and the environment that it needs."""
    monkeypatch.setenv("ADA_PASSWORD", "ada sings")
    monkeypatch.setenv("STUB_KEY", SECRET)
    (tmp_path / "provision.yaml").write_text(FILE)
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    return tmp_path
