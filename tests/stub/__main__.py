"""`python -m tests.stub --port 9001`: the stub as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import contextlib

import uvloop

from tests.stub.server import Stub


async def serve(host: str, port: int) -> None:
    stub = Stub()
    await stub.start(host, port)
    print(f"stub provider on {stub.base_url}", flush=True)  # noqa: T201
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.stub")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9001)
    asked = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(serve(asked.host, asked.port))


if __name__ == "__main__":
    main()
