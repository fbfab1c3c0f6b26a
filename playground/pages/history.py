"""History: the runs that one sees, searched, filtered, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from playground.accounts.access import Viewer, teams_managed, viewer_of
from playground.accounts.models import Team
from playground.pages.listing import RunRow, rows_of
from playground.pages.sifting import Sieve, sieve_of
from playground.runs.search import Matches, search_runs, sought_words

PAGE = 50
MOST_COUNTED = 1000
_TWO = 2


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and the ids from which to go on; None at an end."""

    rows: list[RunRow]
    newer: UUID | None
    older: UUID | None
    count: int

    @property
    def is_more(self) -> bool:
        """True where there are more than anybody counts."""
        return self.count > MOST_COUNTED

    @property
    def most(self) -> int:
        """Up to where matches are counted."""
        return MOST_COUNTED


@never_cache
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """The list. Two chosen runs and `compare` in the address lead to their comparison."""
    viewer = viewer_of(request)
    picked = [pick for pick in map(_uuid, request.GET.getlist("pick")) if pick]
    if "compare" in request.GET and len(set(picked)) == _TWO:
        return _compare(picked)
    sieve = sieve_of(viewer, request.GET.dict())
    matches = search_runs(viewer, sieve.sought())
    page = _page(
        matches,
        sought_words(sieve.asked["q"]),
        before=_uuid(request.GET.get("before", "")),
        after=_uuid(request.GET.get("after", "")),
    )
    context = {
        "here": "history",
        "teams": sieve.teams,
        "sieve": sieve,
        "page": page,
        "picked": {str(pick) for pick in picked},
        "miscounted": "compare" in request.GET,
        "before": request.GET.get("before", ""),
        "keepers": _keepers(viewer, sieve),
    }
    return render(request, _template(request), context)


def _template(request: HttpRequest) -> str:
    """The whole page, or for htmx the part that a changed filter changes."""
    is_part = request.headers.get("HX-Target") == "found"
    return "runs/list.html#found" if is_part else "runs/list.html"


def _page(
    matches: Matches,
    words: Sequence[str],
    *,
    before: UUID | None,
    after: UUID | None,
) -> Page:
    """A page below `before`, above `after`, or the newest one."""
    if before is not None:
        after = None
    runs = matches.page(limit=PAGE + 1, before=before, after=after)
    rows = rows_of(runs, words=words)
    further = len(rows) > PAGE
    if after is not None and not further:
        # The newest page, and a full one, whatever became of the run it went from.
        return _page(matches, words, before=None, after=None)
    rows = rows[-PAGE:] if after is not None else rows[:PAGE]
    is_first = before is None and after is None
    is_all = is_first and not further
    return Page(
        rows,
        newer=None if is_first or not rows else rows[0].run.pk,
        older=rows[-1].run.pk if further or (after and rows) else None,
        count=len(rows) if is_all else matches.count(at_most=MOST_COUNTED),
    )


def _keepers(viewer: Viewer, sieve: Sieve) -> list[Team]:
    """The teams of this page whose retention the viewer may set."""
    shown = [sieve.team] if sieve.team else sieve.teams
    managed = set(teams_managed(viewer).values_list("pk", flat=True))
    return [team for team in shown if team.pk in managed]


def _compare(picked: list[UUID]) -> HttpResponse:
    left, right = sorted(set(picked))
    query = urlencode({"left": str(left), "right": str(right)})
    return HttpResponseRedirect(f"{reverse('compare')}?{query}")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
