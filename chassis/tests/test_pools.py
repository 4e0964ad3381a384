"""Connections that PostgreSQL closed while they lay idle: nobody notices."""

import pytest
from sqlalchemy import text

from chassis.testing import eventually

_END = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle'"""
_PID = text("SELECT pg_backend_pid()")


async def hold(opened):
    """Let as many connections lie in the pool as sessions were open at the same time."""
    async with opened() as first, opened() as second, opened() as third:
        return [await session.scalar(_PID) for session in (first, second, third)]


async def end_all(database):
    connection = await database.listen()
    await connection.execute(_END)
    await eventually(lambda: _count(connection))
    await connection.close()


async def _count(connection):
    others = "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database()"
    return await connection.fetchval(others)


@pytest.mark.parametrize("kind", ["reading", "writing"])
async def test_the_first_statements_after_a_restart_succeed(database, kind):
    opened = getattr(database, kind)
    before = await hold(opened)
    await end_all(database)
    after = await hold(opened)
    assert len(set(after)) == 3
    assert not set(after) & set(before)
