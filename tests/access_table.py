"""Who gets which answer from each address: the table that test_access_matrix walks."""

from __future__ import annotations

from dataclasses import dataclass

# anon   nobody                        strg   a member of another team
# view memb admn ownr  roles in the run's team; `star` started the run, as a member
# othr   another team's admin          site   a site admin in no team
# narw   the token of another team, of the person who started the run
# Programs (prog) come with a token of their own team, people with a session.
WHO = ("anon", "strg", "view", "memb", "star", "admn", "ownr", "othr", "site", "narw")
TABLE = """
address                            verb as    anon strg view memb star admn ownr othr site narw
/                                  GET  html  302  200  200  200  200  200  200  200  200  200
/                                  POST html  302  404  403  303  303  303  303  404  303  404
/estimate/                         POST html  302  404  200  200  200  200  200  404  200  404
/recipes/                          GET  html  302  200  200  200  200  200  200  200  200  200
/recipes/<slug:team_slug>/<slug:slug>/ GET html 302 404 200  200  200  200  200  404  200  404
/recipes/new/                      GET  html  302  200  403  200  200  200  200  200  200  200
/recipes/new/                      POST html  302  404  403  303  303  303  303  404  303  404
/recipes/<slug:team_slug>/<slug:slug>.yaml GET html 302 404 200 200 200 200 200 404 200 404
/recipes/<slug:team_slug>/<slug:slug>.yaml GET prog 401 404 200 200 200 200 200 404 200 404
/recipes/<slug:team_slug>/<slug:slug>.json GET json 401 404 200 200 200 200 200 404 200 404
/recipes/<slug:team_slug>/<slug:slug>.json GET prog 401 404 200 200 200 200 200 404 200 404
/recipes/<slug:team_slug>/<slug:slug>/compare/ GET html 302 404 200 200 200 200 200 404 200 404
/recipes/<slug:team_slug>/<slug:slug>/edit/ POST html 302 404 403 303 303 303 303 404 303 404
/recipes/<slug:team_slug>/<slug:slug>/duplicate/ POST html 302 404 403 303 303 303 303 404 303 404
/recipes/<slug:team_slug>/<slug:slug>/restore/ POST html 302 404 403 303 303 303 303 404 303 404
/recipes/<slug:team_slug>/<slug:slug>/archive/ POST html 302 404 403 303 303 303 303 404 303 404
/builder/<uuid:copy_id>/           GET  html  302  404  404  404  200  404  404  404  404  404
/builder/<uuid:copy_id>/           POST html  302  404  404  404  303  404  404  404  404  404
/builder/<uuid:copy_id>/changes/   GET  html  302  404  404  404  200  404  404  404  404  404
/builder/<uuid:copy_id>/stale/     GET  html  302  404  404  404  302  404  404  404  404  404
/builder/<uuid:copy_id>/stale/     POST html  302  404  404  404  302  404  404  404  404  404
/builder/<uuid:copy_id>/discard/   POST html  302  404  404  404  303  404  404  404  404  404
/runs/                             GET  html  302  200  200  200  200  200  200  200  200  200
/runs/?team=research               GET  html  302  404  200  200  200  200  200  404  200  404
/runs/compare/?left=<uuid:run_id>&right=<uuid:run_id> GET  html 302 404 200  200  200  200  200  404  200  404
/runs/<uuid:run_id>/               GET  html  302  404  200  200  200  200  200  404  200  404
/runs/<uuid:run_id>/               GET  prog  401  404  200  200  200  200  200  404  200  404
/runs/<uuid:run_id>/calls/<int:n>/ GET html 302 404 200  200  200  200  200  404  200  404
/runs/<uuid:run_id>/replay.json    GET  json  401  404  200  200  200  200  200  404  200  404
/runs/<uuid:run_id>/replay.json    GET  prog  401  404  200  200  200  200  200  404  200  404
/runs/<uuid:run_id>.json           GET  json  401  404  200  200  200  200  200  404  200  404
/runs/<uuid:run_id>.json           GET  prog  401  404  200  200  200  200  200  404  200  404
/runs/<uuid:run_id>.md             GET  html  302  404  200  200  200  200  200  404  200  404
/runs/<uuid:run_id>.md             GET  prog  401  404  200  200  200  200  200  404  200  404
/runs/<uuid:run_id>/stop/          POST html  302  404  403  403  303  303  303  404  303  404
/runs/<uuid:run_id>/stop/          POST json  401  404  403  403  202  202  202  404  202  404
/runs/<uuid:run_id>/stop/          POST prog  401  404  403  403  202  202  202  404  202  404
/origin/                           POST html  204  204  204  204  204  204  204  204  204  204
/notices/                          GET  html  204  200  200  200  200  200  200  200  200  204
/runs/<uuid:run_id>/seen/          POST html  302  404  204  204  204  204  204  404  204  404
/runs/<uuid:run_id>/delete/        GET  html  302  404  403  403  200  200  200  404  200  404
/runs/<uuid:run_id>/delete/        POST html  302  404  403  403  302  410  410  404  410  404
/models/                           GET  html  302  403  403  403  403  403  403  403  200  403
/models/<path:alias>/              GET  html  302  403  403  403  403  403  403  403  200  403
/models/<path:alias>/              POST html  302  403  403  403  403  403  403  403  302  403
/teams/<slug:team_slug>/keeping/   GET  html  302  404  403  403  403  200  200  404  200  404
/teams/<slug:team_slug>/keeping/   POST html  302  404  403  403  403  302  302  404  302  404
/runs/<uuid:run_id>/drafts/<str:key>/stop/ POST html 302  404  403  403  409  409  409  404  409  404
/runs/<uuid:run_id>/drafts/<str:key>/stop/ POST json 401  404  403  403  409  409  409  404  409  404
/runs/<uuid:run_id>/drafts/<str:key>/stop/ POST prog 401  404  403  403  409  409  409  404  409  404
/runs/<uuid:run_id>/drafts/<str:key>/retry/ GET html 302  404  403  200  200  200  200  404  200  404
/runs/<uuid:run_id>/drafts/<str:key>/retry/ POST html 302  404  403  303  303  303  303  404  303  404
/runs/<uuid:run_id>/drafts/<str:key>/retry/ POST json 401  404  403  201  201  201  201  404  201  404
/runs/<uuid:run_id>/drafts/<str:key>/retry/ POST prog 401  404  403  201  201  201  201  404  201  404
/runs/<uuid:run_id>/drafts/<str:key>/edit/ GET html 302  404  403  200  200  200  200  404  200  404
/runs/<uuid:run_id>/drafts/<str:key>/edit/ POST html 302  404  403  303  303  303  303  404  303  404
/runs/<uuid:run_id>/drafts/<str:key>/edit/ POST json 401  404  403  201  201  201  201  404  201  404
/runs/<uuid:run_id>/drafts/<str:key>/edit/ POST prog 401  404  403  201  201  201  201  404  201  404
/runs/<uuid:run_id>/without/ POST html 302  404  403  303  303  303  303  404  303  404
/runs/<uuid:run_id>/without/ POST json 401  404  403  201  201  201  201  404  201  404
/runs/<uuid:run_id>/without/ POST prog 401  404  403  201  201  201  201  404  201  404
/runs/<uuid:run_id>/follow-up/ POST html 302  404  403  409  409  409  409  404  409  404
/runs/<uuid:run_id>/follow-up/ POST json 401  404  403  409  409  409  409  404  409  404
/runs/<uuid:run_id>/follow-up/ POST prog 401  404  403  409  409  409  409  404  409  404
/runs/<uuid:run_id>/alone/ POST html 302  404  403  303  303  303  303  404  303  404
/runs/<uuid:run_id>/alone/ POST json 401  404  403  201  201  201  201  404  201  404
/runs/<uuid:run_id>/alone/ POST prog 401  404  403  201  201  201  201  404  201  404
/sign-in/                          GET  html  200  302  302  302  302  302  302  302  302  302
/sign-in/                          POST html  422  422  422  422  422  422  422  422  422  422
/sign-in/<str:secret>/             GET  html  200  200  200  200  200  200  200  200  200  200
/sign-in/<str:secret>/             POST html  302  302  302  302  302  302  302  302  302  302
/sign-out/                         POST html  302  302  302  302  302  302  302  302  302  302
/schemas/moa-recipe-1.json         GET  json  200  200  200  200  200  200  200  200  200  200
/schemas/moa-recipe-1.json         GET  prog  200  200  200  200  200  200  200  200  200  200
/healthz                           GET  json  200  200  200  200  200  200  200  200  200  200
/readyz                            GET  json  503  503  503  503  503  503  503  503  503  503
/metrics                           GET  json  401  401  401  401  401  401  401  401  401  404
/metrics                           GET  prog  401  404  404  404  404  404  404  404  200  404
/v1/models                         GET  json  401  401  401  401  401  401  401  401  401  200
/v1/models                         GET  prog  401  200  200  200  200  200  200  200  200  200
/v1/models/<path:name>             GET  json  401  401  401  401  401  401  401  401  401  404
/v1/models/<path:name>             GET  prog  401  404  200  200  200  200  200  404  200  404
/v1/chat/completions               POST json  401  401  401  401  401  401  401  401  401  404
/v1/chat/completions               POST prog  401  404  403  400  400  400  400  404  400  404
/ws/runs/<uuid:run_id>/            WS   html  4401 4403 1000 1000 1000 1000 1000 4403 1000 4403
/ws/runs/<uuid:run_id>/            WS   prog  4401 4403 1000 1000 1000 1000 1000 4403 1000 4403
"""


@dataclass(frozen=True, slots=True)
class Row:
    """What one address answers to each of WHO."""

    address: str
    verb: str
    manner: str
    expected: dict[str, int]

    def __str__(self) -> str:
        return f"{self.verb} {self.address} {self.manner}"


def read_table() -> list[Row]:
    """The rows of TABLE."""
    head, *lines = TABLE.strip().splitlines()
    assert tuple(head.split()[3:]) == WHO
    rows = []
    for address, verb, manner, *numbers in (line.split() for line in lines):
        expected = dict(zip(WHO, map(int, numbers), strict=True))
        rows.append(Row(address, verb, manner, expected))
    return rows


ROWS = read_table()
