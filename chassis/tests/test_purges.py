"""Purges: every service deletes what has expired, a batch a job, by the clock."""

from datetime import timedelta

import pytest
from sqlalchemy import bindparam, text

from chassis import tables
from chassis.batches import delete_batch
from chassis.jobs import Every, Purge, enqueue
from chassis.jobs.purges import make_handlers

HOUR = timedelta(hours=1)
_DELETE = delete_batch(tables.inbox, tables.inbox.c.consumer == bindparam("consumer_"))
_IDS = text("SELECT event_id FROM inbox WHERE consumer = 'purged'")
_LOCK = text(f"{_IDS.text} LIMIT 1 FOR UPDATE")
_OLD = {
    "idempotency": """INSERT INTO idempotency (council, caller, operation, key, fingerprint, created_at)
        VALUES ('citytown', 'x', 'x', :name, '', now() - CAST(:age AS interval))""",
    "revoked_token": """INSERT INTO revoked_token (council, id, expires_at)
        VALUES ('citytown', :name, now() + interval '1 day' - CAST(:age AS interval))""",
    "inbox": """INSERT INTO inbox (council, consumer, event_id, received_at)
        VALUES ('citytown', :name, uuidv7(), now() - CAST(:age AS interval))""",
    "job": """INSERT INTO job (council, kind, version, payload, state, lane, priority, due_at)
        VALUES ('citytown', :name, 1, '{}', 3, 0, 1, now() - CAST(:age AS interval))""",
}


async def count(jobs, table):
    async with jobs.database.writing("*") as session:
        return await session.scalar(text(f"SELECT count(*) FROM {table}"))


@pytest.fixture
async def expired(jobs):
    """Five rows that a purge of batches of two is to delete; ``run`` runs it, ``batches`` what it deleted."""
    await jobs.execute("DELETE FROM inbox")
    for _ in range(5):
        await jobs.execute(_OLD["inbox"], name="purged", age=HOUR)
    await jobs.execute(_OLD["inbox"], name="kept", age=HOUR)

    class Expired:
        def __init__(self):
            self.batches = []

        async def delete(self, session, most):
            self.batches.append(await session.execute(_DELETE, {"consumer_": "purged", "most": most}))
            return self.batches[-1]

        async def run(self):
            purge = Purge("tests.purge", Every(60), self.delete, most=2)
            async with jobs.database.writing("*") as session:
                await enqueue(session, purge.data(), council="*")
            await jobs.drain(handlers=make_handlers([purge]))

    return Expired()


async def test_a_purge_deletes_a_batch_a_job_until_nothing_is_left(jobs, expired):
    await expired.run()
    assert expired.batches == [2, 2, 1]
    assert await count(jobs, "inbox") == 1


async def test_a_purge_waits_for_no_row_that_somebody_has_locked(jobs, expired):
    async with jobs.database.writing("*") as session:
        await session.all(_LOCK)
        await expired.run()
    assert expired.batches == [2, 2, 0]
    assert await count(jobs, "inbox") == 2


async def test_every_service_purges_what_is_too_old_in_the_tables_that_all_have(jobs, run_jobs):
    for table, statement in _OLD.items():
        await jobs.execute(f"DELETE FROM {table}")
        await jobs.execute(statement, name="notes.old", age=timedelta(days=91))
        await jobs.execute(statement, name="notes.new", age=HOUR)
    await run_jobs()
    assert [await count(jobs, table) for table in _OLD] == [2] * 4, "not before its hour"
    await run_jobs(after=HOUR)
    assert [await count(jobs, table) for table in _OLD] == [1] * 4
