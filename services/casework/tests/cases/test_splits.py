"""One case becomes two: what goes along, who sees it, and what it does to clocks."""

import asyncio

import pytest

from casework.seals.actions.verification import check_histories
from services.casework.tests.cases.conftest import _FAR, Desk

FLY_TIP = """
case_type: tip
version: "1.0"
name: Tip
nations: [england, scotland]
sources: [Local policy]
roles: {officer: Officer, enforcer: Enforcer}
fields:
  street: {label: Street, max: 100}
  who: {label: Who, max: 50, personal: true}
  tip: {label: Suspicion, max: 50, personal: true, restricted: enforcer}
  note: {label: Note, max: 50}
states:
  open: {public: Open, staff: Open}
  done: {public: Done, staff: Done, end: true}
actions:
  report: {name: Report, from: new, to: open, by: officer, asks: [street, who, tip, note]}
  reopen: {name: Reopen, from: done, to: open, by: officer}
  finish: {name: Finish, from: open, to: done, by: [officer, enforcer], result: done}
clocks:
  law: {name: By law, unit: working_days, length: 20, calendar: nation, basis: statute, source: Some Act, verified: true, starts_on: open, stops_on: done}
  promise: {name: Promise, unit: working_days, length: 5, calendar: nation, basis: local_standard, source: Policy, verified: true, starts_on: open, stops_on: done}
results:
  done: {name: Done, retention: {months: 12, then: destroy, source: Policy}}
splits:
  part: {name: Another heap, type: tip, from: open, by: officer, copies: {street: street, who: who, note: street}}
  enforcement: {name: Enforce, type: tip, from: open, by: officer, restricted: enforcer, copies: {street: street, tip: tip, who: who}}
  leak: {name: Leak, type: tip, from: open, by: officer, copies: {who: tip}}
  lost: {name: Lost, type: nothing, from: open, by: officer}
"""  # noqa: E501
WELSH = """
name: Tipio
fields.street.label: Stryd
fields.who.label: Pwy
fields.tip.label: Amheuaeth
fields.note.label: Nodyn
states.open.public: Ar agor
states.done.public: Wedi gorffen
results.done.name: Wedi gorffen
"""
PLACE = {"lat": 51.38, "long": -2.36, "usrn": 44_000_002}


@pytest.fixture(scope="module")
async def tips(client, mint, installed):
    token = mint(scopes=["casework:configure"], councils=["citytown"], exp=_FAR, mode="live")
    headers = {"Authorization": f"Bearer {token}"}
    await Desk(client, headers).publish("tip", "1.0", FLY_TIP, WELSH, headers=headers)


@pytest.fixture
async def case(desk, tips, open_desk):
    """A case with a suspicion that its officer may not read, 4 days old."""
    path = f"{desk.base}/role-holders/officer-1"
    await desk.client.put(path, json={"roles": ["officer"]}, headers=desk.headers)
    fields = {"street": "Mill Lane", "who": "Ann Other", "tip": "A red van"}
    members = {"person": "resident-1", "contact": {"email": "a@example.org"}, "location": PLACE, "uprn": 5}
    response = await desk.post("cases", case_type="tip", fields=fields, **members)
    assert response.status_code == 201, response.text
    return response.json()


@pytest.fixture
async def enforcer(desk, open_desk):
    path = f"{desk.base}/role-holders/enforcer-1"
    await desk.client.put(path, json={"roles": ["enforcer"]}, headers=desk.headers)
    return open_desk(sub="enforcer-1", client_id="office")


async def split(desk, case, name, **body):
    return await desk.change("POST", f"cases/{case['id']}/splits/{name}", case, **body)


async def read(desk, case_id):
    return (await desk.get(f"cases/{case_id}")).json()


def list_due(case):
    return {clock["clock"]: clock["due_on"] for clock in case["clocks"]}


async def test_a_part_becomes_a_case_with_the_chosen_fields(desk, case, now, events_of):
    assert [each["split"] for each in case["splits"]] == ["part", "enforcement", "leak", "lost"]
    now("2026-04-09T09:00:00Z")
    response = await split(desk, case, "part", fields=["street", "who"])
    assert response.status_code == 200, response.text
    parent = response.json()
    [link] = parent["links"]
    assert (link["kind"], link["case_type"], link["outward"]) == ("split", "tip", True)
    child = await read(desk, link["case"])
    assert child["fields"] == {"street": "Mill Lane", "who": "Ann Other"}
    assert (child["location"], child["uprn"], child["person"]) == (PLACE, 5, "resident-1")
    assert [(each["case"], each["outward"]) for each in child["links"]] == [(case["id"], False)]
    # The parent is as it was, and the new clocks start now, but for that of law.
    assert (parent["state"], parent["fields"], list_due(parent)) == ("open", case["fields"], list_due(case))
    assert list_due(child)["law"] == list_due(case)["law"]
    assert list_due(child)["promise"] == "2026-04-16"
    events = [event["type"] for event in await events_of(child)]
    assert events == ["casework.case.opened.v1"]


