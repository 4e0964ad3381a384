import itertools
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from casework.seals.actions.nightly_seals import SealHistory
from chassis.jobs import enqueue
from services.casework.tests.retention.conftest import (
    SCOPES,
    Records,
    close_deed,
    close_permit,
    deeds,
    desk,
    installed,
    officer,
    open_desk,
    permits,
    records,
    run,
    signer,
)

__all__ = [
    "SCOPES", "Records", "close_deed", "close_permit", "deeds", "desk", "installed", "officer",
    "open_desk", "permits", "records", "run", "signer",
]  # fmt: skip


_TESTS = itertools.count()


@pytest.fixture
def now(set_clock):
    """Begin each test days after the one before: what is sealed stays sealed. Add days by calling it."""
    begin = datetime(2026, 5, 4, 9, tzinfo=UTC) + next(_TESTS) * timedelta(days=30)

    def now(days):
        moment = begin + timedelta(days=days)
        set_clock(moment.isoformat())
        return moment

    now(0)
    return now


@pytest.fixture
def seal(database, run):
    """Seal the histories of citytown up to the end of yesterday."""

    async def seal():
        async with database.writing("citytown") as session:
            await enqueue(session, SealHistory(), council="citytown")
        await run()

    return seal


@pytest.fixture
async def tamper(postgres_url, database_url):
    """Change what nobody can, as one who owns the database does: with triggers and foreign keys off."""
    name = database_url.rpartition("/")[2]
    connection = await asyncpg.connect(f"{postgres_url.rpartition('/')[0]}/{name}")

    async def tamper(statement, *values):
        async with connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")
            assert (await connection.execute(statement, *values)).split()[-1] != "0"

    yield tamper
    await connection.close()
