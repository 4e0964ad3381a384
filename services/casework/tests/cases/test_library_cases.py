"""Every type that ships, for real: published for a council, its cases opened by the API and listed."""

import pytest

from casework.case_types.actions.library import list_codes, load
from casework.case_types.rules.simulation import read_instant
from casework.model.rules.case_type import NEW, RESIDENT
from services.casework.tests.case_types.library_sources import read_scenario_file

COUNCILS = {"england": "citytown", "scotland": "hillshire"}
TYPES = [
    (code, council)
    for code in list_codes()
    for nation, council in COUNCILS.items()
    if nation in load(code).nations
]


def find_opening(code, nation):
    """Find a step of the type's scenarios that opens a case, of that nation if there is one."""
    case_type = load(code)
    scenarios = read_scenario_file(code)[1].scenarios.values()
    for scenario in sorted(scenarios, key=lambda scenario: scenario.nation != nation):
        for key, step in scenario.steps.items():
            if step.do and NEW in case_type.actions[step.do].sources and not step.refused:
                return key, step, step.due if scenario.nation == nation else {}
    raise AssertionError(f"no scenario of {code} opens a case")


@pytest.fixture
def open_staff_desk(desk, open_desk):
    """A desk of somebody with every role of a type, or of one role alone."""

    async def open_staff_desk(roles, council="citytown"):
        keeper = open_desk(council=council)
        name = f"staff-{'-'.join(sorted(roles))}"[:40]
        path = f"{keeper.base}/role-holders/{name}"
        headers = keeper.headers
        answer = await keeper.client.put(path, json={"roles": sorted(roles)}, headers=headers)
        if answer.status_code == 428:  # somebody of that name is there: the same roles
            answer = await keeper.client.get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        return open_desk(council=council, sub=name, client_id="office")

    return open_staff_desk


async def choose_slots(case_type, keeper):
    """Keep a pool for each slot of a type, and choose the first place that is free."""
    chosen = {}
    for slot in case_type.slots.values():
        week = {"friday": [{"starts": "07:00", "ends": "12:00", "capacity": 5}]}
        pool = await keeper.post("slot-pools", pool=slot.pool, name="Places", week=week)
        assert pool.status_code == 201, pool.text
        free = (await keeper.get("slots", pool=slot.pool)).json()["items"]
        chosen[slot.choice] = free[0]["slot"]
    return chosen


async def open_first(code, council, open_desk, open_staff_desk, now):
    nation = next(nation for nation, each in COUNCILS.items() if each == council)
    key, step, dues = find_opening(code, nation)
    now(read_instant(key).isoformat())
    by = step.by.partition(" ")[0]
    desk = open_desk(council=council) if by == RESIDENT else await open_staff_desk({by}, council)
    slots = await choose_slots(load(code), open_desk(council=council, mode="live"))
    body = {"case_type": code, "action": step.do, "fields": step.fields | slots}
    response = await desk.client.post(f"{desk.base}/cases", json=body, headers=desk.headers)
    assert response.status_code == 201, response.text
    return desk, response.json(), step, dues


@pytest.mark.parametrize(("code", "council"), TYPES)
async def test_a_case_of_each_type_is_opened_and_listed(code, council, desk, open_desk, open_staff_desk, now):
    opener, case, step, expected = await open_first(code, council, open_desk, open_staff_desk, now)
    assert case["case_type"] == code
    if step.state is not None:
        assert case["state"] == step.state
    dues = {clock["clock"]: clock["due_on"] for clock in case["clocks"]}
    for clock, day in expected.items() if not load(code).admission_authority else ():
        assert (dues.get(clock) or "none") == day[:10], clock
    listed = (await opener.get("cases", case_type=code)).json()["items"]
    closed = (await opener.get("cases", case_type=code, closed="true")).json()["items"]
    assert case["id"] in {each["id"] for each in [*listed, *closed]}


async def act(desk, case, action, **members):
    response = await desk.act(case, action, **members)
    assert response.status_code == 200, response.text
    return response.json()


async def open_case(desk, case_type, **fields):
    response = await desk.post("cases", case_type=case_type, fields=fields)
    assert response.status_code == 201, response.text
    return response.json()


async def read(desk, case):
    return (await desk.get(f"cases/{case['id']}")).json()


def find_linked(case, case_type):
    return next({"id": link["case"]} for link in case["links"] if link["case_type"] == case_type)


