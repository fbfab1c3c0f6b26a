"""Setting aside, drawing and giving back: what moves, and what refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from playground.catalog.models import ModelCard, Provider
from playground.engine.purse import SET_ASIDE, Pool
from playground.engine.uses import Demand, Use
from playground.ledger import holding
from playground.ledger.holding import close_hold, draw, open_hold
from playground.ledger.limiting import raise_limit, sync_buckets
from playground.ledger.models import Bucket, Budget, Entry, Hold, Unit
from playground.ledger.refusing import OverBudget
from playground.web.refusals import TooMany, Unprocessable
from tests.ledger.counting import faults, held, is_open
from tests.people import Cast

pytestmark = [pytest.mark.locks, pytest.mark.django_db(transaction=True)]
DOLLAR = 10**9


def demand(nanos: int | None = DOLLAR, tokens: int = 100, **models: Use) -> Demand:
    return Demand(Use(nanos, tokens), models)


def hold(cast: Cast, cause: str = "run:1", wanted: Demand | None = None) -> Any:
    return open_hold(
        cause=cause, team=cast.team, user=cast.ben, demand=wanted or demand()
    )


def budget(**limits: Any) -> Budget:
    return Budget.objects.create(**{"window": "day"} | limits)


def counters(of: Budget) -> dict[str, tuple[int, int]]:
    return {
        each.unit: (each.held, each.spent) for each in Bucket.objects.filter(budget=of)
    }


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The database's time, which tests turn by hand."""
    now = [datetime(2026, 2, 28, 23, 59, 30, tzinfo=UTC)]
    monkeypatch.setattr(holding, "database_now", lambda: now[0])
    return now


def test_without_a_budget_nothing_is_written(cast: Cast) -> None:
    assert hold(cast) == ()
    draw("run:1", demand())
    close_hold("run:1", demand())
    assert (Hold.objects.count(), Bucket.objects.count()) == (0, 0)


