"""`python -m tests.bench page`: the page of a finished run of 13 drafts of 8 kB each.

The best of some rounds counts: what else the machine does is not the page's.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx

from tests.sites import Site, layer, provision_text, recipe, running_site
from tests.stub.fixtures import running_stub

ROUNDS = 20
MOST_MS = 60
BLOCK = """## What speaks for it

The team is **small**, and *every* module that is taken out needs somebody who keeps it
running: `deploy`, watch, mend. Six months on, nobody remembers why.

- One deployable, with borders inside that a test keeps.
- A second one where load, not taste, asks for it.

| sign | when |
|---|---|
| releases wait for each other | over a day |
| one part needs other hardware | always |

```python
def split(modules):
    return [each for each in modules if each.waits > 24]
```

"""
VIEWS = ("", "?layer=2", "?view=tabs", "?view=timeline", "?view=focus&draft=1.A.1")


def main() -> int:
    """Measure the first byte of each view; the exit code says whether all were in time."""
    alone = {"sees": "none"}
    long = recipe(
        "long",
        layer("draft", *["echo"] * 6),
        layer("draft", *["echo"] * 6, **alone),
        layer("aggregate", "echo", **alone),
    )
    with tempfile.TemporaryDirectory(prefix="moa-") as folder, running_stub() as stub:
        text = provision_text(stub.base_url, models={"echo": "echo"}, recipes=[long])
        with running_site(Path(folder), provision=text) as site:
            return _measure(site)


def _measure(site: Site) -> int:
    with site.client(site.token("ada")) as client:
        path = f"/runs/{_a_run(client)}/"
        bests = [_first_byte(client, path + view) for view in VIEWS]
    return 0 if max(bests) <= MOST_MS else 1


def _a_run(client: httpx.Client) -> str:
    prompt = BLOCK * (8_192 // len(BLOCK) + 1)
    body = {"model": "moa/long", "messages": [{"role": "user", "content": prompt}]}
    answer = client.post("/v1/chat/completions", json=body)
    answer.raise_for_status()
    return str(answer.json()["moa"]["run"])


def _first_byte(client: httpx.Client, address: str) -> float:
    times, size = [], 0
    for _ in range(ROUNDS):
        began = time.perf_counter()
        with client.stream("GET", address) as answer:
            pieces = answer.iter_bytes()
            size = len(next(pieces))
            times.append((time.perf_counter() - began) * 1000)
            size += sum(map(len, pieces))
    best, median = min(times), statistics.median(times)
    told = f"best {best:.0f} ms, median {median:.0f} ms, {size / 1024:.0f} KiB"
    sys.stdout.write(f"{address.rpartition('/')[2] or 'run page':28} {told}\n")
    return best