async def test_both_histories_have_the_split_and_hold(desk, case, database):
    parent = (await split(desk, case, "part")).json()
    child_id = parent["links"][0]["case"]
    entries = (await desk.get(f"cases/{case['id']}/history")).json()["items"]
    assert (entries[-1]["kind"], entries[-1]["act"]) == ("split", "part")
    entries = (await desk.get(f"cases/{child_id}/history")).json()["items"]
    assert [entry["kind"] for entry in entries] == ["action", "split"]
    assert entries[-1]["after"] == {"split_from": case["reference"]}
    assert (await check_histories(database, "citytown")).faults == []
    response = await desk.act(await read(desk, child_id), "finish")
    assert response.status_code == 200, response.text


async def test_a_restricted_part_is_there_for_its_role_only_and_names_no_person(desk, case, enforcer):
    parent = (await split(desk, case, "enforcement")).json()
    assert parent["links"] == []
    [link] = (await read(enforcer, case["id"]))["links"]
    child = await read(enforcer, link["case"])
    assert child["fields"] == {"street": "Mill Lane", "who": "Ann Other", "tip": "A red van"}
    assert (child["person"], child["contact"], child["location"]) == (None, None, PLACE)
    assert (await desk.get(f"cases/{link['case']}")).status_code == 404
    history = (await desk.get(f"cases/{case['id']}/history")).text
    assert link["reference"] not in history
    assert link["case"] not in history


async def test_no_part_of_a_restricted_case_leaves_its_role(desk, case, open_desk):
    path = f"{desk.base}/role-holders/both-1"
    await desk.client.put(path, json={"roles": ["officer", "enforcer"]}, headers=desk.headers)
    chief = open_desk(sub="both-1", client_id="office")
    parent = (await split(chief, case, "enforcement")).json()
    child = await read(chief, parent["links"][0]["case"])
    response = await split(chief, child, "part")
    assert response.json()["reasons"][0]["rule"] == "splits.part.restricted", response.text
    assert (await split(chief, child, "enforcement")).status_code == 200


@pytest.mark.parametrize(
    ("name", "body", "rule"),
    [
        ("nothing", {}, "splits.nothing"),
        ("part", {"fields": ["tip"]}, "splits.part.copies"),
        ("leak", {}, "splits.leak.copies.who"),
        ("lost", {}, "splits.lost"),
    ],
)
async def test_a_split_that_may_not_be_changes_nothing(desk, case, name, body, rule):
    response = await split(desk, case, name, **body)
    assert response.status_code == 409, response.text
    assert response.json()["reasons"][0]["rule"] == rule
    assert await read(desk, case["id"]) == case


async def test_strangers_and_other_roles_split_nothing(desk, case, enforcer, open_desk):
    response = await split(enforcer, case, "part")
    assert response.json()["reasons"][0]["rule"] == "splits.part.by"
    for stranger in (open_desk(council="hillshire"), open_desk(mode="live")):
        assert (await split(stranger, case, "part")).status_code == 404
    assert (await split(open_desk(["casework:read"]), case, "part")).status_code == 403
    closed = (await desk.act(case, "finish")).json()
    response = await split(desk, closed, "part")
    assert response.json()["reasons"][0]["rule"] == "splits.part.from"
    assert closed["splits"] == []


async def test_of_two_splits_of_one_version_one_is_refused(desk, case):
    answers = await asyncio.gather(split(desk, case, "part"), split(desk, case, "part"))
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert len((await read(desk, case["id"]))["links"]) == 1


async def test_a_clock_that_starts_anew_on_reopening_counts_from_then(desk, case, now):
    closed = (await desk.act(case, "finish")).json()
    now("2026-04-20T09:00:00Z")
    reopened = (await desk.act(closed, "reopen")).json()
    assert list_due(reopened)["promise"] == "2026-04-27"
    # What a split carries is the start that counts: that of the reopening.
    now("2026-04-22T09:00:00Z")
    parent = (await split(desk, reopened, "part")).json()
    child = await read(desk, parent["links"][0]["case"])
    assert list_due(child)["law"] == list_due(reopened)["law"]
