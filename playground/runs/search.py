"""History's index: finds runs by words and facets, newest first, on either database.

Facets (team, person, recipe, state …) are words too, begun by a colon, as no text's are:
any mixture of filters is then one walk through the index, however many runs there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from playground.accounts.access import Viewer
from playground.accounts.models import Team, User
from playground.recipes.models import Recipe
from playground.runs.access import runs_visible_to
from playground.runs.models import Draft, Run, RunWords
from playground.runs.states import OPEN_STATUSES, RunStatus
from playground.runs.walks import Bound, Group, Statement, walk
from playground.runs.words import listed_words, place_at, place_of, words_in

MOST_WORDS = 12
# Almost every run has a word that begins with any one letter.
SHORTEST_BEGINNING = 2
_SOME_CHANGE = 2
OPEN = "open"
# These cost less than the recipe does: some of their drafts were given.
_PARTIAL = ("left_out", "edited", "retried")


@dataclass(frozen=True, slots=True)
class Sought:
    """What somebody looks for; what is left empty does not narrow the search."""

    words: str = ""
    team: Team | None = None
    user: User | None = None
    other_than: User | None = None
    recipe: Recipe | None = None
    state: str = ""
    degraded: bool = False
    origin: str = ""
    whole: bool = False
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Matches:
    """The runs that a viewer sees and that match; nothing is read before it is asked."""

    viewer: Viewer
    groups: tuple[Group, ...] | None
    without: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def page(
        self, *, limit: int, before: UUID | None = None, after: UUID | None = None
    ) -> QuerySet[Run]:
        """The newest matches below `before`, or the oldest above `after`; newest first."""
        # By their ids: told by their places, SQLite would look through the whole team.
        ids = self.ids(limit=limit, before=before, after=after)
        return runs_visible_to(self.viewer).filter(pk__in=ids).order_by("-id")

    def ids(
        self, *, limit: int, before: UUID | None = None, after: UUID | None = None
    ) -> list[UUID]:
        """The ids of those runs, in no order."""
        if self.groups is None:
            return []
        return _ids(*self.select(before=before, after=after, limit=limit))

    def count(self, *, at_most: int) -> int:
        """How many match; one more than `at_most` stands for all that is more."""
        if self.groups is None:
            return 0
        sql, values = self.select(limit=at_most + 1)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM ({sql}) AS found", values)  # noqa: S608
            [number] = cursor.fetchone()
            return int(number)

    def select(
        self, *, limit: int, before: UUID | None = None, after: UUID | None = None
    ) -> Statement:
        """The statement that walks the index, and its values."""
        return walk(
            self.groups or (),
            without=self.without,
            bounds=self._bounds(before, after),
            limit=limit,
            ascending=after is not None,
        )

    def _bounds(self, before: UUID | None, after: UUID | None) -> list[Bound]:
        bounds = [
            ("<", place_of(before) if before else None),
            (">", place_of(after) if after else None),
            (">=", place_at(self.since) if self.since else None),
            ("<", place_at(self.until) if self.until else None),
        ]
        return [Bound(sign, place) for sign, place in bounds if place is not None]


def search_runs(viewer: Viewer, sought: Sought) -> Matches:
    """The runs that the viewer sees and that match. What is typed is words, no syntax.

    Each word of two letters or more may be the beginning of one; all of them must be
    there, in whatever text of the run. A text without any letter or digit matches
    nothing.
    """
    typed = sought_words(sought.words)
    if sought.words.strip() and not typed:
        return Matches(viewer, None)
    groups = [Group((word,), prefix=len(word) >= SHORTEST_BEGINNING) for word in typed]
    teams = _teams_seen(viewer)
    if teams is not None:
        if not teams:
            return Matches(viewer, None)
        groups.append(Group(teams))
    groups += [Group((facet,)) for facet in _facets_sought(sought)]
    without = f":u{sought.other_than.pk}" if sought.other_than else ""
    return Matches(viewer, tuple(groups), without, sought.since, sought.until)


def whole_runs_of(viewer: Viewer, recipe: Recipe) -> Matches:
    """The runs of a recipe that is the viewer's, done, with every draft written anew."""
    sought = Sought(recipe=recipe, state=RunStatus.DONE, whole=True)
    return Matches(viewer, tuple(Group((facet,)) for facet in _facets_sought(sought)))


