"""Batches of matching: sent, worked on through crashes, fetched, forgotten."""

import asyncio
import csv
import io
import json
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import psutil
import pytest
from sqlalchemy import text

from address.app import service as address
from address.batches import rules as batch_reader
from address.batches import store
from address.batches.actions import jobs, match_command, match_process, uploads
from address.matching.actions import index_load
from chassis import ids
from chassis.commands import ExitCode
from chassis.testing import eventually
from services.address.tests.batches import batch_child, batch_worker
from services.address.tests.batches.batch_worker import make_runner, running_jobs

BATCHES = "/citytown/address/v1/match/batches"
CHILD = (sys.executable, batch_child.__file__)
HEADER = b"id,address,postcode\n"


@pytest.fixture(autouse=True)
async def no_batches(database):
    """Every test begins without a batch."""
    async with database.writing() as session:
        await session.set_all_councils()
        for table in ("match_batch", "match_chunk", "job", "schedule"):
            await session.execute(text(f"DELETE FROM {table}"))
        await session.execute(text("UPDATE council SET status = 'active' WHERE slug = 'citytown'"))


@pytest.fixture(scope="module")
def key(mint):
    return {"X-Api-Key": mint(scopes=["address:match"])}


@pytest.fixture
def send(client, key):
    """``await send(body)`` -> the answer to a batch."""

    async def post(body, media="text/csv", **headers):
        headers = {**key, "Content-Type": media, **headers}
        return await client.post(BATCHES, content=body, headers=headers)

    return post


@pytest.fixture
def get(client, key):
    return lambda path: client.get(path, headers=key)


@pytest.fixture
def finished(get):
    """Waits until a batch is done."""

    async def wait(url, within=40):
        async def fetch_finished():
            batch = (await get(url)).json()
            return batch if batch["status"] in {"finished", "failed"} else None

        return await eventually(fetch_finished, within=within, every=0.1)

    return wait


@pytest.fixture(autouse=True)
def child(monkeypatch):
    """A process that matches is one with a trivial engine."""
    monkeypatch.setattr(match_process, "COMMAND", CHILD)


@pytest.fixture
def in_process(database, monkeypatch):
    """Match with that engine in the test's process: quicker to begin."""
    monkeypatch.setattr(index_load, "load_matcher", batch_child.load)
    batch_worker.match_in_process(monkeypatch, database)


@pytest.fixture
async def working(database, settings, in_process):
    async with running_jobs(database, settings):
        yield


def children():
    """List the processes that match now; one that ends while it is looked at is not among them."""
    processes = []
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess):
            command = process.cmdline()
            processes += [process] if CHILD[1] in command and "--batch" in command else []
    return processes


def rows_of(response):
    return list(csv.reader(io.StringIO(response.text)))


def many(count, address="1 ACACIA ROAD", first=0):
    return b"".join(b"%d,%s,BA1 5AA\n" % (n, address.encode()) for n in range(first, first + count))


async def count(database, statement):
    async with database.reading("*") as session:
        return await session.scalar(text(statement))


async def execute(database, statement):
    async with database.writing("*") as session:
        return await session.execute(text(statement))


async def wait_for(database, condition, within=20):
    """Wait until it is true of a batch."""
    await eventually(
        lambda: count(database, f"SELECT count(*) FROM match_batch WHERE {condition}"), within=within
    )


async def make_due(database):
    await execute(database, "UPDATE job SET due_at = now() WHERE state = 1")


async def test_a_batch_is_answered_in_the_order_of_the_input(send, get, finished, working):
    body = HEADER + b'3,1 Acacia exact,BA1 5AA\n1,"2, Acacia Road",\n1,nowhere,\n"a,b",two,X\n'
    response = await send(body)
    assert response.status_code == 202
    assert response.json() | {"status": "queued", "rows": 4, "done": 0} == response.json()
    assert response.headers["Location"] == response.json()["links"]["self"]
    batch = await finished(response.headers["Location"])
    counts = {"rows": 4, "done": 4, "matched": 2, "ambiguous": 1, "none": 1, "rejected": 0}
    assert batch | counts | {"status": "finished", "fault": None} == batch
    assert batch["created"] <= batch["started"] <= batch["finished"] < batch["expires"]
    results = await get(batch["links"]["results"])
    assert results.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert rows_of(results) == [
        ["id", "outcome", "uprn", "confidence", "exact"],
        ["3", "matched", "7", "0.988", "true"],
        ["1", "matched", "7", "0.988", "false"],
        ["1", "none", "", "0.500", "false"],
        ["a,b", "ambiguous", "", "0.500", "false"],
    ]
    assert rows_of(await get(batch["links"]["rejects"])) == [["line", "id", "reason"]]


