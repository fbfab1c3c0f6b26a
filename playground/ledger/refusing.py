"""What a person is told when a budget has no room: which, how much is left, and what now."""

from __future__ import annotations

from datetime import UTC, datetime

from playground.accounts.models import Membership, Role, User
from playground.engine.uses import Demand
from playground.ledger.models import Bucket, Budget, Unit
from playground.ledger.shares import Share
from playground.ledger.windows import window_end
from playground.web.formats import count, counted, listed, money
from playground.web.refusals import Refusal, TooMany, Unprocessable

# After this a run that goes on may well be over; nobody can say when it will be.
_ASK_AGAIN_SECONDS = 15


class OverBudget(Refusal):
    """More than a budget has left. `resets_at`: when its next window begins, if ever."""

    status = 402
    code = "budget"

    def __init__(self, headline: str, hint: str, *, resets_at: datetime | None) -> None:
        super().__init__(headline, hint)
        self.resets_at = resets_at


def refusal_of(share: Share, amount: int, bucket: Bucket, *, now: datetime) -> Refusal:
    """The refusal of `amount` by a bucket as it stands."""
    budget, unit = share.budget, share.unit
    ends = window_end(budget, unit, bucket.window_start)
    if unit == Unit.PARALLEL:
        return TooMany(
            f"{_capital(whose(budget))} allows {counted(share.limit, 'run')} at once, "
            f"and {'that one goes' if share.limit == 1 else 'so many go'} on now.",
            f"Wait for one to end, or ask {whom_to_ask(budget)} for more.",
            retry_after=_ASK_AGAIN_SECONDS,
        )
    if unit == Unit.PER_MINUTE:
        wait = max(1, int((ends - now).total_seconds()) + 1) if ends else 60
        return TooMany(
            f"{_capital(whose(budget))} allows {counted(share.limit, 'run')} a minute, "
            "and this minute's are started.",
            f"Wait {counted(wait, 'second')}, or ask {whom_to_ask(budget)} for more.",
            retry_after=wait,
        )
    return OverBudget(
        _headline(share, amount, bucket), _hint(budget, ends), resets_at=ends
    )


def unpriced(share: Share, demand: Demand) -> Refusal:
    """The refusal where money is limited and nobody can say what a model costs."""
    aliases = [alias for alias, use in demand.models.items() if use.nanos is None]
    return Unprocessable(
        f"No price is known for {listed(sorted(aliases))}, and {whose(share.budget)} "
        "limits money.",
        "Ask an admin of the site to give the model a price (0 means free), or take "
        "other models.",
        code="unpriced",
        param="model",
    )


def whose(budget: Budget) -> str:
    """`the budget of Research a day`, as a part of a sentence."""
    words = {
        "day": "daily",
        "week": "weekly",
        "month": "monthly",
        "total": "overall",
    }[budget.window]
    if budget.card is not None:
        return f"the {words} budget of the model {budget.card.alias}"
    if budget.user is not None and budget.team is not None:
        return f"the {words} quota of {budget.user.shown_name} in {budget.team.name}"
    if budget.team is not None:
        return f"the {words} budget of {budget.team.name}"
    return f"the {words} budget of the site"


def amount_of(unit: Unit, amount: int) -> str:
    """An amount of a unit, as people write it."""
    if unit == Unit.USD:
        return money(amount)
    return counted(amount, "token" if unit == Unit.TOKENS else "run")


def whom_to_ask(budget: Budget) -> str:
    """Who can raise a budget, by name."""
    if budget.team is None or budget.card is not None:
        people = list(User.objects.filter(is_staff=True, is_active=True)[:3])
        where = "the site"
    else:
        members = Membership.objects.filter(
            team=budget.team, role__in=[Role.OWNER, Role.ADMIN]
        )
        people = [each.user for each in members.select_related("user")[:3]]
        where = budget.team.name
    names = listed(sorted(person.shown_name for person in people))
    return f"an admin of {where}" + (f" ({names})" if names else "")


def _headline(share: Share, amount: int, bucket: Bucket) -> str:
    unit, budget = share.unit, share.budget
    left = amount_of(unit, bucket.left)
    if unit == Unit.RUNS:
        return (
            f"{_capital(whose(budget))} allows {counted(share.limit, 'run')}, "
            f"and {count(bucket.spent)} are started."
        )
    verb = "cost" if unit == Unit.USD else "take"
    aside = f", {amount_of(unit, bucket.held)} set aside" if bucket.held else ""
    return (
        f"This run may {verb} up to {amount_of(unit, amount)}, and {left} is left in "
        f"{whose(budget)} of {amount_of(unit, share.limit)} "
        f"({amount_of(unit, bucket.spent)} spent{aside})."
    )


def _hint(budget: Budget, ends: datetime | None) -> str:
    when = ""
    if ends is not None:
        moment = ends.astimezone(UTC)
        when = f"It begins anew on {moment.day} {moment:%B} at {moment:%H:%M} UTC. "
    return (
        f"Nothing was sent. {when}Ask {whom_to_ask(budget)} for more, or run a recipe "
        "that may cost less."
    )


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
