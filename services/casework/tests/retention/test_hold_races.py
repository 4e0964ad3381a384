"""A hold that is placed while its case is disposed of: the case stays whole, or the hold is too late."""

import asyncio
from collections import Counter

import pytest
from sqlalchemy import text

from casework.retention.actions import erasure
from casework.seals.actions.verification import check_histories
from chassis.testing import eventually
from services.casework.tests.retention.conftest import LATER

_WAITING = text("""SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND locktype = 'advisory'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))""")
_RACERS = 12


@pytest.fixture
def pause(monkeypatch):
    """Stop disposal before or after a function, until it may go on."""

    def pause(module, name, is_after):
        function, is_there, may_go = getattr(module, name), asyncio.Event(), asyncio.Event()

        async def stop():
            is_there.set()
            await may_go.wait()

        async def stopping(*arguments):
            if not is_after:
                await stop()
            result = await function(*arguments)
            if is_after:
                await stop()
            return result

        monkeypatch.setattr(module, name, stopping)
        return is_there, may_go

    return pause


@pytest.fixture
def settle(database):
    """Wait until a placement has ended, or waits for what is being erased."""

    async def settle(placement):
        async def is_settled():
            async with database.reading() as session:
                return placement.done() or await session.scalar(_WAITING)

        await eventually(is_settled)
        return placement.done()

    return settle


async def is_whole(desk, case):
    """Check that a case is as it was, with its note and its history; False if it is gone."""
    path = f"cases/{case['id']}"
    answers = [await desk.get(f"{path}{part}") for part in ("", "/notes", "/history")]
    statuses = {answer.status_code for answer in answers}
    assert statuses in ({200}, {404})
    if statuses == {404}:
        return False
    assert answers[0].json()["state"] == "issued"
    assert any("rang" in note["text"] for note in answers[1].json()["items"])
    return True


_IN_TIME = (erasure.holds, "keep_holds", False)
_TOO_LATE = [
    (erasure.holds, "keep_holds", True),
    (erasure.store, "lock_cases", True),
    (erasure.holds, "list_in_force", True),
    (erasure.store, "bury", True),
    (erasure, "_erase_audit", True),
]


@pytest.mark.parametrize("point", [_IN_TIME, *_TOO_LATE], ids=lambda point: point[1])
async def test_a_hold_is_in_time_until_its_case_is_being_erased(
    records, signer, close_permit, now, run, pause, settle, point
):
    case = await close_permit()
    now(LATER)
    disposal = await records.build(run)
    is_there, may_go = pause(*point)
    disposing = asyncio.create_task(signer.dispose(disposal, run))
    await asyncio.wait_for(is_there.wait(), 20)
    placing = asyncio.create_task(records.post("holds", case=case["id"], reason="Judicial review"))
    is_in_time = point is _IN_TIME
    assert await settle(placing) == is_in_time  # one that is not in time waits for what becomes of the case
    may_go.set()
    certificate, response = await disposing, await placing
    [item] = [item for item in certificate["document"]["items"] if item["case"] == case["id"]]
    outcome = response.status_code, item["state"], await is_whole(records.desk, case)
    assert outcome == ((201, "on_hold", True) if is_in_time else (404, "destroyed", False)), response.text


async def test_holds_that_race_with_a_disposal_each_win_or_are_too_late(
    records, signer, close_permit, desk, now, run, database, monkeypatch
):
    cases = [await close_permit(person=f"racer-{n}") for n in range(_RACERS)]
    now(LATER)
    disposal = await records.build(run)
    monkeypatch.setattr("casework.retention.actions.disposals._ERASED", 1)

    async def place(n):
        await asyncio.sleep(0.02 * (_RACERS - n))
        about = {"person": f"racer-{n}"} if n % 3 == 0 else {"case": cases[n]["id"]}
        return await records.post("holds", reason="Judicial review", **about)

    certificate, *answers = await asyncio.gather(
        signer.dispose(disposal, run), *(place(n) for n in range(_RACERS))
    )
    states = {item["case"]: item["state"] for item in certificate["document"]["items"]}
    for n, (case, answer) in enumerate(zip(cases, answers, strict=True)):
        whole = await is_whole(desk, case)
        assert states[case["id"]] == ("on_hold" if whole else "destroyed")
        assert answer.status_code == (201 if whole or n % 3 == 0 else 404), answer.text
    assert set(Counter(states.values())) <= {"on_hold", "destroyed"}
    assert (await check_histories(database, "citytown")).faults == []
