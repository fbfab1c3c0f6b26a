"""Sets aside what a cause may use, moves it to spent as it is used, gives back the rest.

Each is one transaction, or a part of the caller's. Buckets are changed row by row in
the order of their numbers, so that two causes never wait for each other in a ring, and
the condition of each UPDATE is the check: nobody reads a counter first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from playground.accounts.models import Team, User
from playground.db.clock import database_now
from playground.engine.purse import SET_ASIDE, Pool
from playground.engine.uses import Demand
from playground.ledger.models import Bucket, Entry, EntryKind, Hold, Part, Unit
from playground.ledger.refusing import refusal_of, unpriced
from playground.ledger.shares import COUNTED, Share, bucket_of, shares_of

_USED = (Unit.USD, Unit.TOKENS)


@dataclass(frozen=True, slots=True)
class _Claim:
    """A share, its amount and its bucket."""

    share: Share
    amount: int
    bucket: Bucket

    @property
    def is_counted(self) -> bool:
        return self.share.unit in COUNTED


def open_hold(
    *, cause: str, team: Team, user: User, demand: Demand
) -> tuple[Pool, ...]:
    """Set aside what `cause` may use, in all buckets or in none.

    Returns what its calls may use; nothing when no budget limits money or tokens. Raises
    OverBudget for money, tokens and runs of a window, TooMany for the throttles, and
    Unprocessable when a model has no price and money is limited.
    """
    now = database_now()
    shares = list(shares_of(team, user, demand, now=now))
    if not shares:
        return ()
    with transaction.atomic():
        claims = [_claim(share, demand, now) for share in shares]
        hold = Hold.objects.create(cause=cause, team=team, user=user, opened_at=now)
        for claim in sorted(claims, key=lambda each: each.bucket.pk):
            _take(claim, now)
        Part.objects.bulk_create(_part(hold, claim) for claim in claims)
        _enter(hold, EntryKind.HOLD, now, map(_move, claims))
    return tuple(_pools(claims))


def has_open_hold(cause: str) -> bool:
    """Whether anything is set aside for `cause`, or counted until it ends."""
    return Hold.objects.filter(cause=cause, closed_at__isnull=True).exists()


@transaction.atomic
def draw(cause: str, used: Demand) -> None:
    """Move what `cause` has used by now, in all, from held to spent.

    Told twice it changes nothing. What was used beyond the hold is entered as overrun.
    """
    hold = _locked(cause)
    if hold is not None:
        _draw(hold, used, database_now())


@transaction.atomic
def close_hold(cause: str, used: Demand) -> None:
    """Draw what was used, and give back the rest. Closed again it changes nothing."""
    hold = _locked(cause)
    if hold is None:
        return
    now = database_now()
    _draw(hold, used, now)
    parts = hold.parts.filter(held__gt=0).order_by("bucket_id")
    moves = [_Move(part.bucket_id, held=-part.held) for part in parts]
    for move in moves:
        Bucket.objects.filter(pk=move.bucket_id).update(
            held=F("held") + move.held,
            limit=Greatest(F("target"), F("held") + F("spent") + move.held),
        )
    hold.parts.update(held=0)
    _enter(hold, EntryKind.RELEASE, now, moves)
    Hold.objects.filter(pk=hold.pk).update(closed_at=now)


@dataclass(frozen=True, slots=True)
class _Move:
    bucket_id: int
    held: int = 0
    spent: int = 0
    note: str = ""


def _claim(share: Share, demand: Demand, now: datetime) -> _Claim:
    if share.amount is None:
        raise unpriced(share, demand)
    return _Claim(share, share.amount, bucket_of(share, now))


def _take(claim: _Claim, now: datetime) -> None:
    bucket, limit = Bucket.objects.filter(pk=claim.bucket.pk), claim.share.limit
    if claim.bucket.target != limit:
        bucket.update(target=limit, limit=Greatest(limit, F("held") + F("spent")))
    counter = "spent" if claim.is_counted else "held"
    fits = bucket.filter(limit__gte=F("held") + F("spent") + claim.amount)
    if not fits.update(**{counter: F(counter) + claim.amount}):
        raise refusal_of(claim.share, claim.amount, bucket.get(), now=now)


def _part(hold: Hold, claim: _Claim) -> Part:
    held = 0 if claim.is_counted else claim.amount
    return Part(
        hold=hold,
        bucket=claim.bucket,
        alias=claim.share.alias,
        held=held,
        spent=claim.amount - held,
    )


def _move(claim: _Claim) -> _Move:
    if claim.is_counted:
        return _Move(claim.bucket.pk, spent=claim.amount)
    return _Move(claim.bucket.pk, held=claim.amount)


def _pools(claims: Iterable[_Claim]) -> Iterable[Pool]:
    """What was granted, once for all budgets over the whole run and once a model."""
    granted: dict[str, dict[str, int]] = {}
    for claim in claims:
        if claim.share.unit in _USED:
            own = granted.setdefault(claim.share.alias, {})
            own["nanos" if claim.share.unit == Unit.USD else "tokens"] = claim.amount
    for alias, amounts in sorted(granted.items()):
        yield Pool(SET_ASIDE, alias or None, **amounts)


def _locked(cause: str) -> Hold | None:
    holds = Hold.objects.select_for_update().filter(closed_at__isnull=True)
    return holds.filter(cause=cause).first()


def _draw(hold: Hold, used: Demand, now: datetime) -> None:
    moves, beyond = [], dict.fromkeys(_USED, 0)
    parts = hold.parts.filter(bucket__unit__in=_USED).select_related("bucket")
    for part in parts.order_by("bucket_id"):
        unit = Unit(part.bucket.unit)
        more = _spent_by(used, part) - part.spent - part.over
        if more <= 0:
            continue
        taken = min(more, part.held)
        beyond[unit] = max(beyond[unit], more - taken)
        Bucket.objects.filter(pk=part.bucket_id).update(
            held=F("held") - taken, spent=F("spent") + taken
        )
        Part.objects.filter(pk=part.pk).update(
            held=F("held") - taken,
            spent=F("spent") + taken,
            over=F("over") + more - taken,
        )
        if taken:
            moves.append(_Move(part.bucket_id, held=-taken, spent=taken))
    _enter(hold, EntryKind.SPEND, now, moves)
    _overrun(hold, beyond, now)


def _spent_by(used: Demand, part: Part) -> int:
    use = used.of(part.alias or None)
    return (use.nanos or 0) if part.bucket.unit == Unit.USD else use.tokens


def _overrun(hold: Hold, beyond: dict[Unit, int], now: datetime) -> None:
    """A provider wrote more than it was told to: no bucket with a limit pays for that."""
    moves = []
    for unit, amount in beyond.items():
        if amount:
            bucket = platform_bucket(unit)
            Bucket.objects.filter(pk=bucket.pk).update(spent=F("spent") + amount)
            moves.append(_Move(bucket.pk, spent=amount, note="no hold covered it"))
    _enter(hold, EntryKind.OVERRUN, now, moves)


def platform_bucket(unit: Unit) -> Bucket:
    """The bucket without a budget and without a limit, for what no hold covered."""
    start = datetime.fromtimestamp(0, tz=UTC)
    bucket, _ = Bucket.objects.get_or_create(budget=None, unit=unit, window_start=start)
    return bucket


def _enter(hold: Hold, kind: EntryKind, now: datetime, moves: Iterable[_Move]) -> None:
    """Write the entries of one change; their keys say which change of the hold it was."""
    entries = [
        Entry(
            key=f"{hold.pk}.{hold.moves}.{move.bucket_id}",
            bucket_id=move.bucket_id,
            hold=hold,
            kind=kind,
            held=move.held,
            spent=move.spent,
            note=move.note,
            at=now,
        )
        for move in moves
    ]
    if entries:
        Entry.objects.bulk_create(entries)
        hold.moves += 1
        Hold.objects.filter(pk=hold.pk).update(moves=hold.moves)
