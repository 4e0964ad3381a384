"""Upstreams that were registered before the rename keep who makes their staff, up and down."""

import asyncpg
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.ext.asyncio import create_async_engine

from chassis import migrations
from chassis.testing import fresh_database

_UPSTREAM = """INSERT INTO upstream (council, id, kind, audience, title, title_cy, issuer, client_id,
    authentication, scopes, subject_claim, joiners, session_hours, enabled, version, created_by, updated_by,
    created_at, updated_at)
    VALUES ('citytown', uuidv7(), 'oidc', 'staff', $1, $1, 'https://id.example/', $1, 'private_key_jwt',
    '{openid}', 'sub', $1, 8, true, 1, 'a', 'a', now(), now())"""


@pytest.fixture
async def owner_url(postgres_url, service):
    async with fresh_database(postgres_url, service) as url:
        yield url.replace(f"//{service.name}:", f"//{service.name}_owner:")


@pytest.fixture
async def connection(owner_url):
    opened = await asyncpg.connect(owner_url)
    await opened.execute("SELECT set_config('app.council', 'citytown', false)")
    yield opened
    await opened.close()


async def registered(connection, column):
    """The registrations' titles, which are the values before the rename, with the values now."""
    rows = await connection.fetch(f"SELECT title, {column} AS value FROM upstream ORDER BY title")
    return {row["title"]: row["value"] for row in rows}


def downgrade(connection, revision):
    with Operations.context(MigrationContext.configure(connection)):
        revision.downgrade()


async def test_who_makes_staff_is_kept_when_the_column_is_renamed(connection, owner_url, service):
    await migrations.migrate(service.name, owner_url, to="base")
    await migrations.migrate(service.name, owner_url, to="0015")
    for value in ("claims", "scim"):
        await connection.execute(_UPSTREAM, value)
    await migrations.migrate(service.name, owner_url)
    assert await registered(connection, "provisioning") == {"claims": "jit", "scim": "scim"}
    with pytest.raises(asyncpg.CheckViolationError):
        await connection.execute("UPDATE upstream SET provisioning = 'claims'")


async def test_the_old_name_and_value_come_back_with_a_downgrade(connection, owner_url, service):
    for value in ("jit", "scim"):
        await connection.execute(_UPSTREAM.replace("joiners", "provisioning"), value)
    revision = migrations.read_scripts(service.name).get_revision("0016").module
    engine = create_async_engine(owner_url.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.begin() as upgraded:
        await upgraded.run_sync(downgrade, revision)
    await engine.dispose()
    assert await registered(connection, "joiners") == {"jit": "claims", "scim": "scim"}
