"""Migrations: two histories in one database, up, down, no drift, and a lock timeout."""

import asyncio

import asyncpg
import pytest
from alembic import op
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from chassis import migrations, readiness
from chassis.testing import PASSWORD, fresh_database

VERSION_TABLES = {"alembic_version", "alembic_version_platform"}
COUNCIL = """INSERT INTO council (slug, name, gss, region, version)
    VALUES ('oldtown', 'Oldtown', 'E06000901', 'local', 1)"""
HEADS = {package: readiness.find_newest_revision(package) for package in ("chassis", "notes")}


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
    assert await list_tables(owner_url) == VERSION_TABLES
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


async def read_revisions(url):
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("""SELECT 'chassis', version_num FROM alembic_version_platform
        UNION ALL SELECT 'notes', version_num FROM alembic_version""")
    await connection.close()
    return dict(map(tuple, rows))


async def test_a_fresh_database_has_both_histories(owner_url, service):
    assert await read_revisions(owner_url) == HEADS


def test_the_chassis_has_one_migration_head_and_readiness_knows_it():
    assert migrations.read_scripts("chassis").get_heads() == [HEADS["chassis"]]


@pytest.mark.parametrize(("notes", "platform"), [("0001", "0001"), ("0002", "0002"), ("0003", "0003")])
async def test_what_the_services_own_history_made_is_not_made_again(owner_url, service, notes, platform):
    await forget_platform_revision(owner_url, notes, platform)
    connection = await asyncpg.connect(owner_url)
    await connection.execute(COUNCIL)
    await migrations.migrate("notes", owner_url)
    assert await read_revisions(owner_url) == HEADS
    assert await migrations.find_drift(service.metadata, owner_url) == []
    assert await connection.fetchval("SELECT name FROM council WHERE slug = 'oldtown'") == "Oldtown"
    await connection.close()


async def forget_platform_revision(owner_url, notes, platform):
    """Leave the database as releases did whose services' own histories made the chassis's tables."""
    await migrations.migrate("notes", owner_url, to="base")
    await migrations.migrate("notes", owner_url, to=notes, platform=platform)
    connection = await asyncpg.connect(owner_url)
    await connection.execute("DROP TABLE alembic_version_platform")
    await connection.close()


async def test_a_database_of_the_release_before_goes_down_to_nothing(owner_url, service):
    await forget_platform_revision(owner_url, "0003", "0003")
    await migrations.migrate("notes", owner_url, to="base")
    assert await list_tables(owner_url) == VERSION_TABLES


async def test_two_migrators_at_once_move_a_database_once(owner_url, service):
    await forget_platform_revision(owner_url, "0001", "0001")
    await asyncio.gather(*(migrations.migrate("notes", owner_url) for _ in range(2)))
    assert await read_revisions(owner_url) == HEADS
    assert await migrations.find_drift(service.metadata, owner_url) == []


async def test_a_change_of_the_chassis_that_fails_leaves_the_database_as_it_was(
    owner_url, service, monkeypatch
):
    await forget_platform_revision(owner_url, "0002", "0002")
    schema = await list_tables(owner_url)
    scripts = {package: migrations.read_scripts(package) for package in ("chassis", "notes")}

    def fail():
        op.execute("ALTER TABLE inbox ADD COLUMN half text")
        op.execute("ALTER TABLE nowhere ADD COLUMN other text")

    monkeypatch.setattr(scripts["chassis"].get_revision("0003").module, "upgrade", fail)
    with monkeypatch.context() as patched, pytest.raises(ProgrammingError, match="nowhere"):
        patched.setattr(migrations, "read_scripts", scripts.get)
        await migrations.migrate("notes", owner_url)
    assert await list_tables(owner_url) == schema
    await migrations.migrate("notes", owner_url)
    assert await read_revisions(owner_url) == HEADS
    assert await migrations.find_drift(service.metadata, owner_url) == []
