"""Teams, their areas, and the team that a case goes to."""

import pytest
from sqlalchemy import text

from casework.case_types.actions import library
from casework.language.rules.compilation import compile_case_type
from casework.seals.actions.verification import check_histories
from casework.shared.faults import CaseTypeError
from casework.teams.rules import Area, choose_team
from services.casework.tests.teams import types

_AUDIT = text("SELECT act, changes FROM audit WHERE aggregate_id = :code ORDER BY id")


async def test_a_team_is_written_read_listed_and_deleted(desk, set_team, team, database):
    areas = [{"area": f"North  {team.upper()} "}, {"area": team, "case_type": "repair"}]
    response = await set_team(team, "b", "a", "b", areas=areas)
    assert response.status_code == 200, response.text
    view = response.json()
    assert (view["members"], view["version"], response.headers["ETag"]) == (["b", "a"], 1, '"1"')
    assert view["areas"] == [
        {"area": f"north {team}", "case_type": None},
        {"area": team, "case_type": "repair"},
    ]
    assert (await desk.get(f"teams/{team}")).json() == view
    assert view in (await desk.get("teams", limit=100)).json()["items"]
    assert (await set_team(team, "a")).json()["areas"] == []
    path = f"{desk.base}/teams/{team}"
    assert (await desk.client.delete(path, headers=desk.headers)).status_code == 204
    assert (await desk.client.delete(path, headers=desk.headers)).status_code == 404
    assert (await desk.get(f"teams/{team}")).status_code == 404
    async with database.reading("citytown") as session:
        rows = await session.all(_AUDIT, {"code": team})
    assert [row.act for row in rows] == ["team-set", "team-set", "team-removed"]


async def test_one_area_is_one_teams(set_team, team, desk):
    await set_team(team, areas=[{"area": f"taken {team}"}])
    response = await set_team(f"{team}_b", areas=[{"area": f"TAKEN {team}"}, {"area": f"free {team}"}])
    assert response.status_code == 409
    assert f"The team {team} has the area taken {team}." in response.json()["detail"]
    assert (await desk.get(f"teams/{team}_b")).status_code == 404
    answer = await set_team(f"{team}_b", areas=[{"area": f"taken {team}", "case_type": "repair"}])
    assert answer.status_code == 200


async def test_strangers_configure_nothing_and_see_no_team(set_team, open_desk, team, desk):
    await set_team(team, "a")
    hillshire = open_desk(council="hillshire")
    assert (await hillshire.get(f"teams/{team}")).status_code == 404
    assert (await set_team(team, "z", by=hillshire)).json()["version"] == 1
    assert (await desk.get(f"teams/{team}")).json()["members"] == ["a"]
    clerk = open_desk(["casework:read", "casework:act"])
    assert (await set_team(team, by=clerk)).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"name": " ", "members": []},
        {"name": "x", "members": ["a b"]},
        {"name": "x", "members": ["a"] * 201},
        {"name": "x", "members": [], "areas": [{"area": "a\u0000"}]},
        {"name": "x", "members": [], "areas": [{"area": "x" * 101}]},
    ],
)
async def test_a_team_that_is_none_is_refused(desk, body):
    response = await desk.client.put(f"{desk.base}/teams/wrong", json=body, headers=desk.headers)
    assert response.status_code == 400, response.text
    assert (await desk.get("teams", after="WyJcdTAwMDAiXQ")).status_code == 400


async def test_a_case_goes_to_the_team_of_its_area_when_it_is_opened(report, desk):
    assert (await report(ward="CASTLE"))["team"] == "castle_team"
    assert (await report(ward="Elsewhere"))["team"] == "rest_team"
    case = await report()
    assert case["team"] == "rest_team"
    history = (await desk.get(f"cases/{case['id']}/history")).json()["items"]
    assert history[0]["after"]["team"] == "rest_team"
    page = (await desk.get("cases", team="castle_team", limit=100)).json()
    assert {item["team"] for item in page["items"]} == {"castle_team"}