def newest_of_each(searches: Sequence[Matches], *, limit: int) -> list[UUID]:
    """The ids of the newest matches of each of several searches, in one query."""
    parts = [each.select(limit=limit) for each in searches if each.groups is not None]
    if not parts:
        return []
    sql = " UNION ALL ".join(
        f"SELECT place FROM ({part}) AS part{number}"  # noqa: S608 - all ours
        for number, (part, _) in enumerate(parts)
    )
    return _ids(sql, [value for _, values in parts for value in values])


def _ids(places: str, values: list[str | int]) -> list[UUID]:
    sql = f"SELECT run_id FROM playground_runwords WHERE place IN ({places})"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        # SQLite keeps a UUID as text, PostgreSQL gives it back as one.
        return [UUID(str(run_id)) for (run_id,) in cursor.fetchall()]


def sought_words(text: str) -> list[str]:
    """The words that are looked for."""
    return words_in(text[:1000])[:MOST_WORDS]


def _teams_seen(viewer: Viewer) -> tuple[str, ...] | None:
    """A facet for each team that the viewer sees; None where all are seen."""
    if viewer.is_site_admin and viewer.token is None:
        return None
    return tuple(f":t{pk}" for pk in viewer.teams().values_list("pk", flat=True))


def _facets_sought(sought: Sought) -> list[str]:
    wanted = {
        "t": sought.team and sought.team.pk,
        "u": sought.user and sought.user.pk,
        "r": sought.recipe and sought.recipe.pk,
        "s": sought.state,
        "g": 1 if sought.degraded else "",
        "o": sought.origin,
        "w": 1 if sought.whole else "",
    }
    return [f":{kind}{value}" for kind, value in wanted.items() if value]


def index_new(run: Run) -> None:
    """Make a run findable from its start: by its prompt and its facets."""
    words = listed_words([run.prompt], facets=facets_of(run))
    RunWords.objects.create(place=place_of(run.pk), run=run, words=words)


def index_ended(run_id: UUID) -> None:
    """Add what the run wrote, and how it ended. Repeating it changes nothing."""
    run = (
        Run.objects.select_related("revision")
        .defer("feed_copy", "messages", "cards", "revision__document")
        .get(pk=run_id)
    )
    texts = Draft.objects.filter(run=run).exclude(text="").order_by("-position")
    words = listed_words(
        [run.prompt, *texts.values_list("text", flat=True)], facets=facets_of(run)
    )
    RunWords.objects.update_or_create(
        place=place_of(run.pk), defaults={"run": run, "words": words}
    )


def settle_index(*, pages: int = 100) -> bool:
    """Rewrite some of SQLite's index without what was deleted; True while there is more.

    A deleted run is not found from that moment on, but its words lie in older parts of
    the index until those are merged. PostgreSQL's vacuum does as much by itself.
    """
    if connection.vendor != "sqlite":
        return False
    with connection.cursor() as cursor:
        before = connection.connection.total_changes
        cursor.execute(
            "INSERT INTO playground_runwords_fts(playground_runwords_fts, rank) "
            "VALUES ('merge', %s)",
            [-pages],
        )
        # So SQLite's documentation has it: fewer than two changes mean nothing to do.
        return bool(connection.connection.total_changes - before >= _SOME_CHANGE)


def facets_of(run: Run) -> Iterable[str]:
    """What can be filtered by, as words of the index."""
    yield f":t{run.team_id}"
    yield f":u{run.user_id}"
    yield f":r{run.revision.recipe_id}"
    yield f":o{run.origin}"
    yield f":s{OPEN if run.status in OPEN_STATUSES else run.status}"
    if run.degraded:
        yield ":g1"
    if run.branch.get("kind") not in _PARTIAL:
        yield ":w1"
