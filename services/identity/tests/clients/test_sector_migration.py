"""Councils that were there before sectors keep every subject; an older service works on the new tables."""

import json

import asyncpg
import pytest

from chassis import migrations
from chassis.testing import fresh_database

_COUNCIL = "INSERT INTO council (slug, name, gss, region, version) VALUES ($1, $1, $1, 'local', 1)"
# As services before sectors write them.
_CLIENT = """INSERT INTO client (council, id, name, mode, scopes, secret_hash, generation, created_by,
        created_at)
    VALUES ($1, uuidv7(), $2, 'live', '{}', 'x', 1, 'a', now())"""
_GRANT = """INSERT INTO token_grant (council, id, client, account, session, scopes, request, created_at)
    VALUES ($1, uuidv7(), uuidv7(), uuidv7(), uuidv7(), '{}', '{}', now())"""
_NOTICE = """INSERT INTO logout_notice (council, id, client, uri, account, session, attempts, due_at, rs256)
    VALUES ($1, uuidv7(), uuidv7(), 'https://a.example', uuidv7(), uuidv7(), 0, now(), false)"""
_WAITING_NOTICE = """
    WITH granted AS (
        INSERT INTO token_grant (council, id, client, account, session, scopes, request, created_at)
        VALUES ('citytown', uuidv7(), uuidv7(), uuidv7(), uuidv7(), '{}',
            '{"backchannel_logout_uri": "https://service.example"}', now())
        RETURNING *)
    INSERT INTO logout_notice (council, id, client, uri, account, session, attempts, due_at, rs256)
    SELECT council, uuidv7(), client, 'https://service.example', account, session, 2,
        now() + interval '1 hour', false FROM granted
    RETURNING (SELECT id FROM granted)"""
_UPSTREAM = """INSERT INTO upstream (council, id, kind, audience, title, title_cy, issuer, client_id,
    authentication, scopes, subject_claim, provisioning, session_hours, enabled, version, created_by,
    updated_by, created_at, updated_at)
    VALUES ($1, uuidv7(), 'oidc', 'staff', 'a', 'a', 'https://id.example/', 'a', 'private_key_jwt',
    '{openid}', 'sub', 'scim', 8, true, 1, 'a', 'a', now(), now())"""
_TABLES = ("client", "token_grant", "logout_notice")


@pytest.fixture
async def owner_url(postgres_url, service):
    async with fresh_database(postgres_url, service) as url:
        yield url.replace(f"//{service.name}:", f"//{service.name}_owner:")


@pytest.fixture
async def connection(owner_url, service):
    """A connection to a database of before sectors, with one council."""
    await migrations.migrate(service.name, owner_url, to="base")
    await migrations.migrate(service.name, owner_url, to="0016")
    connection = await asyncpg.connect(owner_url)
    await connection.execute("SELECT set_config('app.council', '*', false)")
    await connection.execute(_COUNCIL, "oldtown")
    await write(connection, "oldtown", "before")
    yield connection
    await connection.close()


async def write(connection, council, name):
    """Write what an older service does."""
    await connection.execute(_CLIENT, council, name)
    for statement in (_GRANT, _NOTICE, _UPSTREAM):
        await connection.execute(statement, council)


async def sectors(connection, table, council):
    rows = await connection.fetch(f"SELECT sector FROM {table} WHERE council = $1", council)
    return {row["sector"] for row in rows}


async def test_a_council_from_before_keeps_the_slug_as_its_sector(connection, owner_url, service):
    """So every subject and session id that its services know is derived from what it was derived from."""
    await migrations.migrate(service.name, owner_url, to="0018")
    await write(connection, "oldtown", "by an older service, beside this one")
    for table in _TABLES:
        assert await sectors(connection, table, "oldtown") == {"oldtown"}
    slugs = await connection.fetch("SELECT DISTINCT url_slug FROM upstream")
    assert [row["url_slug"] for row in slugs] == ["oldtown"]
    assert await connection.fetchval("SELECT id FROM sector WHERE council = 'region'") == "region"

    grant = await connection.fetchval(_WAITING_NOTICE)
    await migrations.migrate(service.name, owner_url)
    [job] = await connection.fetch("SELECT * FROM job")
    assert (job["kind"], json.loads(job["payload"])) == (
        "identity.send_logout_token",
        {"grant": str(grant)},
    )
    assert (job["state"], job["failures"]) == (1, 2), "a logout token that waited is sent on"


async def test_a_new_council_has_a_sector_that_says_nothing(connection, owner_url, service):
    await migrations.migrate(service.name, owner_url)
    await connection.execute(_COUNCIL, "newtown")
    [sector] = [
        row["id"] for row in await connection.fetch("SELECT id FROM sector WHERE council = 'newtown'")
    ]
    await connection.execute(_CLIENT, "newtown", "Bins")
    assert await sectors(connection, "client", "newtown") == {sector}
    assert "newtown" not in sector
    assert len(sector) == 36
