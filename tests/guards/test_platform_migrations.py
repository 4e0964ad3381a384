"""The chassis's tables have one history in every database, also where older releases made them otherwise."""

import inspect
import re

import asyncpg
import pytest

from chassis import migrations, tables
from chassis.readiness import find_newest_revision
from chassis.testing import fresh_database

# The migrations of each service that changed these tables, before the chassis had a history of its own.
# The list is closed: a change is one file in chassis/src/chassis/migrations/versions.
CHANGED_IN = {
    "address": {"0001": "0001", "0009": "0002", "0010": "0003"},
    "payments": {"0001": "0001", "0002": "0002", "0003": "0003"},
    "casework": {"0001": "0001", "0002": "0002", "0003": "0003"},
    "mapping": {"0001": "0001", "0003": "0002", "0004": "0003"},
    "identity": {"0001": "0001", "0007": "0002", "0017": "0003"},
}
_COUNCIL = """INSERT INTO council (slug, name, gss, region, version)
    VALUES ('oldtown', 'Oldtown', 'E06000901', 'local', 1)"""
_READ_SCHEMA = """
    SELECT 'column', table_name || '.' || column_name, ordinal_position::text || data_type || is_nullable
        || coalesce(column_default, '') FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid)
        FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'function', proname, pg_get_functiondef(oid)
        FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'"""


@pytest.fixture
async def owner_url(postgres_url, service):
    async with fresh_database(postgres_url, service) as url:
        yield url.replace(f"//{service.name}:", f"//{service.name}_owner:")


async def read_schema(url):
    connection = await asyncpg.connect(url)
    schema = {tuple(row) for row in await connection.fetch(_READ_SCHEMA)}
    await connection.close()
    return schema


async def migrate_as_before(name, url, last_change):
    """Migrate as releases before did: the chassis's tables change within the service's own history."""
    await migrations.migrate(name, url, to="base")
    platform = "base"
    for script in reversed(list(migrations.read_scripts(name).walk_revisions())):
        platform = CHANGED_IN[name].get(script.revision, platform)
        await migrations.migrate(name, url, to=script.revision, platform=platform)
        if platform == last_change:
            break
    connection = await asyncpg.connect(url)
    await connection.execute("DROP TABLE alembic_version_platform")
    await connection.execute(_COUNCIL)
    await connection.close()


@pytest.mark.parametrize("service", sorted(CHANGED_IN), indirect=True)
@pytest.mark.parametrize("last_change", ["0001", "0003"])
async def test_a_database_of_a_release_before_becomes_as_a_fresh_one(service, owner_url, last_change):
    await migrations.migrate(service.name, owner_url, to="base")  # and what only the tests' template has
    await migrations.migrate(service.name, owner_url)
    fresh = await read_schema(owner_url)
    await migrate_as_before(service.name, owner_url, last_change)
    await migrations.migrate(service.name, owner_url)
    assert await read_schema(owner_url) == fresh
    assert await migrations.find_drift(service.metadata, owner_url) == []
    connection = await asyncpg.connect(owner_url)
    assert await connection.fetchval("SELECT name FROM council WHERE slug = 'oldtown'") == "Oldtown"
    await connection.close()


def find_changes_of_platform_tables(source):
    """List the chassis's tables that a migration creates, alters, drops or indexes."""
    names = "|".join(tables.platform.tables)
    statement = rf"(?:CREATE|ALTER|DROP)\s+TABLE\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?(?:{names})\b"
    index = rf"CREATE\s+(?:UNIQUE\s+)?INDEX\s+\w+\s+ON\s+(?:{names})\b"
    call = rf"op\.(?:create|drop|add|alter)_(?:table|column|index)\(\s*(?:\"\w+\",\s*)?\"(?:{names})\""
    return re.findall(rf"{statement}|{index}|{call}", source, re.IGNORECASE)


def test_no_service_changes_the_chassis_tables(service):
    scripts = list(migrations.read_scripts(service.name).walk_revisions())
    assert scripts
    sources = {script.path: inspect.getsource(script.module) for script in scripts}
    assert [path for path, source in sources.items() if find_changes_of_platform_tables(source)] == []


@pytest.mark.parametrize(
    "source",
    [
        "ALTER TABLE outbox ADD COLUMN x text",
        "DROP TABLE IF EXISTS inbox",
        "CREATE INDEX ix_a ON council (name)",
        'op.add_column("idempotency", column)',
        'op.create_index("ix_a", "revoked_token", ["id"])',
    ],
)
def test_a_change_of_a_chassis_table_is_found(source):
    assert find_changes_of_platform_tables(source)


def test_a_table_of_the_services_own_is_none_of_them():
    assert find_changes_of_platform_tables("CREATE TABLE council_theme (council text)") == []
    assert find_changes_of_platform_tables("ALTER TABLE role ADD council text") == []


def test_the_last_migration_has_the_greatest_number(service):
    """A service is ready when its database has the greatest number, so that must be the head."""
    assert migrations.read_scripts(service.name).get_heads() == [find_newest_revision(service.name)]
