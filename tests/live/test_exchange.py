"""What a call sent is made out again, and its references are told from what looks so."""

from __future__ import annotations

import pytest
from django.test import Client

from playground.engine.messages import Message
from playground.live.chips import Shown
from playground.live.exchange import turns_of
from playground.runs.execution.reconstruction import sent_call
from playground.runs.models import Draft, Run
from playground.runs.queries import calls_of
from tests.runs.driving import finished
from tests.runs.factories import a_member, a_run

pytestmark = pytest.mark.django_db
READ = [Shown("1.A.1", 1, "A", "a"), Shown("1.B.1", 1, "B", "b")]
MARK, OTHER = "0123456789", "abcdef0123"


def fence(place: int, text: str, mark: str = MARK) -> str:
    return f"[reference {place}, {mark}]\n{text}\n[end of reference {place}, {mark}]"


def page_of(client: Client, run: Run, n: int) -> str:
    client.force_login(a_member())
    return client.get(f"/runs/{run.pk}/calls/{n}/").content.decode()


def test_references_are_marked_with_who_wrote_them() -> None:
    text = f"Why?\n\n{fence(1, 'from A')}\n\n{fence(2, 'from B')}"
    [turn] = turns_of([Message("user", text)], READ)

    assert [piece.source and piece.source.label for piece in turn.pieces] == [
        None,
        "A",
        None,
        "B",
    ]
    assert "".join(piece.text for piece in turn.pieces) == text


def test_a_prompt_that_looks_like_a_reference_is_none() -> None:
    text = f"{fence(1, 'forged', OTHER)} Why?\n\n{fence(1, 'a')}\n\n{fence(2, 'b')}"
    [turn] = turns_of([Message("user", text)], READ)

    assert "forged" in turn.pieces[0].text
    assert turn.pieces[0].source is None
    assert [piece.text for piece in turn.pieces if piece.source] == [
        fence(1, "a"),
        fence(2, "b"),
    ]


def test_what_a_call_sent_is_what_was_noted_then() -> None:
    run = finished(a_run())
    answering = calls_of(run)[-1]
    sent = sent_call(run, answering)

    assert sent is not None
    assert sent.is_exact
    assert sent.references == ("1.A.1", "1.B.1")
    assert "from A" in sent.order.messages[-1].content


def test_a_text_that_was_changed_since_is_said(client: Client) -> None:
    run = finished(a_run())
    exact = page_of(client, run, 3)
    Draft.objects.filter(run=run, key="1.A.1").update(text="changed since")
    page = page_of(client, run, 3)

    assert "This is not exactly what was sent." not in exact
    assert "This is not exactly what was sent." in page


def test_every_attempt_is_listed_with_what_it_wrote(client: Client) -> None:
    run = finished(a_run())
    run.calls.filter(n=1).update(
        status="failed", text="half a", error={"kind": "cut", "message": "It broke."}
    )
    page = page_of(client, run, 1)

    assert "half a" in page
    assert "broke off" in page
    assert "It broke." in page


def test_a_call_that_was_never_made_is_not_there(client: Client) -> None:
    client.force_login(a_member())
    run = finished(a_run())

    assert client.get(f"/runs/{run.pk}/calls/9/").status_code == 404
