"""Mapping says where a case is, soon or late, and the case goes to the team of its ward."""

import pytest
from sqlalchemy import text

from casework.events import LocationResolved
from casework.seals.actions.verification import check_histories
from chassis import ids

_OPENED = text(
    "SELECT envelope::json -> 'data' FROM outbox WHERE envelope::json -> 'data' ->> 'case' = :case"
)
WARD = {"kind": "ward", "code": "E05000001", "name": "Abbey"}
PARISH = {"kind": "parish", "code": "E04000001", "name": "Castle"}


@pytest.fixture
def locate(deliver):
    """Deliver mapping's answer for a case."""

    async def locate(case, *areas, times=1, **envelope):
        for _ in range(times):
            subject = {"subject": case["id"]}
            outcome = await deliver(
                LocationResolved, envelope=subject, case=case["id"], areas=areas, **envelope
            )
            assert outcome.state == "processed", outcome

    return locate


@pytest.fixture
def read_case(desk):
    async def read_case(case):
        return (await desk.get(f"cases/{case['id']}")).json()

    return read_case


async def test_a_case_goes_to_the_team_of_its_ward_once(report, locate, read_case, desk, database):
    case = await report()
    await locate(case, PARISH, WARD, times=3)
    located = await read_case(case)
    assert (located["team"], located["version"]) == ("first_team", 2)
    entry = (await desk.get(f"cases/{case['id']}/history")).json()["items"][-1]
    assert (entry["kind"], entry["actor"], entry["before"]) == (
        "location", {"sub": "mapping"}, {"team": "rest_team"},
    )  # fmt: skip
    assert entry["after"] == {"areas.parish": "E04000001", "areas.ward": "E05000001", "team": "first_team"}
    assert (await check_histories(database, "citytown")).faults == []


async def test_names_are_folded_as_codes_are(report, locate, read_case, set_team, team):
    await set_team(team, areas=[{"area": f"The  Ward {team}"}])
    case = await report()
    await locate(case, {"kind": "ward", "name": f"the ward {team.upper()}", "code": None})
    assert (await read_case(case))["team"] == team


@pytest.mark.parametrize("areas", [(), ({"kind": "ward", "name": "Nowhere"},)])
async def test_a_case_outside_any_teams_area_stays_with_the_team_for_any_other(
    report, locate, read_case, areas
):
    case = await report()
    await locate(case, *areas)
    assert ((await read_case(case))["team"], (await read_case(case))["version"]) == ("rest_team", 1)
    of_field = await report(ward="Castle")
    await locate(of_field, *areas)
    assert (await read_case(of_field))["team"] == "castle_team"


async def test_a_team_that_people_chose_meanwhile_stays(report, locate, read_case, desk):
    case = await report()
    await desk.change("PATCH", f"cases/{case['id']}", case, team="chosen")
    await locate(case, WARD)
    assert (await read_case(case))["team"] == "chosen"


async def test_a_later_answer_moves_no_case_that_an_earlier_one_moved(report, locate, read_case):
    case = await report()
    await locate(case, WARD, sequence=2)
    await locate(case, PARISH, sequence=1)
    assert (await read_case(case))["team"] == "first_team"


async def test_a_closed_a_foreign_and_an_unknown_case_stay_as_they_are(report, locate, read_case, desk):
    case = await report()
    case = (await desk.act(case, "check")).json()
    await locate({"id": ids.show(ids.new())}, WARD)
    await locate(case, WARD, council="hillshire")
    assert (await read_case(case))["team"] == "rest_team"
    await locate(case, WARD)  # what others did to it since does not matter
    assert (await read_case(case))["team"] == "first_team"


async def test_a_case_that_ended_stays_with_its_team(report, locate, read_case, desk, open_desk):
    case = await report()
    case = (await desk.act(case, "check")).json()
    boss = open_desk(sub="boss", client_id="office")
    path, roles = f"{desk.base}/role-holders/boss", {"roles": ["manager"]}
    assert (await desk.client.put(path, json=roles, headers=desk.headers)).status_code == 200
    assert (await boss.act(case, "finish")).status_code == 200
    await locate(case, WARD)
    assert (await read_case(case))["team"] == "rest_team"


async def test_the_event_of_a_new_case_says_where_it_is_and_of_a_secret_one_it_does_not(
    desk, report, database
):
    place = {"lat": 51.3813, "long": -2.359, "usrn": "20601234"}
    case = (await desk.open(location=place)).json()
    secret = await report()
    secret = (await desk.act(secret, "hush")).json()
    async with database.reading() as session:
        [opened] = [row[0] for row in await session.all(_OPENED, {"case": case["id"]}) if "uprn" in row[0]]
        rows = await session.all(text("SELECT envelope::json -> 'data' FROM outbox ORDER BY id"), {})
    assert {name: opened[name] for name in ("uprn", "usrn", "lat", "long", "is_public", "reference")} == {
        "uprn": desk.uprn, **place, "is_public": False, "reference": case["reference"],
    }  # fmt: skip
    last = [row[0] for row in rows if row[0].get("action") == "report"][-1]
    assert last["case_type"] == "repair"
    assert {last[name] for name in ("uprn", "usrn", "lat", "long")} == {None}
    assert last["is_public"] is False