async def test_many_reporters_of_one_noise_are_linked_to_the_first(desk, open_staff_desk):
    officer = await open_staff_desk({"noise_officer"})
    first = await open_case(desk, "noise", name="A", source_uprn=desk.uprn, kind="dog")
    refused = await officer.act(first, "join", fields={"first_report": first["reference"]})
    assert refused.json()["reasons"][0]["en"] == "There is no other open report about this address."
    second = await open_case(desk, "noise", name="B", source_uprn=desk.uprn, kind="dog")
    joined = await act(officer, second, "join", fields={"first_report": first["reference"]})
    assert joined["state"] == "joined"
    assert [link["case"] for link in joined["links"]] == [first["id"]]


async def test_a_safeguarding_file_is_there_for_the_safeguarding_team_alone(desk, open_staff_desk):
    worker = await open_staff_desk({"safeguarding_worker"})
    contact = await open_staff_desk({"contact_officer"})
    words = {"adult": "A Person", "concern": "Bruises", "danger": "no", "consent": "agrees", "reporter": "B"}
    concern = await open_case(contact, "adult-safeguarding-concern", **words)
    assert concern["fields"] == {"danger": "no"}
    assert concern["links"] == []
    file = find_linked(await read(worker, concern), "adult-safeguarding")
    behind = await read(worker, file)
    assert (behind["fields"]["adult"], behind["person"]) == ("A Person", None)
    assert "reporter" not in behind["fields"]  # the manager alone
    for outsider in (desk, contact):
        assert (await outsider.get(f"cases/{file['id']}")).status_code == 404
        listed = (await outsider.get("cases", case_type="adult-safeguarding")).json()["items"]
        assert listed == []


async def test_a_file_that_is_opened_directly_is_behind_the_wall_too(desk, open_staff_desk):
    worker = await open_staff_desk({"safeguarding_worker"})
    words = {"adult": "A Person", "concern": "Bruises", "danger": "no"}
    case = await open_case(worker, "adult-safeguarding", **words)
    assert (await desk.get(f"cases/{case['id']}")).status_code == 404
    refused = await desk.post("cases", case_type="adult-safeguarding", fields=words)
    assert refused.status_code == 409


async def test_who_reports_a_breach_of_planning_stays_confidential(desk, open_staff_desk):
    words = {
        "reporter": "A Neighbour",
        "reporter_contact": "a@example.org",
        "site": "1 Mill Lane",
        "breach": "A wall",
    }
    case = await open_case(desk, "planning-enforcement", **words)
    officer, lawyer = await open_staff_desk({"enforcement_officer"}), await open_staff_desk({"legal_officer"})
    assert (await read(officer, case))["fields"]["reporter"] == "A Neighbour"
    for reader in (lawyer, desk):
        answer = await reader.get(f"cases/{case['id']}")
        history = await reader.get(f"cases/{case['id']}/history")
        assert (answer.status_code, history.status_code) == (200, 200)
        assert "A Neighbour" not in answer.text + history.text


async def test_a_move_is_done_when_the_cases_of_both_homes_are(desk):
    day = {"moved_out": "2026-04-01", "moved_in": "2026-04-01"}
    homes = {"old_home": desk.uprn, "new_home": f"9{desk.uprn[1:]}"}
    move = await open_case(
        desk, "council-tax-move", name="A", kind="within", account="123", alone="yes", **day, **homes
    )
    leaving = await read(desk, find_linked(move, "council-tax-move-out"))
    coming = await read(desk, find_linked(move, "council-tax-move-in"))
    refused = await desk.act(move, "finish")
    assert len(refused.json()["reasons"]) == 2
    assert (await desk.act(coming, "open_account", fields={"account": "124"})).status_code == 409
    await act(desk, leaving, "bill", fields={"balance": 0})
    billed = await act(desk, coming, "open_account", fields={"account": "124"})
    assert (billed["state"], billed["closed_at"] is not None) == ("billed_with_discount", True)
    assert (await read(desk, find_linked(billed, "single-person-discount")))["fields"][
        "alone_since"
    ] == "2026-04-01"
    assert (await act(desk, await read(desk, move), "finish"))["state"] == "updated"


async def test_evidence_of_fly_tipping_opens_a_case_that_enforcement_alone_knows_of(desk, open_staff_desk):
    officer = await open_staff_desk({"enforcement_officer"})
    case = await open_case(desk, "fly-tip", place="Mill Lane", waste="tyres")
    case = await act(desk, case, "record_evidence", fields={"evidence": "A letter"})
    response = await desk.change("POST", f"cases/{case['id']}/tasks/search_waste", case, outcome="evidence")
    assert response.status_code == 200, response.text
    assert response.json()["links"] == []
    split = find_linked(await read(officer, case), "fly-tip-enforcement")
    assert (await read(officer, split))["fields"]["evidence"] == "A letter"
    assert (await desk.get(f"cases/{split['id']}")).status_code == 404
