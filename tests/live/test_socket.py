"""The socket of a run, on a whole site: order, resumption, replay, refusals."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
import websockets

from tests.sites import MODELS, Site

REFUSED = (4401, 4403)


@pytest.fixture(scope="module")
def token(site: Site) -> str:
    return site.token("ben")


def begin(site: Site, token: str, recipe: str = "quick", *, prompt: str = "") -> str:
    """Start a detached run and return its id."""
    body = {
        "model": f"moa/{recipe}",
        "messages": [{"role": "user", "content": prompt or f"Watch me {uuid4()}"}],
        "stream": True,
        "moa": {"detach": True},
    }
    chat = "/v1/chat/completions"
    with (
        site.client(token) as client,
        client.stream("POST", chat, json=body) as response,
    ):
        for line in response.iter_lines():
            if line.startswith("data: "):
                return str(json.loads(line[6:])["moa"]["run"])
    raise AssertionError("no first chunk")


async def listen(
    site: Site,
    path: str,
    *,
    headers: dict[str, str],
    origin: str | None = None,
    most: int = 10**6,
) -> tuple[list[dict[str, Any]], int | None]:
    """The frames until the socket closes (or `most`), and the close code."""
    address = site.url.replace("http", "ws", 1) + path
    entries: list[dict[str, Any]] = []
    async with websockets.connect(
        address,
        additional_headers=headers,
        origin=origin,
        max_size=None,  # type: ignore[arg-type]
    ) as socket:
        with contextlib.suppress(websockets.ConnectionClosed):
            while len(entries) < most:
                entries.append(json.loads(await socket.recv()))
                if len(entries) % 32 == 0:
                    # The other side may have closed behind what is still unread.
                    with contextlib.suppress(websockets.ConnectionClosed):
                        await socket.send(json.dumps({"ack": entries[-1]["id"]}))
            return entries, None
        return entries, socket.close_code


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def exported(site: Site, token: str, run: str) -> dict[str, Any]:
    with site.client(token) as client:
        document: dict[str, Any] = client.get(f"/runs/{run}.json").json()
        return document


def text_of(entries: list[dict[str, Any]]) -> dict[str, str]:
    """Per draft, what the deltas put together."""
    texts: dict[str, str] = {}
    for entry in entries:
        for key, _, offset, text in entry.get("x", ()):
            assert len(texts.get(key, "")) == offset
            texts[key] = texts.get(key, "") + text
    return texts


async def test_entries_come_in_order_without_holes_to_the_end(
    site: Site, token: str
) -> None:
    run = begin(site, token)
    entries, code = await listen(site, f"/ws/runs/{run}/", headers=bearer(token))
    assert code == 1000
    assert [entry["id"] for entry in entries] == [
        f"1-{n}" for n in range(1, len(entries) + 1)
    ]
    assert (entries[0]["k"], entries[-1]["k"], entries[-1]["status"]) == (
        "run",
        "end",
        "done",
    )
    assert not any("html" in entry for entry in entries)
    export = exported(site, token, run)
    assert text_of(entries) == {
        draft["key"]: draft["text"] for draft in export["drafts"]
    }


async def test_who_comes_back_goes_on_after_the_last_entry(
    site: Site, token: str
) -> None:
    run = begin(site, token, "three")
    first, _ = await listen(site, f"/ws/runs/{run}/", headers=bearer(token), most=20)
    last = first[-1]["id"]
    rest, code = await listen(
        site, f"/ws/runs/{run}/?since={last}", headers=bearer(token)
    )
    assert code == 1000
    whole, _ = await listen(site, f"/ws/runs/{run}/", headers=bearer(token))
    assert [*first, *rest] == whole


async def test_finished_run_replays_from_since_and_closes(
    site: Site, token: str
) -> None:
    run = begin(site, token)
    entries, _ = await listen(site, f"/ws/runs/{run}/", headers=bearer(token))
    middle = entries[len(entries) // 2]["id"]
    again, code = await listen(
        site, f"/ws/runs/{run}/?since={middle}", headers=bearer(token)
    )
    assert (again, code) == (entries[len(entries) // 2 + 1 :], 1000)
    nothing, code = await listen(
        site, f"/ws/runs/{run}/?since={entries[-1]['id']}", headers=bearer(token)
    )
    assert (nothing, code) == ([], 1000)


async def test_strangers_and_the_unknown_are_accepted_first_and_then_refused(
    site: Site, token: str
) -> None:
    run = begin(site, token)
    path = f"/ws/runs/{run}/"
    assert await listen(site, path, headers={}) == ([], 4401)
    assert await listen(site, path, headers=bearer("moa_nobody")) == ([], 4401)
    stranger = site.token("sten", "elsewhere")
    assert await listen(site, path, headers=bearer(stranger)) == ([], 4403)
    assert await listen(site, f"/ws/runs/{uuid4()}/", headers=bearer(token)) == (
        [],
        4403,
    )


async def test_pages_need_a_good_origin_and_get_html(site: Site, token: str) -> None:
    run = begin(site, token)
    cookie = signed_in(site)
    path, headers = f"/ws/runs/{run}/", {"Cookie": cookie}
    assert await listen(site, path, headers=headers) == ([], 4403)
    evil = "http://evil.example"
    assert await listen(site, path, headers=headers, origin=evil) == ([], 4403)
    entries, code = await listen(site, path, headers=headers, origin=site.url)
    assert code == 1000
    assert all(
        "html" in entry for entry in entries if entry["k"] in {"layer", "draft", "end"}
    )


def signed_in(site: Site) -> str:
    """The cookie of ben's session, got through the sign-in form."""
    with httpx.Client(base_url=site.url) as client:
        client.get("/sign-in/")
        form = {
            "username": "ben",
            "password": "ben rows at dawn",
            "csrfmiddlewaretoken": client.cookies["csrftoken"],
        }
        assert client.post("/sign-in/", data=form).status_code == 302
        return f"sessionid={client.cookies['sessionid']}"


