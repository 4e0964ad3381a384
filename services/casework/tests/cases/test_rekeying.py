"""Two councils become one: the cases of both are the successor's, and go on where they were.

``docs/decisions/0034-ready-for-reorganisation.md``.
"""

import pytest
from sqlalchemy import text

from casework.case_types.actions import library
from casework.seals.actions.verification import check_histories
from chassis import clock, ids
from services.casework.tests.cases import types
from services.casework.tests.cases.conftest import Desk
from tests.rekeying import find_collisions, find_slugs, rekey

COUNCILS, SUCCESSOR = ("citytown", "hillshire"), "mergeshire"
_SUCCESSOR = text("""INSERT INTO council SELECT :new, 'Mergeshire', 'E06000066', region, status, settings, 1,
    updated_at FROM council WHERE slug = 'citytown'""")

_LINK = text("""INSERT INTO case_link (council, case_id, link, other_id, kind, relation, at)
    VALUES (:council, :case, 'same', :case, 'link', 'same', now())""")

# What the merger decides: new cases begin with citytown's types, and hillshire's go on by their own.
_RETIRE = text("""UPDATE case_type_version SET number = number || '-north', state = 'retired'
    WHERE council = 'hillshire'""")


def open_desk(client, mint, council):
    token = mint(scopes=["casework:read", "casework:act", "casework:configure"], councils=[council])
    return Desk(client, {"Authorization": f"Bearer {token}"}, council)


@pytest.fixture(scope="module")
async def permit(client, mint):
    """A case at the first council with a task, and a case that it opened."""
    desk = open_desk(client, mint, COUNCILS[0])
    token = mint(scopes=["casework:configure"], councils=[COUNCILS[0]], mode="live")
    headers = {"Authorization": f"Bearer {token}"}
    await desk.publish("visit", "1.0", types.VISIT, types.VISIT_WELSH, headers=headers)
    await desk.publish("permit", "1.0", types.PERMIT, types.WELSH, headers=headers)
    return (await desk.act((await desk.apply()).json(), "visit")).json()


@pytest.fixture(scope="module")
async def merged_permit(permit, merged):
    return permit


@pytest.fixture(scope="module")
async def merged(client, database, mint, permit):
    """A case at each of two councils, with its history; then the councils are merged."""
    cases = {}
    for number, council in zip(("1.1", "2.0"), COUNCILS, strict=True):
        desk = open_desk(client, mint, council)
        source = library.find_files("missed-bin").find(".yaml").replace('"1.1"', f'"{number}"')
        welsh = library.find_files("missed-bin").find(".cy.yaml")
        token = mint(scopes=["casework:configure"], councils=[council], mode="live")
        headers = {"Authorization": f"Bearer {token}"}
        await desk.publish("missed-bin", number, source, welsh, headers=headers)
        team = {"name": "North", "members": ["officer-1"], "areas": [{"area": f"ward {number}"}]}
        await desk.client.put(f"{desk.base}/teams/team-{number[0]}", json=team, headers=desk.headers)
        today = {"collection_day": clock.today().isoformat()}
        contact = {"email": f"ann-{number[0]}@example.org"}
        case = (await desk.open(today, submission=f"s-{desk.uprn}", contact=contact)).json()
        case = (await desk.act(case, "send_crew")).json()
        await desk.post(f"cases/{case['id']}/notes", text="They rang.")
        async with database.writing(council) as session:
            await session.execute(_LINK, {"council": council, "case": ids.read(case["id"])})
        case = (await desk.get(f"cases/{case['id']}")).json()
        history = (await desk.get(f"cases/{case['id']}/history")).json()["items"]
        cases[council] = case, history
    async with database.writing() as session:
        await session.execute(_SUCCESSOR, {"new": SUCCESSOR})
        await session.set_all_councils()
        await session.execute(_RETIRE)
    await rekey(database, COUNCILS, SUCCESSOR)
    return cases


async def test_cases_of_both_go_on_under_the_successor(client, mint, merged):
    desk = open_desk(client, mint, SUCCESSOR)
    for council, (case, history) in merged.items():
        assert (await desk.get(f"cases/{case['id']}/history")).json()["items"] == history
        assert (await desk.get(f"cases/by-reference/{case['reference']}")).json() == case
        notes = (await desk.get(f"cases/{case['id']}/notes")).json()["items"]
        assert [note["text"] for note in notes if not note["for_person"]] == ["They rang."]
        items = (await desk.post("case-searches", words=case["reference"])).json()["items"]
        assert [item["id"] for item in items] == [case["id"]]
        behind = open_desk(client, mint, council)
        assert (await behind.get(f"cases/{case['id']}")).status_code == 404
        response = await desk.act(case, "record_collection")
        assert response.json()["state"] == "collected", response.text


async def test_teams_of_both_are_the_successors(client, mint, merged):
    teams = (await open_desk(client, mint, SUCCESSOR).get("teams")).json()["items"]
    assert [(team["code"], team["areas"][0]["area"]) for team in teams] == [
        ("team-1", "ward 1.1"),
        ("team-2", "ward 2.0"),
    ]


async def test_tasks_and_sub_cases_go_on_under_the_successor(client, mint, merged_permit):
    desk = open_desk(client, mint, SUCCESSOR)
    [task] = (await desk.get("tasks", role="doctor")).json()["items"]
    assert task["case"] == merged_permit["id"]
    case = (await desk.get(f"cases/{merged_permit['id']}")).json()
    assert case["links"] == merged_permit["links"]
    response = await desk.change("POST", f"cases/{case['id']}/tasks/medical", case, outcome="fit")
    assert response.status_code == 200, response.text


async def test_no_key_of_a_case_collides_and_no_slug_is_left(database, merged):
    assert (await check_histories(database, SUCCESSOR)).faults == []
    async with database.reading() as session:
        assert await find_collisions(session, [SUCCESSOR]) == {}
        assert await find_slugs(session, COUNCILS) - {"council.slug"} == set()
