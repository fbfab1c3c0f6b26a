"""A whole site on this machine, as `manage.py up` starts it, with the stub as provider."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent
PROVISION = """
schema: moa-provision/1
users:
  - {{username: ada, email: ada@example.org, password: "ada sings at noon", staff: true}}
  - {{username: ben, email: ben@example.org, password: "ben rows at dawn"}}
  - {{username: vera, email: vera@example.org, password: "vera only looks"}}
  - {{username: sten, email: sten@example.org, password: "sten is elsewhere"}}
teams:
  - slug: research
    name: Research
    members:
      - {{user: ada, role: admin}}
      - {{user: ben, role: member}}
      - {{user: vera, role: viewer}}
  - slug: elsewhere
    name: Elsewhere
    members: [{{user: sten, role: owner}}]
providers:
  - slug: stub
    name: The stub
    base_url: {base_url}
    local: true
    credential: {canary}
    max_parallel: 400
    requests_per_minute: 600000
    models:
{models}
recipes:
{recipes}
"""
CANARY = "sk-canary-7f3a91c2e5d84b60"
MODELS = {
    "fast": "m-100-100-10",
    "careful": "m-150-100-10",
    "bold": "m-200-100-10",
    "brief": "m-10-5-5",
    "slow": "m-200-600-20",
}


def recipe(slug: str, *layers: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A small recipe document."""
    return {
        "schema": "moa-recipe/1",
        "slug": slug,
        "name": slug.replace("-", " ").capitalize(),
        "layers": list(layers),
        **more,
    }


def layer(kind: str, *models: str, **more: Any) -> dict[str, Any]:
    """A layer with one slot a model."""
    slots = [{"model": model, "params": {"max_tokens": 400}} for model in models]
    return {"kind": kind, "slots": slots, **more}


THREE = ("fast", "careful", "bold")
RECIPES = [
    recipe(
        "three",
        layer("draft", *THREE),
        layer("draft", *THREE),
        layer("aggregate", "careful"),
    ),
    recipe("quick", layer("draft", "brief", "brief"), layer("aggregate", "brief")),
    recipe("lengthy", layer("draft", "slow", "slow"), layer("aggregate", "brief")),
    recipe("one", layer("draft", "brief")),
]


@dataclass(slots=True)
class Site:
    """A running site: where it is, and how to speak with it as one of its people."""

    url: str
    data: Path
    process: subprocess.Popen[str]
    environment: dict[str, str]

    def manage(
        self, *arguments: str, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a management command against this site's data."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=check,
            timeout=120,
        )

    def token(self, user: str, team: str = "research") -> str:
        """A fresh API token."""
        return self.manage("apitoken", user, "--team", team).stdout.strip()

    def client(self, token: str) -> httpx.Client:
        """An HTTP client of a program with that token."""
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60)

    def worker_pids(self) -> list[int]:
        """The worker processes of this site."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
                environment = (entry / "environ").read_bytes()
            except OSError:
                continue
            mine = f"MOA_DATA={self.data}\0".encode() in environment + b"\0"
            if mine and b"celery" in line and b"worker" in line:
                found.append(int(entry.name))
        return found

    def stop(self) -> None:
        """End the site as Ctrl-C does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=30)


def provision_text(
    base_url: str,
    *,
    models: Mapping[str, str] = MODELS,
    recipes: list[dict[str, Any]] | None = None,
) -> str:
    """The provision file of a test site."""
    cards = "\n".join(
        f"      - {{alias: {alias}, model: {model}, context: 32768, max_output: 4096, "
        "price: {input: 0.15, cached_input: 0.075, output: 0.60}}"
        for alias, model in models.items()
    )
    lines = "\n".join(
        f"  - {{team: research, recipe: {json.dumps(document)}}}"
        for document in (RECIPES if recipes is None else recipes)
    )
    return PROVISION.format(
        base_url=base_url, models=cards, recipes=lines, canary=CANARY
    )


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@contextmanager
def running_site(
    data: Path,
    *,
    provision: str,
    options: tuple[str, ...] = ("--no-local-model",),
    environment: Mapping[str, str] | None = None,
) -> Iterator[Site]:
    """Start a site in `data`, provision it, and stop it at the end."""
    port = free_port()
    clean = {
        key: value for key, value in os.environ.items() if not key.startswith("MOA_")
    }
    env = {**clean, "MOA_DATA": str(data), **(environment or {})}
    data.mkdir(parents=True, exist_ok=True)
    log = (data / "up.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "manage.py", "up", "--port", str(port), *options],
        cwd=ROOT,
        env=env,
        stdout=log,
        stderr=subprocess.STDOUT,
        text=True,
    )
    site = Site(f"http://127.0.0.1:{port}", data, process, env)
    try:
        wait_until_ready(site)
        file = data / "provision.yaml"
        file.write_text(provision)
        site.manage("provision", str(file))
        yield site
    finally:
        site.stop()
        log.close()


def wait_until_ready(site: Site, *, seconds: float = 60) -> None:
    """Wait until every part of the site says that it is there."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if site.process.poll() is not None:
            break
        try:
            if httpx.get(f"{site.url}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    told = (site.data / "up.log").read_text()[-3000:]
    raise AssertionError(f"the site did not come up:\n{told}")
