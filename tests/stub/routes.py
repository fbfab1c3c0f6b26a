"""The stub's own doors: its models, what it saw, and how to direct it over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.stub.reply import Reply

if TYPE_CHECKING:
    from tests.stub.server import Stub

MODELS = ("m-100-100-10", "m-150-100-10", "m-200-100-10", "ok", "echo")


async def route(stub: Stub, reply: Reply) -> bool:
    """Answer what is no call to a model; False when it is one."""
    seen = reply.seen
    url = urlsplit(seen.path)
    marker = parse_qs(url.query).get("marker", [""])[0]
    match seen.method, url.path:
        case "GET", "/v1/models":
            models = [{"id": name, "object": "model"} for name in MODELS]
            reply.json(200, {"object": "list", "data": models})
        case "GET", "/_requests":
            found = [one.to_json() for one in stub.calls if marker in one.text]
            reply.json(200, found)
        case "GET", "/_count":
            reply.json(200, {"count": stub.count(marker)})
        case "POST", "/_reset":
            stub.reset()
            reply.json(200, {})
        case "POST", "/_script":
            stub.script(seen.body["model"], seen.body["behaviours"])
            reply.json(200, {})
        case "POST", path if path.endswith("/chat/completions"):
            return False
        case _:
            reply.json(404, _not_found(seen.path))
    return True


def _not_found(path: str) -> dict[str, Any]:
    return {"error": {"message": f"no such path: {path}", "type": "not_found_error"}}
