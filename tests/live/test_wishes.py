"""What the feed tells of wishes and of given drafts leaves the page as a reload would."""

from __future__ import annotations

import pytest

from playground.engine.errors import KeyRefused
from playground.engine.events import CallFailed, Event, RetryDraft, Row, StopDraft
from playground.live.fragments import RunFragments
from playground.live.records import run_view
from playground.runs.execution.telling import opening, told_by
from playground.runs.feed import Entry
from playground.runs.models import Draft, Run
from playground.runs.queries import Snapshot, calls_of, drafts_of, layers_of
from tests.runs.driving import Driven
from tests.runs.factories import a_run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("valkey")]


def view_of(run: Run, last: str = "0-0") -> RunFragments:
    run = Run.objects.get(pk=run.pk)
    shot = Snapshot(run, drafts_of(run), calls_of(run), layers_of(run), last)
    return RunFragments(run_view(shot))


class Page:
    """A page that was open from the start, and the run that it shows."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.fragments = view_of(run)
        self._seq = 0
        self.tell(opening(epoch=1, after=None, lost=()))
        self.driven = Driven(run)
        self.hear(self.driven.rows)

    def tell(self, body: dict[str, object]) -> str:
        self._seq += 1
        entry = Entry(f"1-{self._seq}", {"t": self._seq, **body})
        return self.fragments.advance(entry) or ""

    def hear(self, rows: list[Row]) -> str:
        return "".join(self.tell(body) for body in told_by(rows))

    def give(self, event: Event) -> str:
        return self.hear(self.driven.give(event))

    def write(self, key: str, text: str) -> str:
        n = self.call_of(key)
        self.tell({"k": "delta", "x": [[key, n, 0, text]]})
        return self.hear(self.driven.done(key, text))

    def call_of(self, key: str) -> int:
        calls = self.driven.machine.open_calls.items()
        return next(n for n, open_ in calls if open_ == key)

    def shown(self) -> dict[str, tuple[str, str, str, int]]:
        return _drafts(self.fragments)

    def reloaded(self) -> dict[str, tuple[str, str, str, int]]:
        return _drafts(view_of(self.run))


def _drafts(fragments: RunFragments) -> dict[str, tuple[str, str, str, int]]:
    return {
        key: (draft.status, draft.text, draft.model, len(draft.calls))
        for key, draft in fragments.view.drafts.items()
    }


def test_stopped_and_retried_drafts_are_shown_as_after_a_reload() -> None:
    page = Page(a_run())
    page.give(StopDraft("1.A.1", 5))
    assert page.shown() == page.reloaded()
    assert page.shown()["1.A.1"][0] == "stopped"
    page.write("1.B.1", "from B")
    assert page.shown()["1.B.1"] == ("done", "from B", "fast", 1)


def test_retry_shows_the_new_text_and_in_vain_the_old_one_again() -> None:
    page = Page(a_run())
    page.write("1.A.1", "from A")
    html = page.give(RetryDraft("1.A.1", None, 5))
    assert 'id="draft-1-A-1' in html
    page.tell({"k": "delta", "x": [["1.A.1", page.call_of("1.A.1"), 0, "other"]]})
    assert page.shown()["1.A.1"] == ("writing", "other", "fast", 2)
    refused = KeyRefused("refused", status=401)
    html = page.give(CallFailed(page.call_of("1.A.1"), 9, refused, "other"))
    assert "from A" in html
    assert page.shown() == page.reloaded()
    assert page.shown()["1.A.1"] == ("done", "from A", "fast", 2)
    draft = page.fragments.view.drafts["1.A.1"]
    assert (draft.call.n if draft.call else 0, draft.word) == (1, "done in 0.0 s")


def test_given_drafts_keep_their_text_when_the_feed_tells_of_them() -> None:
    run = a_run(branch={"kind": "left_out", "keys": ["1.B.1"], "models": {}})
    drafts = Draft.objects.filter(run=run)
    drafts.filter(key="1.A.1").update(status="done", given="reused", text="from A")
    drafts.filter(key="1.B.1").update(status="skipped", given="left_out")
    page = Page(run)
    assert page.shown() == page.reloaded()
    assert page.shown()["1.A.1"] == ("done", "from A", "fast", 0)
    assert page.shown()["1.B.1"][0] == "skipped"
    assert page.shown()["2.Z.1"][0] == "writing"
