"""One action on many cases, and histories that are verified."""

import asyncpg
import pytest

from casework.seals.actions.verification import check_histories, verify_history
from chassis import ids


@pytest.fixture
async def desk(desk, permits):
    return desk


def name(*cases):
    return [{"id": case["id"], "version": case["version"]} for case in cases]


async def test_one_that_is_refused_stops_no_other(desk, events_of):
    cases = [(await desk.apply()).json() for _ in range(4)]
    cases[1] = (await desk.act(cases[1], "issue")).json()
    stale = {"id": cases[2]["id"], "version": 7}
    missing = {"id": "01hzy3t8qk5v7m9x2c4b6n8p0r", "version": 1}
    body = [*name(*cases[:2]), stale, missing, *name(cases[3])]
    response = await desk.post("cases/bulk/issue", cases=body)
    assert response.status_code == 200, response.text
    items = response.json()["items"]
    assert [item["id"] for item in items] == [item["id"] for item in body]
    assert [item["status"] for item in items] == [None, 409, 412, 404, None]
    assert items[1]["problem"]["reasons"][0]["en"]
    states = [(await desk.get(f"cases/{case['id']}")).json()["state"] for case in cases]
    assert states == ["issued", "issued", "applied", "issued"]
    assert len(await events_of(cases[0])) == 2
    assert len(await events_of(cases[2])) == 1


async def test_cases_of_others_are_not_there(desk, open_desk):
    case = (await desk.apply()).json()
    for stranger in (open_desk(council="hillshire"), open_desk(mode="live")):
        [item] = (await stranger.post("cases/bulk/issue", cases=name(case))).json()["items"]
        assert (item["done"], item["status"]) == (False, 404)


async def test_a_repeated_request_acts_once(desk):
    case = (await desk.apply()).json()
    headers = desk.headers | {"Idempotency-Key": f"bulk-{case['id']}"}
    for _ in range(2):
        response = await desk.client.post(
            f"{desk.base}/cases/bulk/issue", json={"cases": name(case)}, headers=headers
        )
        assert response.json()["items"][0] == {
            "id": case["id"], "done": True, "version": 2, "status": None, "problem": None,
        }  # fmt: skip


async def test_more_than_a_hundred_cases_are_refused(desk):
    body = [{"id": "01hzy3t8qk5v7m9x2c4b6n8p0r", "version": 1}] * 101
    assert (await desk.post("cases/bulk/issue", cases=body)).status_code == 400
    assert (await desk.post("cases/bulk/issue", cases=[])).status_code == 400


@pytest.fixture
async def owner(postgres_url, database_url):
    connection = await asyncpg.connect(f"{postgres_url.rpartition('/')[0]}/{database_url.rpartition('/')[2]}")
    yield connection
    await connection.close()


async def tamper(owner, statement, *values):
    """Change what nobody can, with the trigger off."""
    async with owner.transaction():
        await owner.execute("ALTER TABLE case_entry DISABLE TRIGGER USER")
        await owner.execute(statement, *values)
        await owner.execute("ALTER TABLE case_entry ENABLE TRIGGER USER")


async def test_histories_are_verified_in_batches_and_a_changed_one_is_found(
    desk, database, settings, owner, capsys
):
    cases = [(await desk.apply()).json() for _ in range(3)]
    for case in cases:
        await desk.act(case, "issue")
    for batch in (1, 2, 1000):
        check = await check_histories(database, "citytown", batch)
        assert check.faults == []
        assert check.entries >= 6
    assert await verify_history(settings, ["--council", "citytown"]) == 0
    first, second, third = (ids.read(case["id"]) for case in cases)
    await tamper(owner, "UPDATE case_entry SET act = 'nothing' WHERE case_id = $1 AND n = 1", first)
    await tamper(owner, "DELETE FROM case_entry WHERE case_id = $1 AND n = 2", second)
    await owner.execute("UPDATE case_entry_personal SET changes = '{}' WHERE case_id = $1 AND n = 1", third)
    faults = " ".join((await check_histories(database, "citytown", 2)).faults)
    assert f"{cases[0]['id']}: entry 1 is not as it was written" in faults
    assert f"{cases[1]['id']}: the history ends before version 2" in faults
    assert f"{cases[2]['id']}: the personal data of entry 1" in faults
    assert await verify_history(settings, ["--council", "citytown"]) == 1
    assert cases[0]["id"] in capsys.readouterr().err


async def test_what_was_erased_still_verifies(desk, database, owner):
    case = (await desk.apply()).json()
    await owner.execute("DELETE FROM case_entry_personal WHERE case_id = $1", ids.read(case["id"]))
    faults = " ".join((await check_histories(database, "citytown")).faults)
    assert case["id"] not in faults
