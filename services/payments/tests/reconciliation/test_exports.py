"""The files of a close are written by jobs: each line once, whatever worker dies meanwhile."""

import asyncio
import contextlib
import hashlib
import time
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis import clock, ids
from chassis.jobs import Job
from payments.closes.actions import writer
from payments.ledger.actions import postings
from payments.ledger.rules import Kind, Posting, Transaction
from services.payments.tests.conftest import new_payment
from services.payments.tests.reconciliation.test_closes import (
    DAYS,
    Ledger,
    chart,
    close,
    council,
    ledger,
    office,
    post_examples,
)
from tests.rekeying import rekey

__all__ = ["chart", "council", "ledger", "office"]
RECEIPTS = 7


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    """Three lines are a batch."""
    monkeypatch.setattr(writer, "_BATCH", 3)


async def post_receipts(ledger: Ledger, day):
    """Post receipts of two debtor funds, two lines each, and one whose VAT and income have no file."""
    for number in range(RECEIPTS):
        legs = [
            *ledger.legs("23", 100 + number, line=1, reference="800123459"),
            *ledger.legs("5", 50, line=2, reference="00123456782"),
            *ledger.legs("13", 120, 20, line=3),
        ]
        await ledger.post(Kind.RECEIPT, day, [Posting(ledger.clearing, 270 + number), *legs])


async def count_parts(database, council):
    async with database.reading(council) as session:
        return await session.scalar(text("SELECT count(*) FROM export_part"))


async def read_files(office, day):
    """Read a close whose files are written, and their bytes by name."""
    closed = (await office.get(f"closes/{day}")).json()
    assert closed["state"] == "complete"
    files = {
        export["name"]: (await office.get(f"exports/{export['id']}/content")).content
        for export in closed["exports"]
    }
    assert [hashlib.sha256(files[export["name"]]).hexdigest() for export in closed["exports"]] == [
        export["sha256"] for export in closed["exports"]
    ]
    return closed, files


async def test_a_close_has_its_numbers_and_totals_at_once_and_its_files_later(
    office, ledger, database, council, run_jobs
):
    await post_receipts(ledger, DAYS[0])
    closed = (await close(office, DAYS[0])).json()
    assert (closed["state"], [export["kind"] for export in closed["exports"]]) == ("writing", ["journal"])
    lines = closed["exports"][0]["lines"]
    progress = {"files": 3, "files_written": 1, "lines": lines + 2 * RECEIPTS, "lines_written": lines}
    assert closed["progress"] == progress
    await run_jobs()
    complete, files = await read_files(office, DAYS[0])
    assert complete["progress"] == progress | {"files_written": 3, "lines_written": progress["lines"]}
    assert [export["number"] for export in complete["exports"]] == [1, 2, 3]
    tax = files["fund-23-000001.csv"].decode().split("\r\n")
    assert [line.split(",")[2] for line in tax[1:-2]] == [f"1.0{number}" for number in range(RECEIPTS)]
    assert tax[-2] == f"TOTAL,{RECEIPTS},7.21"
    assert await count_parts(database, council) == 0


async def test_a_worker_that_dies_in_the_middle_loses_and_doubles_nothing(
    office, ledger, database, council, run_jobs, monkeypatch
):
    await post_receipts(ledger, DAYS[0])
    await close(office, DAYS[0])
    insert, batches = writer.parts.insert_parts, []

    async def insert_and_die(session, rows):
        await insert(session, rows)
        batches.append(rows)
        if len(batches) == 3:
            raise RuntimeError("killed")

    monkeypatch.setattr(writer.parts, "insert_parts", insert_and_die)
    await run_jobs()
    closed = (await office.get(f"closes/{DAYS[0]}")).json()
    assert closed["state"] == "writing"
    assert closed["progress"]["lines_written"] - closed["exports"][0]["lines"] == 6  # of two batches
    again = await close(office, DAYS[0])
    assert (again.status_code, again.json()["code"]) == (409, "day-closed")
    other = (await close(office, DAYS[1])).json()
    assert [export["number"] for export in other["exports"]] == [4]
    await run_jobs(after=timedelta(hours=1))
    _, files = await read_files(office, DAYS[0])
    for name, pence in (("fund-23-000001.csv", 721), ("fund-5-000001.csv", 350)):
        rows = files[name].decode().split("\r\n")[1:-2]
        assert len({row.split(",")[0] for row in rows}) == len(rows) == RECEIPTS
        assert sum(round(float(row.split(",")[2]) * 100) for row in rows) == pence


async def write_at_once(database, council, data):
    """Write a close's files in a transaction that is undone; return their bytes by name."""
    waiting, contents = [data], {}

    async def collect(_session, following, **_):
        waiting.append(following)

    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(asyncio.CancelledError):
        patch.setattr(writer, "enqueue", collect)
        async with database.writing(council) as session:
            while waiting:
                await writer.write_exports(session, Job(1, council, waiting.pop(), 0, clock.now()))
            rows = await session.all(text("SELECT name, content FROM export_file"))
            contents |= {row.name: bytes(row.content) for row in rows}
            raise asyncio.CancelledError
    return contents


