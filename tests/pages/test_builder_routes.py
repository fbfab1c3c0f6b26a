"""A route in the builder: made from a recipe, its branches drawn and edited, and gone."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from django.test import Client

from playground.accounts.models import Team
from playground.engine.plan import parse
from playground.live.drawing import mini_of
from playground.pages.builder.drawing import draw
from playground.pages.sketch import sketch_of
from playground.recipes.diffing import changes
from playground.recipes.documents import dump_yaml, load_document
from playground.recipes.layering import FIRST_RULES
from playground.recipes.models import Recipe, Revision
from playground.recipes.outline import outline_of
from tests.engine.house import aggregate, draft, recipe, route, slot
from tests.pages.at_builder import Builder, ben_at_the_builder
from tests.runs.factories import DOCUMENT, a_member

pytestmark = pytest.mark.django_db
ABOVE = [draft(slot("fast"), slot("slow")), aggregate(slot("slow"))]
ROUTED = recipe(route(above=ABOVE, below=[draft(slot("fast"))]), slug="two")


@pytest.fixture
def bench(client: Client) -> Builder:
    """Ben at the builder with the recipe `two`."""
    return ben_at_the_builder(client)


@pytest.fixture
def forked(bench: Builder) -> Builder:
    """Ben at the same recipe behind a route."""
    bench.send("0", do="route-add")
    return bench


def test_whole_recipe_goes_behind_a_route(bench: Builder) -> None:
    page = bench.client.get(bench.address, {"at": "0"}).content.decode()
    assert 'value="route-add"' in page
    bench.send("0", do="route-add")
    [fork] = bench.document["layers"]
    assert fork == {
        "kind": "route",
        "by": "rules",
        "rules": FIRST_RULES,
        "threshold": 3,
        "above": DOCUMENT["layers"],
        "below": [{"kind": "draft", "slots": [{"model": "fast"}]}],
    }
    assert [layer.side for layer in parse(bench.document).layers] == [
        *(None, "above", "above", "below"),
    ]
    page = bench.client.get(bench.address, {"at": "0"}).content.decode()
    assert 'value="route-add"' not in page
    bench.send("0", do="undo")
    assert bench.document["layers"] == DOCUMENT["layers"]


def test_branches_are_drawn_with_their_slots(forked: Builder) -> None:
    page = forked.client.get(forked.address, {"at": "3.Z"}).content.decode()
    assert re.findall(r'data-list="(\d)"', page) == ["0", "1", "2"]
    chips = re.findall(r'<b class="chip"><i>(\d)</i>(\w+)</b><span', page)
    assert chips[:4] == [("2", "A"), ("2", "B"), ("3", "Z"), ("4", "A")]
    assert '<b class="chip">R</b>' in page
    assert "by 3 rules, above from 3" in page


def test_diagram_leads_wires_from_the_route_into_both_branches() -> None:
    layers = outline_of(recipe(*ROUTED["layers"], aggregate()))
    drawn = draw(layers)
    fork, *others = drawn.every
    assert [len(column.lines) for column in others] == [2, 2, 1, 2]
    assert [(lane.side, len(lane.columns)) for lane in drawn.lanes] == [
        ("above", 2),
        ("below", 1),
    ]
    # Two seats and their names above, one below: 280 px, in the middle of which it forks.
    assert (drawn.height, fork.height) == (280, 280)
    assert [column.height for column in others] == [168, 168, 112, 280]
    assert others[0].lines[0].d == "M0 140C32 140 32 84 64 84"
    assert others[2].lines[0].d == "M0 -28C32 -28 32 84 64 84"
    assert [line.d for line in others[3].lines] == [
        "M0 112C32 112 32 140 64 140",
        "M0 252C32 252 32 140 64 140",
    ]
    assert others[3].gist == "aggregate, sees layer 3 or 4"


def test_arrows_lead_along_a_branch_and_across() -> None:
    ways = {
        column.layer.number: (
            column.ways.left,
            column.ways.right,
            column.ways.up,
            column.ways.down,
        )
        for column in draw(outline_of(recipe(*ROUTED["layers"], aggregate()))).every
    }
    assert ways == {
        1: (None, 1, None, None),
        2: (0, 2, None, 3),
        3: (1, 4, None, 3),
        4: (0, 4, 1, None),
        5: (2, None, None, None),
    }


def kinds(bench: Builder) -> list[str]:
    return [
        f"{layer.number} {layer.side or 'own'} {layer.kind} {len(layer.slots)}"
        for layer in outline_of(bench.document)
    ]


@pytest.mark.parametrize(
    ("at", "do", "wanted", "onward"),
    [
        ("2.A", "slot-copy", {1: "2 above draft 3"}, "2.C"),
        ("4.A", "slot-add", {3: "4 below draft 2"}, "4.B"),
        ("2.A", "slot-to:1.0:3.0", {1: "2 above draft 1", 3: "4 below draft 2"}, "4"),
        ("2", "layer-copy", {2: "3 above draft 2"}, "3"),
        ("4", "layer-add", {4: "5 below aggregate 1"}, "5.Z"),
        ("0", "layer-add:2.0", {3: "4 below draft 1", 4: "5 below draft 1"}, "4.A"),
        ("0", "layer-add:1", {4: "5 own draft 1"}, "5.A"),
        ("3", "layer-left", {1: "2 above aggregate 1", 2: "3 above draft 2"}, "2"),
        ("2", "layer-right", {1: "2 above aggregate 1"}, "3"),
        ("2", "layer-down", {3: "4 below draft 2"}, "4"),
        ("4", "layer-up", {3: "4 above draft 1"}, "4"),
        ("2", "layer-to:1:2.1", {2: "3 below draft 1", 3: "4 below draft 2"}, "4"),
        ("4", "layer-to:3:0.1", {3: "4 own draft 1"}, "4"),
        ("3", "layer-remove", {2: "3 below draft 1"}, "3"),
    ],
)
def test_button_edits_layers_of_branches(
    forked: Builder, at: str, do: str, wanted: dict[int, str], onward: str
) -> None:
    response = forked.send(at, do=do)
    assert response.status_code == 303
    found = kinds(forked)
    assert {place: found[place] for place in wanted} == wanted
    assert response.headers["Location"].partition("?at=")[2].startswith(onward)


def test_route_takes_no_slots(forked: Builder) -> None:
    for do in ("slot-add:0", "slot-to:1.0:0.0", "layer-to:0:1.0"):
        assert forked.send("1", do=do).status_code == 422


def test_rules_are_edited_added_ordered_and_removed(forked: Builder) -> None:
    forked.send(
        "1", layer__rules__1__min_chars="2000", layer__rules__1__has_code="false"
    )
    forked.send("1", do="rule-add")
    forked.send("1", layer__rules__3__contains="why, how", layer__rules__3__score="2.5")
    forked.send("1", do="rule-up:3")
    forked.send("1", do="rule-remove:0")
    assert forked.document["layers"][0]["rules"] == [
        {"min_chars": 2000, "score": 4, "has_code": False},
        {"score": 2.5, "contains": ["why", "how"]},
        FIRST_RULES[2],
    ]
    forked.send("1", layer__rules__0__has_code="", layer__rules__0__min_chars="")
    assert forked.document["layers"][0]["rules"][0] == {"score": 4}


def test_fault_of_a_rule_stands_beside_its_field(forked: Builder) -> None:
    forked.send("1", layer__rules__0__regex="(")
    page = forked.client.get(forked.address, {"at": "1"})
    [trouble] = page.context["troubles"]
    assert (trouble.field, trouble.address) == ("layer.rules.0.regex", "1")
    assert "is not an expression of RE2" in trouble.message


def test_fault_in_a_branch_leads_to_its_slot(forked: Builder) -> None:
    forked.send("4.A", slot__model="away")
    page = forked.client.get(forked.address, {"at": "0"})
    [trouble] = page.context["troubles"]
    assert (trouble.path, trouble.address, trouble.where) == (
        "layers[0].below[0].slots[0].model",
        "4.A",
        "Layer 4, slot A, model",
    )


def test_layer_becomes_a_route_and_a_layer_again(bench: Builder) -> None:
    first = copy.deepcopy(bench.document["layers"][0])
    bench.send("1", layer__kind="route", layer__name="Ask")
    fork = bench.document["layers"][0]
    assert (fork["name"], fork["above"]) == ("Ask", [first])
    assert [layer.kind for layer in parse(bench.document).layers] == [
        *("route", "draft", "draft", "aggregate"),
    ]
    bench.send("1", layer__kind="draft")
    assert bench.document["layers"][0] == {**first, "name": "Ask"}


def test_page_of_the_recipe_tells_its_rules_and_branches(bench: Builder) -> None:
    Revision.objects.create(recipe=Recipe.objects.get(), number=2, document=ROUTED)
    page = bench.client.get("/recipes/research/two/").content.decode()
    assert "1\N{EN DASH}3 calls in 4 layers of two branches" in page
    assert "contains “prove”" in page
    assert "Branch above: draft; sees the prompt only" in page


def test_home_draws_both_branches_and_tells_what_each_costs(bench: Builder) -> None:
    Revision.objects.create(recipe=Recipe.objects.get(), number=2, document=ROUTED)
    page = bench.client.get("/?team=research&recipe=two")
    assert "below: 1 call" in page.content.decode()
    sent = {"team": "research", "recipe": "two", "prompt": "Prove it."}
    told = bench.client.post("/estimate/", sent).context["forecast"]
    assert (told.calls, told.layers) == ((3, 3), 2)
    assert [(each.side, each.calls, each.foreseen) for each in told.branches] == [
        ("above", 3, True),
        ("below", 1, False),
    ]


def test_thumbnail_has_both_branches_on_each_other() -> None:
    mini = mini_of(parse(ROUTED))
    assert (mini.width, len(mini.squares)) == (141, 5)
    assert [square.answer for square in mini.squares] == [
        *(False, False, False, True, True),
    ]
    tops = [square.y for square in mini.squares]
    assert tops[4] > max(tops[1:4])
    short = route(above=[draft(slot("fast"))], below=[draft(slot("fast"))])
    assert sketch_of(parse(recipe(short))) is None


def test_changes_name_layers_of_branches() -> None:
    after = copy.deepcopy(ROUTED)
    fork = after["layers"][0]
    fork["threshold"] = 4
    fork["above"][0]["slots"][0]["model"] = "bold"
    fork["below"].append(aggregate(slot("slow")))
    told = [
        (" · ".join(change.place), change.manner) for change in changes(ROUTED, after)
    ]
    assert told == [
        ("Layer 1 · threshold", "changed"),
        ("Layer 1 · above · Layer 2 · slot A · model", "changed"),
        ("Layer 1 · below · Layer 5", "added"),
    ]


def test_route_survives_yaml() -> None:
    again = load_document(dump_yaml(ROUTED)).content
    assert again == ROUTED


def test_revision_with_a_route_is_opened_in_the_builder(client: Client) -> None:
    ben = ben_at_the_builder(client)
    team = Team.objects.get(slug="research")
    made = Recipe.objects.create(team=team, slug="r", name="R")
    Revision.objects.create(
        recipe=made,
        number=1,
        document={**ROUTED, "slug": "r"},
        created_by=a_member("ben"),
    )
    response: Any = ben.client.post("/recipes/research/r/edit/")
    assert response.status_code in (302, 303)
    page = ben.client.get(response.headers["Location"]).content.decode()
    assert "to mend" not in page
