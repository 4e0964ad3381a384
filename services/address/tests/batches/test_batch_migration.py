"""Batches of before they were jobs: those that wait are matched, all expire, and uploads go on."""

from datetime import timedelta

import asyncpg
import pytest

from chassis import migrations
from chassis.testing import fresh_database

_BATCH = """INSERT INTO match_batch (council, id, status, client, rows, done, created_at, holder, held_until,
        tries)
    VALUES ($1, uuidv7(), $2, 'client', 10, $3, now() - interval '1 day',
        CASE WHEN $2 = 'running' THEN uuidv7() END,
        CASE WHEN $2 IN ('running', 'receiving') THEN now() + interval '30 seconds' END, 1)"""
_ROWS = "SELECT status, expires_at - created_at AS lasts FROM match_batch"
_JOBS = """SELECT j.council, j.kind, j.state, j.lane, b.status, (j.payload ->> 'done')::int AS done
    FROM job j JOIN match_batch b ON b.council = j.council AND b.id = (j.payload ->> 'batch')::uuid
    ORDER BY b.status"""


@pytest.fixture
async def old(postgres_url, service):
    """A connection to a database with batches of before, and its owner's URL."""
    async with fresh_database(postgres_url, service) as url:
        owner = url.replace(f"//{service.name}:", f"//{service.name}_owner:")
        await migrations.migrate(service.name, owner, to="base")
        await migrations.migrate(service.name, owner, to="0011")
        connection = await asyncpg.connect(owner, server_settings={"app.council": "*"})
        for status, done in (
            ("queued", 0),
            ("running", 5),
            ("finished", 10),
            ("failed", 3),
            ("receiving", 0),
        ):
            await connection.execute(_BATCH, "citytown", status, done)
        yield connection, owner
        await connection.close()


async def test_batches_that_wait_get_their_job_and_every_one_expires(old, service):
    connection, owner = old
    await migrations.migrate(service.name, owner)
    assert [tuple(row) for row in await connection.fetch(_JOBS)] == [
        ("citytown", "address.match_batch", 0, 2, "queued", 0),
        ("citytown", "address.match_batch", 0, 2, "running", 5),
    ]
    lasts = {row["status"]: row["lasts"] for row in await connection.fetch(_ROWS)}
    assert lasts.pop("receiving") < timedelta(days=1, minutes=1)
    assert set(lasts.values()) == {timedelta(days=14)}