async def test_files_are_written_on_when_councils_merge_meanwhile(
    office, ledger, database, council, client, make_key, run_jobs, monkeypatch
):
    line = {"fund": "23", "reference": "800123459", "amount": 700, "narrative": "Narrabeen"}
    answer = await client.post(
        f"/{council}/payments/v1/payments",
        json=new_payment(amount=700, lines=[line]),
        headers=make_key(council=council),
    )
    assert answer.status_code == 201, answer.text
    await post_receipts(ledger, DAYS[0])
    legs = [Posting(ledger.clearing, 700), *ledger.legs("23", 700, line=1, reference="800123459")]
    payment = ids.read(answer.json()["payment_id"])
    receipt = Transaction(ids.new(), Kind.RECEIPT, payment, "90", DAYS[0], legs)
    async with database.writing(council) as session:
        await postings.post(session, council, "sandbox", [receipt])
    await close(office, DAYS[0])
    expected = await write_at_once(database, council, writer.WriteExports(mode="sandbox", day=DAYS[0]))
    assert b"Narrabeen" in expected["fund-23-000001.csv"]
    insert, batches = writer.parts.insert_parts, []

    async def insert_and_die(session, rows):
        await insert(session, rows)
        batches.append(rows)
        if len(batches) == 2:
            raise RuntimeError("killed")

    monkeypatch.setattr(writer.parts, "insert_parts", insert_and_die)
    await run_jobs()
    successor = f"to-{council}"
    async with database.writing() as session:
        await session.execute(
            text("""INSERT INTO council SELECT :new, :new, 'E10' || right(gss, 6), region, status, settings,
                1, updated_at FROM council WHERE slug = :old"""),
            {"new": successor, "old": council},
        )
    await rekey(database, [council], successor)
    await run_jobs(after=timedelta(hours=1))
    _, files = await read_files(office, DAYS[0])
    assert files == expected
    assert await count_parts(database, council) == await count_parts(database, successor) == 0


async def test_batches_of_any_size_write_the_same_bytes(office, ledger, database, council, monkeypatch):
    await post_examples(ledger, DAYS[0])
    await post_receipts(ledger, DAYS[1])
    await close(office, DAYS[1])
    waiting = []

    async def collect(_session, data, **_):
        waiting.append(data)

    monkeypatch.setattr(writer, "enqueue", collect)
    batches = []
    for size in (1, 4, 100):
        monkeypatch.setattr(writer, "_BATCH", size)
        waiting.append(writer.WriteExports(mode="sandbox", day=DAYS[1]))
        with contextlib.suppress(asyncio.CancelledError):
            async with database.writing(council) as session:
                while waiting:
                    await writer.write_exports(session, Job(1, council, waiting.pop(), 0, clock.now()))
                batches.append(await session.all(text("SELECT name, content, hash FROM export_file")))
                raise asyncio.CancelledError  # rolled back, to be written anew
    contents = [sorted((row.name, bytes(row.content), bytes(row.hash)) for row in rows) for rows in batches]
    assert contents[0] == contents[1] == contents[2]
    assert len(contents[0]) == 3


async def test_lines_that_are_not_those_that_were_counted_make_no_file(
    office, ledger, database, council, run_jobs, monkeypatch
):
    await post_receipts(ledger, DAYS[0])
    await close(office, DAYS[0])
    list_lines = writer.parts.list_lines

    async def lose_one(*arguments):
        rows = await list_lines(*arguments)
        return [*rows[:1], *rows[2:]] if len(rows) < 3 else rows

    monkeypatch.setattr(writer.parts, "list_lines", lose_one)
    await run_jobs()
    closed = (await office.get(f"closes/{DAYS[0]}")).json()
    assert (closed["state"], closed["progress"]["files_written"]) == ("writing", 1)
    async with database.reading(council) as session:
        waiting = await session.all(text("SELECT state FROM job WHERE kind = 'payments.write_exports'"))
    assert len(waiting) == 1, "it was given up, and an operator replays it"


@pytest.mark.parametrize(
    "change",
    ["content = content || 'x'", "hash = NULL, content = NULL", "content = NULL", "hash = ''", "lines = 9"],
)
async def test_a_file_that_is_written_is_changed_no_more(office, ledger, database, council, run_jobs, change):
    await post_receipts(ledger, DAYS[0])
    await close(office, DAYS[0])
    await run_jobs()
    async with database.writing(council) as session:
        with pytest.raises(DBAPIError, match="is kept as it was sent"):
            await session.execute(text(f"UPDATE export_file SET {change}"))


@pytest.mark.long
async def test_a_hundred_thousand_lines_hold_no_loop(
    office, ledger, database, council, run_jobs, monkeypatch
):
    monkeypatch.setattr(writer, "_BATCH", 2_000)
    day, lines, legs = DAYS[0], 100_000, ledger.legs("23", 100, reference="800123459")
    for _ in range(lines // 1_000):
        async with database.writing(council) as session:
            transactions = [
                Transaction(
                    ids.new(), Kind.RECEIPT, ids.new(), "90", day, [Posting(ledger.clearing, 100), *legs]
                )
                for _ in range(1_000)
            ]
            await postings.post(session, council, "sandbox", transactions)
    stretches = []

    async def watch():
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.002)
            stretches.append(time.perf_counter() - before)

    watching = asyncio.create_task(watch())
    assert (await close(office, day)).json()["progress"]["lines"] > lines
    await run_jobs()
    watching.cancel()
    complete, _ = await read_files(office, day)
    assert [export["total"] for export in complete["exports"]] == [lines * 100] * 2
    assert max(stretches) < 0.5, "of a loop that serves others meanwhile"
