"""A provider that speaks the chat protocol over TCP and misbehaves on request.

A model's name, or `[[stub: …]]` / `[[stub MODEL: …]]` in a prompt, says how it
answers: `m-{first token ms}-{chunks}-{ms per chunk}` (then `-t` for time stamps,
`-r{n}` for thoughts, `-x{n}` for long words), `ok`, `echo`, `say …`, `fault-…`,
`judge…` (see `judges`), `odds A=0.7,B=0.3` (one token, with its chances if asked),
and sequences for repeated requests: `fault-503-then-ok`.
"""

from __future__ import annotations

from tests.stub.records import Seen, marker_of
from tests.stub.server import Stub

__all__ = ["Seen", "Stub", "marker_of"]