def test_every_budget_over_a_member_is_drawn_on(cast: Cast) -> None:
    over = [
        budget(usd_nanos=10 * DOLLAR),
        budget(team=cast.team, usd_nanos=5 * DOLLAR, tokens=1000),
        budget(team=cast.team, user=cast.ben, usd_nanos=2 * DOLLAR, runs=3),
    ]
    beside = [
        budget(team=cast.elsewhere, usd_nanos=1),
        budget(team=cast.team, user=cast.ada, usd_nanos=1),
    ]
    assert hold(cast) == (Pool(SET_ASIDE, None, DOLLAR, 100),)
    draw("run:1", demand(DOLLAR // 4, 40))
    assert [counters(each) for each in over] == [
        {"usd": (DOLLAR * 3 // 4, DOLLAR // 4)},
        {"usd": (DOLLAR * 3 // 4, DOLLAR // 4), "tokens": (60, 40)},
        {"usd": (DOLLAR * 3 // 4, DOLLAR // 4), "runs": (0, 1)},
    ]
    close_hold("run:1", demand(DOLLAR // 2, 50))
    assert [counters(each)["usd"] for each in over] == [(0, DOLLAR // 2)] * 3
    assert [counters(each) for each in beside] == [{}, {}]
    assert faults() == []
    assert held() == 0


def test_told_twice_it_changes_nothing(cast: Cast) -> None:
    budget(usd_nanos=10 * DOLLAR)
    hold(cast)
    for _ in range(2):
        draw("run:1", demand(DOLLAR // 4))
    draw("run:1", demand(DOLLAR // 8))
    for _ in range(2):
        close_hold("run:1", demand(DOLLAR // 2))
    draw("run:1", demand(DOLLAR))
    entries = Entry.objects.order_by("pk").values_list("kind", "held", "spent")
    assert list(entries) == [
        ("hold", DOLLAR, 0),
        ("spend", -DOLLAR // 4, DOLLAR // 4),
        ("spend", -DOLLAR // 4, DOLLAR // 4),
        ("release", -DOLLAR // 2, 0),
    ]
    assert faults() == []


def test_refusal_names_the_budget_what_is_left_and_whom_to_ask(
    cast: Cast, clock: list[datetime]
) -> None:
    roomy = budget(usd_nanos=100 * DOLLAR)
    budget(team=cast.team, usd_nanos=3 * DOLLAR)
    hold(cast, "run:1")
    draw("run:1", demand(DOLLAR // 2))
    with pytest.raises(OverBudget) as refused:
        hold(cast, "run:2", demand(2 * DOLLAR + 1))
    assert refused.value.status == 402
    assert refused.value.headline == (
        "This run may cost up to $2.00, and $2.00 is left in the daily budget of "
        "Research of $3.00 ($0.5000 spent, $0.5000 set aside)."
    )
    assert refused.value.hint == (
        "Nothing was sent. It begins anew on 1 March at 00:00 UTC. Ask an admin of "
        "Research (ada) for more, or run a recipe that may cost less."
    )
    assert refused.value.resets_at == clock[0] + timedelta(seconds=30)
    assert counters(roomy)["usd"] == (DOLLAR // 2, DOLLAR // 2)
    assert not is_open("run:2")
    hold(cast, "run:3", demand(2 * DOLLAR))
    assert faults() == []


def test_a_charge_goes_to_the_window_of_its_hold(
    cast: Cast, clock: list[datetime]
) -> None:
    own = budget(team=cast.team, usd_nanos=DOLLAR)
    hold(cast)
    clock[0] += timedelta(minutes=1)
    hold(cast, "run:2")
    close_hold("run:1", demand(DOLLAR // 4))
    spent = Bucket.objects.filter(budget=own).order_by("window_start")
    assert [(each.held, each.spent) for each in spent] == [
        (0, DOLLAR // 4),
        (DOLLAR, 0),
    ]
    assert faults() == []


def test_model_budgets_count_their_models_calls(cast: Cast) -> None:
    provider = Provider.objects.create(slug="p", name="P", base_url="http://p.test/v1")
    for alias in ("dear", "cheap"):
        ModelCard.objects.create(alias=alias, provider=provider, model=alias)
    card = ModelCard.objects.get(alias="dear")
    own = budget(card=card, usd_nanos=DOLLAR, tokens=50)
    part = Use(DOLLAR // 2, 40)
    wanted = demand(DOLLAR, 100, dear=part, cheap=Use(DOLLAR // 2, 60))
    assert hold(cast, wanted=wanted) == (Pool(SET_ASIDE, "dear", DOLLAR // 2, 40),)
    close_hold("run:1", demand(5, 5, dear=Use(3, 2), cheap=Use(2, 3)))
    assert counters(own) == {"usd": (0, 3), "tokens": (0, 2)}
    with pytest.raises(OverBudget, match="daily budget of the model dear"):
        hold(cast, "run:2", demand(DOLLAR, 100, dear=Use(DOLLAR)))
    assert hold(cast, "run:3", demand(DOLLAR, 100, cheap=Use(DOLLAR))) == ()


def test_what_no_hold_covers_is_nobodys_and_entered(cast: Cast) -> None:
    own = budget(usd_nanos=DOLLAR, tokens=1000)
    hold(cast)
    draw("run:1", demand(DOLLAR + 7, 100))
    close_hold("run:1", demand(DOLLAR + 9, 100))
    assert counters(own) == {"usd": (0, DOLLAR), "tokens": (0, 100)}
    bucket = Bucket.objects.get(budget=None)
    assert (bucket.unit, bucket.limit, bucket.spent) == ("usd", None, 9)
    assert faults() == []


def test_unpriced_models_are_refused_where_money_is_limited(cast: Cast) -> None:
    budget(tokens=1000)
    wanted = demand(None, 10, dear=Use(None, 10))
    assert hold(cast, wanted=wanted) == (Pool(SET_ASIDE, None, None, 10),)
    budget(team=cast.team, usd_nanos=DOLLAR)
    with pytest.raises(Unprocessable, match="No price is known for dear"):
        hold(cast, "run:2", wanted)
    assert not is_open("run:2")


def test_runs_at_once_and_a_minute_are_throttled(
    cast: Cast, clock: list[datetime]
) -> None:
    budget(team=cast.team, parallel=1)
    budget(team=cast.team, user=cast.ben, per_minute=2)
    hold(cast, "run:1")
    with pytest.raises(TooMany, match="allows 1 run at once") as refused:
        hold(cast, "run:2")
    assert refused.value.retry_after
    close_hold("run:1", demand())
    hold(cast, "run:3")
    close_hold("run:3", demand())
    with pytest.raises(TooMany, match="2 runs a minute") as refused:
        hold(cast, "run:4")
    assert refused.value.retry_after == 31
    clock[0] += timedelta(seconds=31)
    hold(cast, "run:5")
    assert faults() == []


def test_lowered_below_what_is_used_it_stays_there_until_less_is(cast: Cast) -> None:
    own = budget(usd_nanos=10 * DOLLAR)
    hold(cast, "run:1", demand(4 * DOLLAR))
    hold(cast, "run:2", demand(DOLLAR))
    own.usd_nanos = 3 * DOLLAR
    own.save()
    sync_buckets(own)
    assert Bucket.objects.get(budget=own).limit == 5 * DOLLAR
    with pytest.raises(OverBudget):
        hold(cast, "run:3", demand(1))
    close_hold("run:1", demand(DOLLAR))
    bucket = Bucket.objects.get(budget=own)
    assert (bucket.limit, bucket.held, bucket.spent) == (3 * DOLLAR, DOLLAR, DOLLAR)
    hold(cast, "run:4", demand(DOLLAR))
    with pytest.raises(OverBudget):
        hold(cast, "run:5", demand(1))
    assert faults() == []


def test_a_raise_counts_until_it_expires(cast: Cast) -> None:
    own = budget(usd_nanos=DOLLAR)
    soon = timezone.now() + timedelta(hours=1)
    more = raise_limit(own, Unit.USD, DOLLAR, until=soon, by=cast.root)
    hold(cast, wanted=demand(2 * DOLLAR))
    close_hold("run:1", demand(DOLLAR // 2))
    more.until = timezone.now() - timedelta(seconds=1)
    more.save()
    with pytest.raises(OverBudget, match=r"\$0\.5000 is left"):
        hold(cast, "run:2")
    hold(cast, "run:3", demand(DOLLAR // 2))
    assert faults() == []


@pytest.mark.parametrize(
    ("window", "now", "start", "end"),
    [
        ("day", (2026, 12, 31, 23, 59), (2026, 12, 31), (2027, 1, 1)),
        ("week", (2027, 1, 3, 12, 0), (2026, 12, 28), (2027, 1, 4)),
        ("month", (2028, 2, 29, 0, 0), (2028, 2, 1), (2028, 3, 1)),
        ("total", (2028, 2, 29, 0, 0), (1970, 1, 1), None),
    ],
)
def test_windows_are_those_of_the_calendar_in_utc(
    cast: Cast,
    clock: list[datetime],
    window: str,
    now: tuple[int, ...],
    start: tuple[int, ...],
    end: tuple[int, ...] | None,
) -> None:
    clock[0] = datetime(*now, tzinfo=UTC)  # type: ignore[arg-type,misc]
    budget(window=window, usd_nanos=1)
    with pytest.raises(OverBudget) as refused:
        hold(cast)
    ends = datetime(*end, tzinfo=UTC) if end else None  # type: ignore[arg-type,misc]
    assert refused.value.resets_at == ends
    hold(cast, wanted=demand(1))
    began = datetime(*start, tzinfo=UTC)  # type: ignore[arg-type,misc]
    assert Bucket.objects.get().window_start == began


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"unit": Unit.TOKENS}, "limits no tokens"),
        ({"amount": 0}, "adds something"),
        ({"until": datetime(2020, 1, 1, tzinfo=UTC)}, "within a year"),
        ({"until": datetime(2999, 1, 1, tzinfo=UTC)}, "within a year"),
    ],
)
def test_a_raise_that_raises_nothing_is_refused(
    cast: Cast, changed: dict[str, Any], match: str
) -> None:
    until = timezone.now() + timedelta(hours=1)
    given = {"unit": Unit.USD, "amount": 1, "until": until} | changed
    with pytest.raises(Unprocessable, match=match):
        raise_limit(budget(usd_nanos=DOLLAR), by=cast.root, **given)