@pytest.mark.parametrize("media", ["application/x-ndjson", "application/jsonl; charset=utf-8"])
async def test_json_lines_do_as_well(send, get, finished, working, media):
    lines = [{"id": 5, "address": "1 acacia"}, {"id": "x", "address": "é", "postcode": None, "more": 1}]
    response = await send("\n".join(json.dumps(line) for line in lines), media)
    batch = await finished(response.headers["Location"])
    assert [row[:2] for row in rows_of(await get(batch["links"]["results"]))[1:]] == [
        ["5", "matched"],
        ["x", "none"],
    ]


async def test_bad_rows_are_reported_and_the_batch_finishes(send, get, finished, working):
    bad = (
        b"1,acacia,BA1\n"  # line 2
        b",no id,BA1\n"
        b"3,,BA1\n"
        b"4,a,b,c\n"
        b"5\n"
        b"6,nul\x00,BA1\n"
        b"7,\xff\xfe,BA1\n"
        b'8,12" pipe lane acacia,BA1\n'
        b'9,"never closed,BA1\n'
        b"10,acacia fault,BA1\n"  # line 11
        b"\n"
        b'11,"two\nlines acacia",BA1\n'
        b"12," + b"x" * 501 + b",BA1\n"
        b"13," + b"x" * 140_000 + b",BA1\n"
        b"14,acacia," + b"B" * 21 + b"\n"
        b"15,acacia \xf0\x9f\x98\x80,BA1"
    )
    batch = await finished((await send(HEADER.replace(b"\n", b"\r\n") + bad)).headers["Location"])
    assert (batch["status"], batch["rows"], batch["matched"], batch["rejected"]) == ("finished", 15, 4, 11)
    results = rows_of(await get(batch["links"]["results"]))[1:]
    assert [row[0] for row in results if row[1] == "matched"] == ["1", "8", "11", "15"]
    rejects = {
        int(line): (key, reason) for line, key, reason in rows_of(await get(batch["links"]["rejects"]))[1:]
    }
    assert rejects == {
        3: ("", "id is empty"),
        4: ("3", "address is empty"),
        5: ("4", "has 4 fields, not 3"),
        6: ("5", "has 1 fields, not 3"),
        7: ("6", "holds a control character"),
        8: ("", "is not UTF-8 at byte 3"),
        10: ("", "has a quotation mark or a line end that is out of place"),
        11: ("10", "cannot be matched by a fault of ours, which is logged"),
        15: ("12", "address is longer than 500 characters"),
        16: ("", "is longer than 65536 bytes"),
        17: ("14", "postcode is longer than 20 characters"),
    }


async def test_bad_json_lines_are_reported(send, get, finished, working):
    lines = [
        '{"id": 1, "address": "acacia"}', "nonsense", "[1]", "null", '{"id": true, "address": "x"}',
        '{"address": "x"}', '{"id": "7", "address": 7}', '{"id": "8", "address": "\\ud800"}',
        '{"id": "9", "address": "x", "postcode": 1}', "[" * 60_000, '{"id": "11", "address": "a\\u0000"}',
    ]  # fmt: skip
    response = await send("\n".join(lines), "application/jsonl")
    batch = await finished(response.headers["Location"])
    assert (batch["matched"], batch["rejected"]) == (1, 10)
    assert [int(row[0]) for row in rows_of(await get(batch["links"]["rejects"]))[1:]] == list(range(2, 12))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"), (b"\n", "must be id,address,postcode"), (b"uprn,address\n1,x\n", "uprn,address"),
        (HEADER, "no row"), (HEADER + b"\n \n", "no row"), (b"{}\n", "must be id,address,postcode"),
        ("id,address,postcode\n1,x,y".encode("utf-16"), "UTF-8"), (b"\x1f\x8b\x08\x00\x00", "UTF-8"),
        (b"x" * 140_000, "longer than"),
    ],
)  # fmt: skip
async def test_a_body_that_is_no_batch_is_400_and_leaves_nothing(send, database, body, says):
    response = await send(body)
    assert (response.status_code, response.headers["content-type"]) == (400, "application/problem+json")
    assert says in response.json()["detail"]
    assert await count(database, "SELECT count(*) FROM match_batch") == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"media": "application/json"},
        {"media": "text/csv; charset=latin-1"},
        {"media": "text/csv", "Content-Encoding": "gzip"},
    ],
)
async def test_another_media_type_is_415(send, headers):
    response = await send(HEADER + b"1,x,y\n", **headers)
    assert (response.status_code, response.json()["code"]) == (415, "unsupported-media-type")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("most", [pytest.param(1_000_000, marks=pytest.mark.long), 20_000])
