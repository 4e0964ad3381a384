"""Cases under races, strangers and changes of their history."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import text

_AUDIT = text("SELECT act, changes FROM audit WHERE aggregate_id = :subject ORDER BY id")
ACT = ["casework:read", "casework:act"]


async def test_a_submission_opens_one_case_for_ever(desk, now):
    bins = ("food", "garden", "rubbish")
    answers = await asyncio.gather(*(desk.open({"bin": name}, submission="s-1") for name in bins))
    identities = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    assert len(identities) == 1
    assert {answer.status_code for answer in answers} == {201}
    now("2027-04-02T09:00:00Z")
    again = await desk.open(submission="s-1")
    assert {again.json()["id"]} == identities


async def test_the_same_submission_elsewhere_is_another(desk, open_desk):
    """Another council and the sandbox number as they like: nobody gets a case of theirs, or is refused."""
    others = [desk, open_desk(council="hillshire"), open_desk(mode="live")]
    answers = [await each.open(submission="s-same") for each in others]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.json()["id"] for answer in answers}) == 3


async def test_twins_under_one_key_open_one_case(desk):
    answers = await asyncio.gather(*(desk.open(key="twin") for _ in range(5)))
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await desk.list()) == 1


async def test_of_two_who_act_on_the_same_version_one_is_refused(desk):
    case = (await desk.open()).json()
    answers = await asyncio.gather(desk.act(case, "send_crew"), desk.act(case, "refuse"))
    assert sorted(answer.status_code for answer in answers) == [200, 412]


async def test_an_act_without_the_version_is_refused(desk):
    case = (await desk.open()).json()
    path = f"{desk.base}/cases/{case['id']}/actions/send_crew"
    assert (await desk.client.post(path, json={}, headers=desk.headers)).status_code == 428


async def test_another_council_and_the_other_world_see_nothing(desk, open_desk):
    case = (await desk.open(submission="s-2")).json()
    strangers = [
        open_desk(council="hillshire"),
        open_desk(mode="live" if case["mode"] == "sandbox" else "sandbox"),
    ]
    for stranger in strangers:
        assert (await stranger.get(f"cases/{case['id']}")).status_code == 404
        assert (await stranger.get(f"cases/by-reference/{case['reference']}")).status_code == 404
        assert (await stranger.get(f"cases/{case['id']}/history")).status_code == 404
        assert (await stranger.act(case, "send_crew")).status_code == 404
        assert (await stranger.get("cases", uprn=desk.uprn)).json()["items"] == []


async def test_staff_act_in_the_roles_that_they_were_given(desk, open_desk):
    case = (await desk.open()).json()
    officer = open_desk(ACT, sub="officer-1", client_id="office")
    response = await officer.act(case, "send_crew")
    assert response.status_code == 409
    assert "Your role may not do this" in response.json()["detail"]
    path = f"{desk.base}/role-holders/officer-1"
    response = await desk.client.put(path, json={"roles": ["waste_officer"]}, headers=desk.headers)
    assert response.status_code == 200, response.text
    assert (await officer.act(case, "send_crew")).status_code == 200


@pytest.mark.parametrize(
    "statement",
    ["UPDATE case_entry SET act = 'nothing'", "DELETE FROM case_entry", "TRUNCATE case_entry CASCADE"],
)
async def test_nobody_changes_a_history(desk, postgres_url, database_url, statement):
    """Not even the owner of the tables."""
    await desk.open()
    name = database_url.rpartition("/")[2]
    connection = await asyncpg.connect(f"{postgres_url.rpartition('/')[0]}/{name}")
    with pytest.raises(asyncpg.RaiseError, match="is not changed"):
        await connection.execute(statement)
    await connection.close()


async def test_who_gave_a_role_and_took_it_is_in_the_audit(desk, database):
    path = f"{desk.base}/role-holders/officer-9"
    for roles in (["crew"], ["waste_officer"]):
        body = {"roles": roles, "email": "nine@example.org"}
        await desk.client.put(path, json=body, headers=desk.headers)
    assert (await desk.client.delete(path, headers=desk.headers)).status_code == 204
    async with database.reading("citytown") as session:
        rows = await session.all(_AUDIT, {"subject": "officer-9"})
    assert [row.act for row in rows] == ["role-holder-set", "role-holder-set", "role-holder-removed"]
    assert rows[1].changes == {"roles": [["crew"], ["waste_officer"]]}
    assert "nine@" not in str([row.changes for row in rows])
