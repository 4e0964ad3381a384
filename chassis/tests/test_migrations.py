"""Migrations: up, down, no drift, and a lock timeout."""

import asyncpg
import pytest
from sqlalchemy import text

from chassis import migrations
from chassis.testing import PASSWORD, fresh_database


@pytest.fixture
async def owner_url(postgres_url, service):
    async with fresh_database(postgres_url, service) as url:
        yield url.replace("//notes:", "//notes_owner:")


async def list_tables(url):
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    await connection.close()
    return {row["tablename"] for row in rows}


async def test_the_declared_tables_are_those_that_migrations_create(owner_url, service):
    assert await migrations.find_drift(service.metadata, owner_url) == []


async def test_drift_is_found(owner_url, service):
    connection = await asyncpg.connect(owner_url)
    await connection.execute("ALTER TABLE council DROP COLUMN region")
    await connection.close()
    assert "region" in str(await migrations.find_drift(service.metadata, owner_url))


async def test_down_leaves_nothing_and_up_again_works(owner_url, service):
    await migrations.migrate("notes", owner_url, to="base")
    assert await list_tables(owner_url) == {"alembic_version"}
    await migrations.migrate("notes", owner_url)
    assert "note" in await list_tables(owner_url)


async def test_a_migration_does_not_wait_behind_live_traffic(owner_url, service, monkeypatch):
    monkeypatch.setattr(migrations, "LOCK_TIMEOUT", "200ms")
    connection = await asyncpg.connect(owner_url)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("LOCK TABLE note IN ACCESS SHARE MODE")
    with pytest.raises(Exception, match="lock timeout"):
        await migrations.migrate("notes", owner_url, to="base")
    await transaction.rollback()
    await connection.close()
    assert PASSWORD in owner_url
    assert "note" in await list_tables(owner_url)


async def test_a_second_run_changes_nothing(owner_url, database):
    await migrations.migrate("notes", owner_url)
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM alembic_version")) == 1