async def test_a_row_over_the_limit_is_413_and_leaves_nothing(send, database, monkeypatch, most):
    assert uploads.MAX_ROWS == 1_000_000
    monkeypatch.setattr(uploads, "MAX_ROWS", most)

    async def pieces():
        yield HEADER
        for _ in range(100):
            yield b"1,a,b\n" * (most // 100)
        yield b"1,a,b"

    response = await send(pieces())
    assert (response.status_code, response.json()["code"], response.json()["limit"]) == (
        413,
        "too-many-rows",
        most,
    )
    assert await count(database, "SELECT count(*) FROM match_batch") == 0
    assert await count(database, "SELECT count(*) FROM match_chunk") == 0


async def test_a_body_over_the_limit_is_413_and_leaves_nothing(send, database):
    response = await send(HEADER, **{"Content-Length": "157286401"})
    assert (response.status_code, response.json()["code"]) == (413, "body-too-large")
    assert await count(database, "SELECT count(*) FROM match_batch") == 0


async def test_an_upload_that_breaks_off_leaves_nothing(app, key, client, database):
    messages = [
        {"type": "http.request", "body": HEADER + many(6_000), "more_body": True},
        {"type": "http.disconnect"},
    ]
    headers = [
        (name.lower().encode(), value.encode()) for name, value in {**key, "Content-Type": "text/csv"}.items()
    ]
    scope = {"type": "http", "method": "POST", "path": BATCHES, "query_string": b"", "headers": headers}
    scope |= {"http_version": "1.1", "scheme": "http", "server": ("test.invalid", 80), "client": None}
    counts = []

    async def receive():
        if len(messages) == 1:
            counts.append(await count(database, "SELECT count(*) FROM match_chunk"))
        return messages.pop(0)

    async def send(message):
        """The client is gone."""

    await app(scope, receive, send)
    assert counts == [1]
    assert await count(database, "SELECT count(*) FROM match_batch") == 0
    assert await count(database, "SELECT count(*) FROM match_chunk") == 0


async def test_an_upload_that_was_taken_for_broken_off_is_told_so(send, database):
    arrived, go = asyncio.Event(), asyncio.Event()

    async def halves():
        yield HEADER + many(5_000)
        arrived.set()
        await go.wait()
        yield many(1)

    sending = asyncio.create_task(send(halves()))
    await arrived.wait()
    await eventually(lambda: count(database, "SELECT count(*) FROM match_chunk"))
    await execute(database, "UPDATE match_batch SET expires_at = now() - interval '1 second'")
    async with database.writing("*") as session:
        assert await store.purge(session, 20) == 1
    go.set()
    response = await sending
    assert (response.status_code, response.json()["code"]) == (400, "upload-too-slow")
    assert await count(database, "SELECT count(*) FROM match_chunk") == 0


async def test_while_it_arrives_nobody_sees_or_works_on_it(send, get, database):
    arrived, go = asyncio.Event(), asyncio.Event()

    async def halves():
        yield HEADER + many(6_000)
        arrived.set()
        await go.wait()
        yield many(1)

    sending = asyncio.create_task(send(halves()))
    await arrived.wait()
    await eventually(lambda: count(database, "SELECT count(*) FROM match_chunk"))
    assert (await get(BATCHES)).json()["items"] == []
    assert await count(database, "SELECT count(*) FROM job") == 0
    go.set()
    assert (await sending).json()["rows"] == 6_001


async def test_the_same_body_with_the_same_key_is_the_same_batch(send, database):
    body = HEADER + many(3)
    first = await send(body, **{"Idempotency-Key": "same"})
    again = await send(body, **{"Idempotency-Key": "same"})
    assert again.json()["id"] == first.json()["id"]
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (202, "true")
    different = await send(HEADER + many(4), **{"Idempotency-Key": "same"})
    assert (different.status_code, different.json()["code"]) == (422, "idempotency-key-reused")
    assert await count(database, "SELECT count(*) FROM match_batch") == 1
    assert await count(database, "SELECT count(*) FROM match_chunk") == 1


async def test_no_more_batches_than_the_limit_wait(send, client, key):
    for _ in range(10):
        assert (await send(HEADER + many(1))).status_code == 202
    response = await send(HEADER + many(1))
    assert (response.status_code, response.json()["code"]) == (429, "too-many-batches")
    assert int(response.headers["Retry-After"]) > 0
    first = (await client.get(BATCHES, headers=key)).json()["items"][0]
    assert (await client.delete(f"{BATCHES}/{first['id']}", headers=key)).status_code == 204
    assert (await send(HEADER + many(1))).status_code == 202


async def test_no_more_batches_than_the_limit_are_kept(send, app, monkeypatch):
    monkeypatch.setattr(app.state.settings, "batches_kept", 2)
    for _ in range(2):
        assert (await send(HEADER + many(1))).status_code == 202
    response = await send(HEADER + many(1))
    assert (response.status_code, response.json()["code"]) == (409, "too-many-batches-kept")


async def test_a_council_with_much_to_match_does_not_keep_others_waiting(
    send, client, mint, database, working
):
    for _ in range(4):
        await send(HEADER + many(60, "SLOW ACACIA"))
    await wait_for(database, "status = 'running'")
    headers = {
        "X-Api-Key": mint(scopes=["address:match"], councils=["hillshire"]),
        "Content-Type": "text/csv",
    }
    await client.post(BATCHES.replace("citytown", "hillshire"), content=HEADER + many(1), headers=headers)
    await wait_for(database, "status = 'finished'")
    assert await count(database, "SELECT council FROM match_batch WHERE status = 'finished'") == "hillshire"
    assert await count(database, "SELECT count(*) FROM match_batch WHERE status = 'queued'") == 3


@pytest.mark.timeout(120)
async def test_killed_in_the_middle_it_goes_on_with_no_row_doubled_or_lost(
    send, get, finished, database, settings, tmp_path, monkeypatch
):
    monkeypatch.setenv("BATCH_LIVES", str(tmp_path / "lives"))
    body = HEADER + many(12_000) + b"12000,kill acacia,\n" + many(7_999, first=12_001)
    url = (await send(body)).headers["Location"]
    async with running_jobs(database, settings):
        batch = await finished(url)
    assert (tmp_path / "lives").exists()
    assert (batch["status"], batch["done"], batch["matched"]) == ("finished", 20_000, 20_000)
    await expect_results(get, url, 20_000)
    assert await count(database, "SELECT count(*) FROM job") == 0


async def expect_results(get, url, rows):
    """Check that each row is answered once, in the order of the input."""
    results = rows_of(await get(f"{url}/results"))[1:]
    assert [row[0] for row in results] == [str(n) for n in range(rows)]


SLOW_IN_THE_MIDDLE = HEADER + many(5_000) + many(60, "SLOW ACACIA", 5_000) + many(5_000, first=5_060)


@pytest.mark.timeout(120)
async def test_a_stopped_worker_leaves_no_process_and_another_goes_on(
    send, get, finished, database, settings
):
    url = (await send(SLOW_IN_THE_MIDDLE)).headers["Location"]
    async with running_jobs(database, settings):
        await wait_for(database, "done > 0")
        assert len(children()) == 1
        started = time.monotonic()
    assert time.monotonic() - started < 5
    assert children() == []
    assert (await get(url)).json()["done"] == 5_000
    assert await count(database, "SELECT state + failures FROM job") == 0
    async with running_jobs(database, settings):
        batch = await finished(url)
    assert (batch["done"], batch["matched"]) == (10_060, 10_060)
    await expect_results(get, url, 10_060)


@pytest.mark.timeout(120)
async def test_when_a_worker_is_killed_its_process_ends_and_another_goes_on_within_seconds(
    send, get, finished, database, settings
):
    url = (await send(SLOW_IN_THE_MIDDLE)).headers["Location"]
    worker = await asyncio.create_subprocess_exec(
        sys.executable, batch_worker.__file__, settings.database_url, CHILD[1], stdout=asyncio.subprocess.PIPE
    )
    try:
        await wait_for(database, "done > 0")
    finally:
        worker.kill()
        await worker.wait()
    orphans, started = children(), time.monotonic()
    async with running_jobs(database, settings):
        await eventually(lambda: is_true(set(children()) - set(orphans)), within=20)
        assert time.monotonic() - started < 15
        batch = await finished(url)
    assert (batch["done"], batch["matched"]) == (10_060, 10_060)
    await expect_results(get, url, 10_060)
    await eventually(lambda: is_true(not children()), within=20)


async def is_true(value):
    return bool(value)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("how", ["its input closed", pytest.param("SIGTERM", marks=pytest.mark.long)])
async def test_told_to_stop_the_process_keeps_what_it_has(send, get, database, settings, how):
    url = (await send(SLOW_IN_THE_MIDDLE)).headers["Location"]
    batch = ids.read(url.rpartition("/")[2])
    async with database.writing("citytown") as session:
        assert await store.start_batch(session, "citytown", batch)
    process = await asyncio.create_subprocess_exec(
        *CHILD,
        *("--council", "citytown", "--batch", ids.show(batch), "--attached"),
        stdin=asyncio.subprocess.PIPE,
        env=match_process._environment(settings),
    )
    await wait_for(database, "done > 0")
    if how == "SIGTERM":
        process.terminate()
    else:
        process.stdin.close()  # as it is when the worker is killed
    assert await asyncio.wait_for(process.wait(), 20) == ExitCode.INTERRUPTED
    assert (await get(url)).json()["done"] in {5_000, 10_000}


async def test_a_chunk_that_two_processes_answer_counts_once(send, get, database):
    """A worker that was cut off goes on matching what another has taken over."""
    url = (await send(HEADER + many(10))).headers["Location"]
    batch = ids.read(url.rpartition("/")[2])
    counts = {"rows": 10, "matched": 0, "ambiguous": 0, "missing": 10, "rejected": 0}

    async def save(answered):
        async with database.writing("citytown") as session:
            results = {**counts, "answered": answered, "rejects": None}
            return await store.save_chunk(session, "citytown", batch, 0, results)

    assert not await save(b"not started"), "it is not running"
    async with database.writing("citytown") as session:
        assert await store.start_batch(session, "citytown", batch)
    assert await asyncio.gather(save(b"one"), save(b"one")) == [True, True]
    assert await save(b"late")
    assert (await get(url)).json()["done"] == 10
    assert await count(database, "SELECT convert_from(answered, 'UTF8') FROM match_chunk") == "one"


@pytest.mark.long
@pytest.mark.timeout(120)
async def test_two_workers_share_the_queue_and_each_batch_is_done_once(
    send, get, finished, database, settings
):
    slow = HEADER + many(60, "SLOW ACACIA")
    urls = [(await send(slow)).headers["Location"] for _ in range(4)]
    async with running_jobs(database, settings), running_jobs(database, settings):
        await eventually(
            lambda: count(database, "SELECT count(*) = 2 FROM match_batch WHERE status = 'running'"),
            within=20,
        )
        await eventually(lambda: is_true(len(children()) == 2))
        batches = [await finished(url) for url in urls]
    assert [batch["matched"] for batch in batches] == [60] * 4


@pytest.mark.timeout(120)
async def test_a_batch_that_kills_its_process_each_time_is_given_up_and_says_why(
    send, get, database, settings
):
    url = (await send(HEADER + many(5_000) + b"5000,poison,\n")).headers["Location"]
    runner = make_runner(database, settings)
    for _ in range(jobs.MAX_FAILURES):  # the first process gets on, and counts as none
        assert (await get(url)).json()["status"] != "failed"
        await make_due(database)
        await runner.drain()
    batch = (await get(url)).json()
    assert (batch["status"], batch["done"]) == ("failed", 5_000)
    assert "5 times at the same place" in batch["fault"]
    assert len(rows_of(await get(batch["links"]["results"]))) == 5_001
    assert await count(database, "SELECT count(*) FROM match_chunk WHERE asked IS NOT NULL") == 0
    assert await count(database, "SELECT count(*) FROM job") == 0


@pytest.mark.parametrize(("done", "outcome"), [(0, "failed"), (5_000, "finished")])
async def test_a_batch_whose_workers_ended_is_given_up_unless_it_got_on(
    send, get, database, settings, in_process, done, outcome
):
    url = (await send(HEADER + many(6_000))).headers["Location"]
    await execute(database, f"UPDATE job SET failures = {jobs.MAX_FAILURES}, reason = 'its worker went away'")
    if done:
        await execute(database, f"UPDATE match_batch SET done = {done}, matched = {done}, status = 'running'")
        await execute(database, "UPDATE match_chunk SET asked = NULL, answered = 'x' WHERE n = 0")
    await make_runner(database, settings).drain()
    batch = (await get(url)).json()
    assert (batch["status"], batch["done"]) == (outcome, 6_000 if done else 0)


async def test_a_batch_whose_process_misses_the_database_is_put_off_and_does_not_fail(
    send, get, database, settings, monkeypatch
):
    async def run(*_):
        return ExitCode.TRY_AGAIN

    monkeypatch.setattr(match_process, "run_match_process", run)
    url = (await send(HEADER + many(10))).headers["Location"]
    runner = make_runner(database, settings)
    for _ in range(jobs.MAX_FAILURES + 2):
        await make_due(database)
        await runner.drain()
    assert (await get(url)).json()["status"] == "running"
    assert await count(database, "SELECT failures FROM job") == 0


@pytest.mark.timeout(120)
async def test_a_suspended_councils_batch_waits_until_it_is_active_again(send, finished, database, working):
    url = (await send(SLOW_IN_THE_MIDDLE)).headers["Location"]
    await wait_for(database, "done > 0")
    await set_status(database, "suspended")
    await eventually(lambda: count(database, "SELECT count(*) FROM job WHERE state = 1"), within=20)
    progress = await count(database, "SELECT done FROM match_batch")
    assert progress < 10_060
    await make_due(database)
    await eventually(lambda: count(database, "SELECT count(*) FROM job WHERE state = 1 AND due_at > now()"))
    assert await count(database, "SELECT done FROM match_batch") == progress
    await set_status(database, "active")
    await make_due(database)
    assert (await finished(url))["done"] == 10_060


async def set_status(database, status):
    await execute(database, f"UPDATE council SET status = '{status}' WHERE slug = 'citytown'")


@pytest.mark.timeout(120)
async def test_a_deleted_batch_stops_and_leaves_nothing(send, get, finished, client, key, database, settings):
    url = (await send(SLOW_IN_THE_MIDDLE)).headers["Location"]
    async with running_jobs(database, settings):
        await wait_for(database, "done > 0")
        assert (await client.delete(url, headers=key)).status_code == 204
        await eventually(lambda: is_true(not children()), within=20)
        second = (await send(HEADER + many(2))).headers["Location"]
        assert (await finished(second))["matched"] == 2
    assert (await get(url)).status_code == 404
    assert await count(database, "SELECT count(*) FROM match_chunk") == 1
    assert await count(database, "SELECT count(*) FROM job") == 0
    assert (await client.delete(url, headers=key)).status_code == 404


async def test_a_batch_that_is_deleted_while_it_waits_takes_its_job_along(send, client, key, database):
    url = (await send(HEADER + many(2))).headers["Location"]
    assert await count(database, "SELECT count(*) FROM job") == 1
    assert (await client.delete(url, headers=key)).status_code == 204
    assert await count(database, "SELECT count(*) FROM job") == 0


@pytest.mark.timeout(120)
async def test_a_hundred_thousand_rows_take_seconds_and_what_was_asked_is_gone(
    send, get, finished, database, working
):
    url = (await send(HEADER + many(100_000))).headers["Location"]
    assert await count(database, "SELECT count(*) FROM match_chunk WHERE asked IS NOT NULL") > 0
    batch = await finished(url, within=30)
    assert (batch["done"], batch["matched"]) == (100_000, 100_000)
    assert await count(database, "SELECT count(*) FROM match_chunk WHERE asked IS NOT NULL") == 0
    results = rows_of(await get(batch["links"]["results"]))
    assert [row[0] for row in results[1:]] == [str(n) for n in range(100_000)]


async def test_results_before_the_end_are_409(send, get):
    batch = (await send(HEADER + many(1))).json()
    for link in ("results", "rejects"):
        response = await get(batch["links"][link])
        assert (response.status_code, response.json()["code"]) == (409, "batch-not-finished")
        assert "0 of 1" in response.json()["detail"]


async def test_batches_are_listed_the_newest_first_page_by_page(send, get):
    ids_ = [(await send(HEADER + many(1))).json()["id"] for _ in range(5)]
    listed, url = [], f"{BATCHES}?limit=2"
    while url:
        response = await get(url)
        listed += [batch["id"] for batch in response.json()["items"]]
        url = response.links["next"]["url"] if "next" in response.links else None
    assert listed == ids_[::-1]


@pytest.mark.parametrize("after", ["WyJ4Il0", "WzFd", "nonsense"])
async def test_a_cursor_of_another_list_is_400(get, after):
    assert (await get(f"{BATCHES}?after={after}")).status_code == 400


async def test_expired_batches_and_broken_uploads_are_purged_by_the_clock_in_steps(
    send, database, settings, monkeypatch
):
    monkeypatch.setattr(jobs, "_PURGED_AT_ONCE", 1)
    for _ in range(4):
        await send(HEADER + many(1))
    await execute(database, "DELETE FROM job")
    expire = "UPDATE match_batch SET expires_at = now() - interval '1 s'"
    await execute(database, f"{expire} WHERE id <> (SELECT max(id::text)::uuid FROM match_batch)")
    await execute(
        database,
        "UPDATE match_batch SET status = 'receiving' WHERE id = (SELECT min(id::text)::uuid"
        " FROM match_batch)",
    )
    now = datetime.now(UTC)
    runner = make_runner(database, settings, address.schedules, clock=lambda: now)
    await runner.drain()
    assert await count(database, "SELECT count(*) FROM match_batch") == 4
    now += timedelta(hours=1)
    await runner.drain()
    assert await count(database, "SELECT count(*) FROM match_batch") == 1
    assert await count(database, "SELECT count(*) FROM match_chunk") == 1
    assert await count(database, "SELECT count(*) FROM job") == 0


async def test_a_batch_says_when_it_expires_and_keeps_to_it(send, app, monkeypatch):
    monkeypatch.setattr(app.state.settings, "batch_days", 3)
    batch = (await send(HEADER + many(1))).json()
    lasts = datetime.fromisoformat(batch["expires"]) - datetime.fromisoformat(batch["created"])
    assert lasts == timedelta(days=3)


async def test_batches_need_their_own_scope(client, mint):
    headers = {"X-Api-Key": mint(scopes=["address:read"]), "Content-Type": "text/csv"}
    response = await client.post(BATCHES, content=HEADER + many(1), headers=headers)
    assert (response.status_code, response.json()["code"]) == (403, "missing-scope")


async def test_another_council_sees_none_of_it(send, client, mint, database):
    batch = (await send(HEADER + many(1))).json()
    headers = {"X-Api-Key": mint(scopes=["address:match"], councils=["hillshire"])}
    elsewhere = BATCHES.replace("citytown", "hillshire")
    assert (await client.get(elsewhere, headers=headers)).json()["items"] == []
    assert (await client.get(f"{elsewhere}/{batch['id']}", headers=headers)).status_code == 404
    async with database.reading("hillshire") as session:
        assert await session.scalar(text("SELECT count(*) FROM match_batch")) == 0
        assert await session.scalar(text("SELECT count(*) FROM match_chunk")) == 0
    async with database.writing("hillshire") as session:
        assert await session.scalar(text("SELECT count(*) FROM job")) == 0
    assert (await client.delete(f"{elsewhere}/{batch['id']}", headers=headers)).status_code == 404
    assert await count(database, "SELECT count(*) FROM job") == 1


async def test_what_the_engine_says_of_a_row_it_fails_at_is_not_logged(caplog):
    rows = uploads._compress_json([["1", "fault lane", None, 2]])
    results = match_command.match_rows(batch_child.Engine(), rows["asked"])
    assert results["rejected"] == 1
    assert "ValueError" in caplog.text
    assert "fault lane" not in caplog.text.lower()


def test_lines_cut_anywhere_are_read_the_same():
    body = HEADER + b'1,"a\nb",c\r\n2,\xc3\xa9,\n\n3,"never,\n4,d,e\n5,f,g'
    whole = batch_reader.CsvReader()
    whole.feed(body)
    whole.finish()
    assert [row[0] for row in whole.rows] == ["1", "2", "", "4", "5"]
    for size in (1, 2, 3, 7, 11):
        reader = batch_reader.CsvReader()
        for start in range(0, len(body), size):
            reader.feed(body[start : start + size])
        reader.finish()
        assert reader.rows == whole.rows
