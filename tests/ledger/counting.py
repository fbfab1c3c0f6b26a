"""What must hold of the ledger at every commit, recomputed from its entries."""

from __future__ import annotations

from django.db.models import Sum

from playground.ledger.models import Bucket, Entry, Hold, Part


def faults() -> list[str]:
    """Every bucket that passes its limit, or is not the sum of its entries and parts."""
    told = []
    for bucket in Bucket.objects.all():
        if bucket.limit is not None and bucket.held + bucket.spent > bucket.limit:
            told.append(f"{bucket} is over its limit")
        entered = _sums(Entry.objects.filter(bucket=bucket))
        if entered != (bucket.held, bucket.spent):
            told.append(f"{bucket}: {bucket.held, bucket.spent}, entries {entered}")
        parts = _sums(Part.objects.filter(bucket=bucket))
        if bucket.limit is not None and parts[0] != bucket.held:
            told.append(f"{bucket}: {bucket.held} held, parts {parts[0]}")
    open_parts = Part.objects.filter(hold__closed_at__isnull=False, held__gt=0)
    return [*told, *(f"{part} is closed and holds" for part in open_parts)]


def held() -> int:
    """What all buckets hold, of whatever unit."""
    return sum(Bucket.objects.values_list("held", flat=True))


def is_open(cause: str) -> bool:
    """Whether something is still set aside for it."""
    return Hold.objects.filter(cause=cause, closed_at__isnull=True).exists()


def _sums(rows: object) -> tuple[int, int]:
    told = rows.aggregate(held=Sum("held"), spent=Sum("spent"))  # type: ignore[attr-defined]
    return told["held"] or 0, told["spent"] or 0
