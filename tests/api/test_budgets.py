"""A budget without room, as a program hears of it."""

from __future__ import annotations

import json

from tests.sites import Site, layer, recipe
from tests.stub.server import Stub

ASKED = {"role": "user", "content": "[[t:broke]] Why?"}


def test_a_limit_of_a_millionth_refuses_before_anything_is_sent(
    site: Site, stub: Stub
) -> None:
    limits = {"usd": 0.000001, "window": "day"}
    content = {
        "schema": "moa-provision/1",
        "teams": [
            {
                "slug": "broke",
                "name": "Broke",
                "members": [{"user": "ben", "role": "owner"}],
            }
        ],
        "budgets": [{"scope": {"team": "broke"}, **limits}],
        "recipes": [
            {"team": "broke", "recipe": recipe("one", layer("draft", "brief"))}
        ],
    }
    file = site.data / "broke.yaml"
    file.write_text(json.dumps(content))
    site.manage("provision", str(file))
    with site.client(site.token("ben", "broke")) as client:
        response = client.post(
            "/v1/chat/completions", json={"model": "moa/one", "messages": [ASKED]}
        )
        runs = client.get("/runs/").text
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (402, "budget")
    assert response.headers["x-should-retry"] == "false"
    assert "$0.000001 is left in the daily budget of Broke" in error["message"]
    assert "Ask an admin of Broke (ben) for more" in error["message"]
    assert "[[t:broke]]" not in runs
    assert stub.count("[[t:broke]]") == 0