async def test_a_councils_own_teams_go_before_those_of_the_type(report, set_team, team, desk):
    await set_team(team, areas=[{"area": f"ward {team}"}, {"area": "ward of all", "case_type": "repair"}])
    assert (await report(ward=f"Ward {team}"))["team"] == team
    case = await report(ward="Castle")
    response = await desk.act(case, "move", fields={"ward": "Ward of All"})
    assert response.json()["team"] == team
    history = (await desk.get(f"cases/{case['id']}/history")).json()["items"]
    assert (history[-1]["before"]["team"], history[-1]["after"]["team"]) == ("castle_team", team)


async def test_a_team_that_people_chose_stays_until_the_area_changes(report, desk):
    case = await report(ward="Castle")
    case = (await desk.change("PATCH", f"cases/{case['id']}", case, team="chosen")).json()
    case = (await desk.act(case, "check")).json()
    assert case["team"] == "chosen"
    assert (await desk.act(case, "move", fields={"ward": "Other"})).json()["team"] == "rest_team"


async def test_a_case_is_routed_again_when_its_areas_become_known(report, desk, open_desk, database):
    case = await report()
    areas = [
        {"kind": "parish", "code": "E04000001", "name": "Castle"},
        {"kind": "ward", "code": "E05000001", "name": "Abbey"},
    ]
    path = f"cases/{case['id']}/areas"
    located = (await desk.change("PUT", path, case, areas=areas)).json()
    assert (located["team"], located["version"]) == ("first_team", 2)
    entry = (await desk.get(f"cases/{case['id']}/history")).json()["items"][-1]
    assert (entry["kind"], entry["before"]) == ("location", {"team": "rest_team"})
    assert entry["after"] == {
        "areas.parish": "E04000001",
        "areas.ward": "E05000001",
        "team": "first_team",
    }
    assert (await check_histories(database, "citytown")).faults == []
    assert (await desk.change("PUT", path, case, areas=areas)).status_code == 412
    for wrong in ([], [{"kind": "ward", "code": "a\u0000"}], areas * 11):
        assert (await desk.change("PUT", path, located, areas=wrong)).status_code == 400
    for stranger in (open_desk(council="hillshire"), open_desk(mode="live")):
        assert (await stranger.change("PUT", path, located, areas=areas)).status_code == 404


def test_an_areas_rule_goes_before_one_for_any_other_and_a_types_before_all_types():
    case_type = compile_case_type("repair.yaml", types.REPAIR, types.WELSH)
    rules = [
        Area("", "castle", "any_type"),
        Area("repair", "castle", "of_type"),
        Area("", "*", "any"),
        Area("repair", "*", "of_type_any"),
    ]
    assert choose_team(case_type, ["castle"], rules) == "of_type"
    assert choose_team(case_type, ["castle"], rules[:1]) == "any_type"
    assert choose_team(case_type, ["castle"], rules[2:]) == "castle_team"
    assert choose_team(case_type, ["north"], rules) == "of_type_any"
    assert choose_team(case_type, ["north"], rules[:3]) == "rest_team"
    assert choose_team(case_type, ["north", "castle"], []) == "castle_team"
    plain = library.load("missed-bin")
    assert choose_team(plain, [], []) is None
    assert choose_team(plain, [], rules) == "any"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("routing: ward\nteams: {kind: ward, ", "teams: {", "nothing says in which area a case is"),
        ("max: 60}\n  what", "enum: [north]}\n  what", "ward has no such value"),
        ("{Castle: ", "{castle: a, Castle: ", "the area is there twice"),
        ("{Castle: ", "{'': ", "areas"),
        ("castle_team", "'Castle Team'", "it must look like"),
    ],
)
def test_publishing_checks_the_teams(old, new, message):
    source = types.REPAIR.replace(old, new)
    assert source != types.REPAIR
    with pytest.raises(CaseTypeError) as error:
        compile_case_type("repair.yaml", source, types.WELSH)
    assert message in str(list(error.value.faults))