async def test_stop_ends_a_run_within_a_second_and_keeps_what_was_written(
    site: Site, token: str
) -> None:
    run = begin(site, token, "lengthy")
    await listen(site, f"/ws/runs/{run}/", headers=bearer(token), most=40)
    with site.client(token) as client:
        assert client.post(f"/runs/{run}/stop/").status_code == 202
    entries, code = await listen(site, f"/ws/runs/{run}/", headers=bearer(token))
    export = exported(site, token, run)
    assert (code, entries[-1]["status"], export["status"]) == (
        1000,
        "cancelled",
        "cancelled",
    )
    statuses = {draft["key"]: draft["status"] for draft in export["drafts"]}
    assert statuses == {"1.A.1": "stopped", "1.B.1": "stopped", "2.Z.1": "skipped"}
    assert {call["status"] for call in export["calls"]} == {"cancelled"}
    assert all(call["usage"]["estimated"] for call in export["calls"])
    shown = text_of(entries)
    for draft in export["drafts"][:2]:
        assert draft["text"]
        assert draft["text"].startswith(shown[draft["key"]][: len(draft["text"])])
    asked = [entry for entry in entries if entry["k"] == "delta"][-1]["t"]
    assert entries[-1]["t"] - asked < 1_000


async def test_frames_of_any_size_arrive(site: Site, token: str) -> None:
    long = f"[[stub {MODELS['brief']}: echo]] " + "word " * 15_000
    run = begin(site, token, "one", prompt=long)
    cookie = {"Cookie": signed_in(site)}
    path = f"/ws/runs/{run}/"
    raw, raw_code = await listen(site, path, headers=bearer(token))
    html, code = await listen(site, path, headers=cookie, origin=site.url)
    export = exported(site, token, run)

    text = export["answer"]["text"]
    assert len(text) > 70_000
    assert (raw_code, code) == (1000, 1000)
    assert text_of(raw)[export["answer"]["draft"]] == text
    assert max(len(entry.get("html", "")) for entry in html) > 70_000


async def test_socket_closes_on_what_no_viewer_says(site: Site, token: str) -> None:
    run = begin(site, token, "lengthy")
    address = f"{site.url.replace('http', 'ws', 1)}/ws/runs/{run}/"
    for said, expected in (("x" * 2_000, 1009), (b"\0", 1009)):
        async with websockets.connect(
            address, additional_headers=bearer(token)
        ) as socket:
            await socket.send(said)
            async with asyncio.timeout(10):
                with contextlib.suppress(websockets.ConnectionClosed):
                    while True:
                        await socket.recv()
            assert socket.close_code == expected
    with site.client(token) as client:
        client.post(f"/runs/{run}/stop/")


@pytest.mark.parametrize("since", ["5--3", "1_0-1", "9" * 30 + "-1", "", "+1-1"])
async def test_since_that_is_no_id_begins_at_the_start(
    site: Site, token: str, since: str
) -> None:
    run = begin(site, token)
    path = f"/ws/runs/{run}/"
    await listen(site, path, headers=bearer(token))
    entries, code = await listen(site, f"{path}?since={since}", headers=bearer(token))
    assert (entries[0]["id"], entries[-1]["k"], code) == ("1-1", "end", 1000)
