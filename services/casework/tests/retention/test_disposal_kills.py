"""Disposals whose workers are killed in every place: another goes on, and no case is ever half erased."""

import asyncio
import json
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from casework.retention.store.erasure import find_case_columns
from casework.retention.tables import case_tombstone
from casework.seals.actions.verification import check_histories
from chassis import ids
from chassis.testing import eventually
from services.casework.tests.retention.conftest import Files

SCRIPT = Path(__file__).parent / "disposal_process.py"
_DISPOSED = text("""SELECT envelope::json -> 'data' ->> 'case' AS "case" FROM outbox
    WHERE nats_subject LIKE '%casework.case.disposed'""")
_STATE = text("SELECT state FROM disposal_list WHERE id = :id")
# Each worker's death, and how many calls it lives for: batches before that stand.
_DEATHS = [
    ("copied", 3),
    ("buried", 1),
    ("half-deleted", 2),
    ("deleted", 1),
    ("erased", 2),
    ("certified", 1),
]
_ERASED = {"case_tombstone.case_id": 1}
pytestmark = pytest.mark.long


@pytest.fixture
def start_worker(settings):
    async def start_worker(*death):
        seal = settings.sealing_key.get_secret_value()
        arguments = settings.database_url, settings.blobs, seal, *map(str, death)
        return await asyncio.create_subprocess_exec(sys.executable, "-P", str(SCRIPT), *arguments)

    return start_worker


@pytest.fixture
def count_rows(database):
    """Count the rows of each case in each table, and the tombstones as one of them."""

    async def count_rows(cases):
        columns = {column for of_table in find_case_columns().values() for column in of_table}
        counts = {case: {} for case in cases}
        async with database.reading("citytown") as session:
            for column in sorted({*columns, case_tombstone.c.case_id}, key=str):
                where = column.in_([ids.read(case) for case in cases])
                statement = select(column.label("case"), func.count().label("rows")).where(where)
                for row in await session.all(statement.group_by(column)):
                    counts[ids.show(row.case)][str(column)] = row.rows
        return counts

    return count_rows


@pytest.fixture
async def closed_cases(close_permit, close_deed, desk, now, run):
    """Cases of all kinds of rows that are long due, seven to destroy and four to archive."""
    now("2024-04-02T09:00:00Z")
    cases = [await close_permit(f"Ann Number{n}") for n in range(7)]
    cases += [await close_deed(f"Dee Number{n}") for n in range(4)]
    files = [(await Files(desk, case).add(name="a.pdf")).json() for case in (cases[0], cases[-1])]
    await run()
    now("2025-06-01T09:00:00Z")
    return cases, [ids.read(file["id"]) for file in files]


async def test_a_disposal_whose_workers_are_killed_erases_each_case_once_and_whole(
    records, signer, closed_cases, database, run, start_worker, count_rows, is_there
):
    cases, files = closed_cases
    names = {case["id"]: case["reference"] for case in cases}
    disposal = await records.build(run)
    assert set(await records.items(disposal)) == set(names)
    whole = await count_rows(names)
    assert (await signer.sign(disposal)).status_code == 200
    left = []
    for death in _DEATHS:
        worker = await start_worker(*death)
        assert await asyncio.wait_for(worker.wait(), 100) == -signal.SIGKILL
        counts = await count_rows(names)
        assert [case for case in names if counts[case] not in (whole[case], _ERASED)] == []
        left.append(sum(counts[case] == whole[case] for case in names))
    assert left == sorted(left, reverse=True)
    assert (left[0], left[-1]) == (len(names), 0)
    assert len(set(left)) >= 4  # workers died between batches of one disposal

    worker = await start_worker()

    async def is_done():
        async with database.reading("citytown") as session:
            return await session.scalar(_STATE, {"id": ids.read(disposal["id"])}) == "done"

    async def is_swept():
        return not any([await is_there(file) for file in files])

    await eventually(is_done, within=100)
    await eventually(is_swept, within=60)
    worker.send_signal(signal.SIGKILL)
    await worker.wait()

    document = (await records.get(f"disposal-lists/{disposal['id']}/certificate"))["document"]
    assert {item["case"]: item["reference"] for item in document["items"]} == names
    assert Counter(item["state"] for item in document["items"]) == {"destroyed": 7, "archived": 4}
    assert {name: total for name, total in document["totals"].items() if total} == {
        "destroyed": 7, "archived": 4,
    }  # fmt: skip
    async with database.reading("*") as session:
        disposed = Counter(row.case for row in await session.all(_DISPOSED))
        tombstones = await session.all(select(case_tombstone))
    assert disposed == dict.fromkeys(names, 1)
    assert {ids.show(row.case_id): row.digest.hex() for row in tombstones} == {
        item["case"]: item["history"] for item in document["items"]
    }
    assert (await check_histories(database, "citytown")).faults == []
    assert "Number" not in json.dumps(document)
