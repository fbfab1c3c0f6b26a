"""Whatever happens in whatever order: the run ends, pays within its limit, and a journal
that was cut anywhere goes on as if it had not been."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playground.engine.branches import Branch
from playground.engine.chains import link_of
from playground.engine.errors import (
    Cut,
    KeyRefused,
    NotTaken,
    Paused,
    RateLimited,
    ServerFailed,
)
from playground.engine.events import (
    CallDone,
    CallFailed,
    CallOpened,
    Cancel,
    DraftDone,
    DraftGiven,
    Event,
    LayerClosed,
    ReplyUnread,
    Resume,
    RetryAsked,
    RetryDraft,
    Row,
    SendCall,
    StopDraft,
    Tick,
    row_from_json,
)
from playground.engine.lessons import Lesson
from playground.engine.plan import parse
from playground.engine.pricing import nanos_of
from playground.engine.tokens import bound_of_messages
from playground.engine.usage import Usage
from tests.engine.departing import departures
from tests.engine.house import FINDINGS, Hand, Json, hand

ERRORS = (
    ServerFailed("busy", status=503),
    RateLimited("slow down", after=0.3),
    RateLimited("slow down", after=900),
    KeyRefused("refused", status=401),
    Cut("cut"),
    Paused("held back", after=2),
    NotTaken("not taken", lesson=Lesson("temperature"), status=400),
    NotTaken("not taken", lesson=Lesson("max_tokens", "max_completion_tokens")),
)
# What judges of a rank say: to all methods, to some, and nothing that can be read.
VERDICTS = (
    *("A", "B", "[[C]]", "B > A", '{"ranking": ["A", "B", "C"]}'),
    *('{"ranking": ["B", "A"], "score": 4}', '{"score": 9}', "hard to say"),
)
KINDS = ("done", "done", "done", "fail", "blank", "tick", "due", "stray")
RARE = ("resume", "cancel", "stop", "retry", "retry-with", "retry")
KIND = st.integers(0, 60).map(lambda n: RARE[n % 6] if n < 12 else KINDS[n % 8])
MOVES = st.lists(st.tuples(KIND, st.integers(0, 60), st.integers(0, 4000)), max_size=40)


def obedient_usage(call: SendCall, share: int) -> Usage:
    tokens_out = call.params.max_tokens or 0
    tokens_in = bound_of_messages(call.messages)
    return Usage(tokens_in * share // 60, 0, tokens_out * share // 60)


def event_of(held: Hand, move: tuple[str, int, int]) -> Event:
    kind, pick, wait = move
    at = held.at + wait
    open_ = sorted(held.machine.open_calls)
    if kind in ("done", "fail", "blank") and open_:
        return end_of(held, open_[pick % len(open_)], kind, pick, at)
    keys = sorted(each.name for each in held.machine._state.drafts.values())
    key = keys[pick % len(keys)]
    others: dict[str, Event] = {
        "stop": StopDraft(key, at),
        "retry": RetryDraft(key, None, at),
        "retry-with": RetryDraft(key, "careful", at),
        "cancel": Cancel(at),
        "resume": Resume(at, wait, pick),
        "stray": CallDone(pick, held.at, "stray", "", Usage(1, 0, 1)),
        "due": Tick(held.machine.due_at or at),
    }
    return others.get(kind, Tick(at))


def end_of(held: Hand, n: int, kind: str, pick: int, at: int) -> Event:
    if kind == "fail":
        return CallFailed(n, at, ERRORS[pick % len(ERRORS)], "part" if pick % 2 else "")
    text = "" if kind == "blank" else f"text {n % 3} " * 30
    if kind != "blank" and n == 1:
        text += f'{{"score": {pick % 7}}}'
    if kind == "done" and pick % 3 and judges(held, n):
        first = held.row(CallOpened, n=n).references[:1]
        chosen = {"keep": first, "agree": pick % 2 == 0}
        text = f"Found: {json.dumps(FINDINGS | chosen)}"
    if kind == "done" and is_ranked(held, n):
        text = VERDICTS[pick % len(VERDICTS)]
    return CallDone(n, at, text, "", obedient_usage(held.sent[n], pick))


def judges(held: Hand, n: int) -> bool:
    key = held.machine._state.drafts[held.sent[n].key].key
    return held.machine._state.plan.layers[key.layer - 1].judges


def is_ranked(held: Hand, n: int) -> bool:
    key = held.machine._state.drafts[held.sent[n].key].key
    return held.machine._state.plan.layers[key.layer - 1].contest is not None


def finish(held: Hand) -> None:
    """Let time pass until the run has ended; each timer must move it on."""
    for _ in range(200):
        if held.machine.ended is not None:
            return
        due = held.machine.due_at
        assert due is not None
        assert due > held.at or held.at == 0
        held.tick(due)


def play(departure: tuple[Json, Branch], moves: list[tuple[str, int, int]]) -> Hand:
    document, branch = departure
    held = hand(document, branch=branch)
    held.start()
    for move in moves:
        held.give(event_of(held, move))
    return held


SETTINGS = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@SETTINGS
@given(departures(), MOVES)
def test_every_order_of_events_ends(
    departure: tuple[Json, Branch], moves: list[Any]
) -> None:
    held = play(departure, moves)
    finish(held)
    assert held.machine.ended == held.rows[-1]
    assert held.machine.open_calls == {}
    assert [row.kind for row in held.rows].count("run_ended") == 1
    keys = {str(key) for key in parse(departure[0]).drafts()}
    assert {key for key, story in stories(held).items() if story} == keys
    for story in stories(held).values():
        # One end, and one more after each time that somebody wanted it again.
        assert re.fullmatch("r*e(r+e)*", "".join(story))
    before = len(held.sent)
    for move in moves:
        assert held.give(event_of(held, move)).commands == ()
    assert len(held.sent) == before


def stories(held: Hand) -> dict[str, list[str]]:
    """By draft, its ends and the wishes for another try, as they came."""
    told: dict[str, list[str]] = {}
    for row in held.rows:
        if row.kind in ENDS:
            told.setdefault(row.key, []).append("e")  # type: ignore[union-attr]
        elif row.kind == "retry_asked":
            told.setdefault(row.key, []).append("r")  # type: ignore[union-attr]
    return told


ENDS = (
    "draft_done",
    "draft_failed",
    "draft_given",
    "draft_stopped",
    "draft_skipped",
)


@SETTINGS
@given(departures(), MOVES)
def test_a_text_that_was_there_is_never_lost(
    departure: tuple[Json, Branch], moves: list[Any]
) -> None:
    """Whoever was done once ends as done, whatever a person tried after it."""
    held = play(departure, moves)
    finish(held)
    done = {row.key for row in held.rows if isinstance(row, DraftDone | DraftGiven)}
    last = {row.key: row for row in held.rows if row.kind in ENDS}  # type: ignore[union-attr]
    assert {
        key for key in done if not isinstance(last[key], DraftDone | DraftGiven)
    } == set()
    for row in held.rows:
        if isinstance(row, LayerClosed) and row.closed_by in ("all", "quorum"):
            assert set(row.passed_on) <= done


@SETTINGS
@given(departures(), MOVES)
def test_what_is_given_or_left_out_is_never_called(
    departure: tuple[Json, Branch], moves: list[Any]
) -> None:
    held = play(departure, moves)
    finish(held)
    branch = departure[1]
    called = {call.key for call in held.sent.values()}
    assert called.isdisjoint({*branch.given, *branch.left_out})
    given = {row.key for row in held.rows if isinstance(row, DraftGiven)}
    assert given == set(branch.given)


@SETTINGS
@given(departures(), MOVES)
def test_a_refinement_is_sent_once_all_that_it_may_read_has_ended_for_good(
    departure: tuple[Json, Branch], moves: list[Any]
) -> None:
    held = play(departure, moves)
    finish(held)
    plan = parse(departure[0])
    for place, row in enumerate(held.rows):
        if not isinstance(row, CallOpened):
            continue
        key = next(key for key in plan.drafts() if str(key) == row.key)
        layer = plan.layers[key.layer - 1]
        if not layer.refines(key):
            continue
        before = {str(each) for each in link_of(layer, key).before}
        ended = {each.key for each in held.rows[:place] if each.kind in ENDS}  # type: ignore[union-attr]
        later = {each.key for each in held.rows[place:] if each.kind in ENDS}  # type: ignore[union-attr]
        assert before <= ended
        assert before.isdisjoint(later)
        assert len(set(row.references)) > 1


@SETTINGS
@given(departures(), MOVES)
def test_obedient_providers_never_cost_more_than_the_limit(
    departure: tuple[Json, Branch], moves: list[Any]
) -> None:
    document = departure[0]
    held = play(departure, moves)
    finish(held)
    limit = parse(document).limits.max_cost_usd
    if limit is not None:
        assert held.cost() <= nanos_of(limit)
    most = document["limits"].get("max_calls")
    if most is not None:
        assert len(held.sent) <= most


@SETTINGS
@given(departures(), MOVES)
def test_judges_are_asked_once_more_at_most(
    departure: tuple[Json, Branch], moves: list[Any]
) -> None:
    """Two replies that cannot be read between two wishes, and who is unread had two
    or could not be asked again."""
    held = play(departure, moves)
    finish(held)
    unread: dict[str, int] = {}
    for row in held.rows:
        if isinstance(row, RetryAsked):
            unread[row.key] = 0
        elif isinstance(row, ReplyUnread):
            unread[row.key] = unread.get(row.key, 0) + 1
            assert unread[row.key] <= 2
        elif isinstance(row, DraftDone) and row.unread and row.key in unread:
            assert unread[row.key] == 2 or row.cause


@SETTINGS
@given(departures(), MOVES, st.integers(0, 1000))
def test_journal_cut_anywhere_goes_on_with_the_same_calls(
    departure: tuple[Json, Branch], moves: list[Any], cut: int
) -> None:
    """Limits aside: a lost call uses money and calls up, as it should."""
    document, branch = departure
    document["limits"].pop("max_cost_usd", None)
    document["limits"].pop("max_calls", None)
    whole = hand(document, branch=branch)
    whole.start()
    steps = [(len(whole.rows), whole.at, open_calls(whole))]
    for move in moves:
        if move[0] not in ("cancel", "resume"):
            whole.give(event_of(whole, move))
            steps.append((len(whole.rows), whole.at, open_calls(whole)))
    length = cut % (len(whole.rows) + 1)
    at, wanted = next((at, open_) for count, at, open_ in steps if count >= length)
    rows = [copied(row) for row in whole.rows[:length]]
    again = hand(document, rows=rows, branch=branch)
    again.give(Resume(at, 0, 2))
    assert open_calls(again) == wanted


def open_calls(held: Hand) -> list[tuple[str, str, object]]:
    """What is asked of whom. One that is sent anew may know more of what is not taken."""
    sent = [held.sent[n] for n in held.machine.open_calls]
    return sorted((call.key, call.alias, call.messages) for call in sent)


def copied(row: Row) -> Row:
    return row_from_json(row.kind, json.loads(json.dumps(row.to_json())))
