"""Histories are sealed each night, and hold after a lawful erasure; any other change is found."""

from datetime import timedelta

from casework.seals.actions.verification import check_histories
from chassis import ids


async def find_faults(database, key=None):
    return (await check_histories(database, "citytown", key=key)).faults


async def test_each_day_is_sealed_behind_the_day_before_and_signed(desk, close_permit, now, seal, database):
    await close_permit()
    now(1)
    await seal()
    await close_permit()
    now(2)
    await seal()
    await seal()  # the day is sealed
    last = now(3)
    await seal()  # nothing happened
    seals = (await desk.get("seals")).json()["items"]
    days = [(last - timedelta(days=ago)).date().isoformat() for ago in (3, 2, 1)]
    assert [each["day"] for each in seals[-3:]] == days
    assert [each["sequence"] for each in seals] == list(range(1, len(seals) + 1))
    assert [each["heads"] > 0 for each in seals[-3:]] == [True, True, False]
    key = (await desk.get("seals/key")).json()["key"]
    assert await find_faults(database, key) == []
    other = {**key, "x": key["x"][::-1]}
    assert "is not as it was signed" in " ".join(await find_faults(database, other))


async def test_every_kind_of_act_folds_to_the_case_as_it_is(desk, database):
    """Assignment, merge, tasks, payments that were refused, holds, files."""
    survivor = (await desk.apply()).json()
    for team in ("north", "south", None):
        survivor = (await desk.get(f"cases/{survivor['id']}")).json()
        response = await desk.change(
            "PATCH", f"cases/{survivor['id']}", survivor, team=team, assignee="officer-7"
        )
        assert response.status_code == 200, response.text
    survivor = (await desk.get(f"cases/{survivor['id']}")).json()
    response = await desk.change(
        "PUT", f"cases/{survivor['id']}/tasks/medical/assignee", survivor, assignee="doctor-1"
    )
    assert response.status_code in {200, 204}, response.text
    case = (await desk.apply()).json()
    response = await desk.act(case, "merge", fields={"same_case": survivor["reference"]})
    assert response.status_code == 200, response.text
    assert await find_faults(database) == []


async def test_a_disposal_leaves_a_history_that_still_holds(
    records, signer, close_permit, now, seal, run, database, tamper
):
    case = await close_permit()
    now(1)
    await seal()
    now(400)
    await signer.dispose(await records.build(run), run)
    check = await check_histories(database, "citytown")
    assert (check.faults, check.erased >= 1) == ([], True)
    await tamper("UPDATE case_tombstone SET contents[1] = '\\x00' WHERE case_id = $1", ids.read(case["id"]))
    assert f"case {case['id']}" in " ".join(await find_faults(database))
