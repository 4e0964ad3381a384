"""Whether a process is ready: cheap to ask, and not mistaken under load."""

import asyncio
import time
from contextlib import AsyncExitStack

import asyncpg
import httpx
import pytest

from chassis.readiness import Readiness
from chassis.testing import eventually, fresh_database


@pytest.fixture
def nats_checks():
    return []


@pytest.fixture
async def readiness(service, database, nats_checks):
    async def check_nats():
        nats_checks.append(time.monotonic())
        return "ok"

    readiness = Readiness(database, service.name, check_nats)
    yield readiness
    await readiness.close()


async def test_many_who_ask_within_a_second_cause_one_probe(readiness, nats_checks):
    verdicts = await asyncio.gather(*(readiness.check() for _ in range(50)))
    verdicts += [await readiness.check() for _ in range(50)]
    assert all(is_ready for is_ready, _ in verdicts)
    assert len(nats_checks) == 1


async def test_the_verdict_is_found_out_again_after_a_second(readiness, nats_checks):
    await readiness.check()
    await asyncio.sleep(1.05)
    await readiness.check()
    assert len(nats_checks) == 2


async def test_a_service_whose_connections_are_all_in_use_is_ready(readiness, database):
    async with AsyncExitStack() as stack:
        for _ in range(database.fast.get_max_size()):
            await stack.enter_async_context(database.fast.acquire())
        for _ in range(8):
            await stack.enter_async_context(database.writing())
        started = time.monotonic()
        assert (await readiness.check())[0]
        assert time.monotonic() - started < 1


async def test_while_the_database_hangs_the_last_verdict_is_given_until_it_counts_as_away(
    readiness, settings, postgres_url
):
    assert (await readiness.check())[0]
    path = httpx.URL(settings.database_url).path
    connection = await asyncpg.connect(str(httpx.URL(postgres_url).copy_with(path=path)))
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
            await asyncio.sleep(1.05)
            started = time.monotonic()
            assert (await readiness.check())[0]
            assert time.monotonic() - started < 1.8

            async def read_parts():
                is_ready, parts = await readiness.check()
                return None if is_ready else parts

            parts = await eventually(read_parts, within=6)
            assert parts["database"] == "away: TimeoutError"
    finally:
        await connection.close()

    async def is_ready_again():
        return (await readiness.check())[0]

    await eventually(is_ready_again, within=6)


@pytest.mark.parametrize("table", ["alembic_version", "alembic_version_platform"])
@pytest.mark.parametrize(
    ("revision", "verdict"), [("0000", "behind"), (None, "behind"), ("9999", "ok"), ("missing", "behind")]
)
async def test_both_histories_must_have_come_as_far_as_this_code(
    postgres_url, service, table, revision, verdict
):
    """A newer database is no reason to stop: a release's migrations run while older processes serve."""
    async with fresh_database(postgres_url, service) as url:
        connection = await asyncpg.connect(url.replace("//notes:", "//notes_owner:"))
        if revision == "missing":
            await connection.execute(f"DROP TABLE {table}")
        else:
            await connection.execute(f"DELETE FROM {table}")
            await connection.execute(
                f"INSERT INTO {table} SELECT $1::text WHERE $1::text IS NOT NULL", revision
            )
        await connection.close()
        database = service.database(service.settings(database_url=url))
        probe = Readiness(database, service.name, check_always)
        is_ready, parts = await probe.check()
        await probe.close()
        await database.close()
    assert (is_ready, parts["migrations"]) == (verdict == "ok", verdict)
    assert parts["database"] == "ok"


async def check_always():
    return "ok"


async def test_a_process_that_drains_is_not_ready_and_asks_nobody(readiness, nats_checks):
    readiness.drain()
    assert await readiness.check() == (False, {"status": "draining"})
    assert nats_checks == []


async def test_a_worker_is_not_ready_without_nats(service, database):
    async def check_nats():
        return "away: TimeoutError"

    for needs_nats in (True, False):
        readiness = Readiness(database, service.name, check_nats, needs_nats=needs_nats)
        is_ready, parts = await readiness.check()
        assert (is_ready, parts["nats"]) == (not needs_nats, "away: TimeoutError")
        await readiness.close()
