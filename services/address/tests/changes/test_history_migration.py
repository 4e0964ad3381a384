"""A gazetteer that was there before its past was kept comes through the migration whole."""

from datetime import date

import asyncpg
import pytest

from chassis import migrations
from chassis.testing import fresh_database

_BEFORE = (
    """INSERT INTO street (council, usrn, record_type, version, entry_date, last_update)
        VALUES ('citytown', 1, 1, 1, '2020-01-01', '2020-01-01')""",
    """INSERT INTO place (council, uprn, lpi_key, postcode, group_id, delivery, language, lpi_status,
            logical_status, classification, easting, northing, postal, street, usrn, version, entry_date,
            last_update, updated_at)
        VALUES ('citytown', 7, 'L7', 'BA1 1AA', gen_random_uuid(), true, 'ENG', 1, 1, 'RD', 1, 1, 'L', 'A RD',
            1, 2, '2020-02-29', '2021-01-01', now())""",
    """INSERT INTO history (council, uprn, version, actor, kind, changes) VALUES
        ('citytown', 7, 1, 'load/x', 'created', NULL),
        ('citytown', 7, 2, 'a', 'changed', '{"state": [1, 2]}')""",
)


@pytest.fixture
async def old(postgres_url, service):
    """A connection to a gazetteer of the second revision, with one property, and its owner's URL."""
    async with fresh_database(postgres_url, service) as url:
        owner = url.replace(f"//{service.name}:", f"//{service.name}_owner:")
        await migrations.migrate(service.name, owner, to="base")
        await migrations.migrate(service.name, owner, to="0002")
        connection = await asyncpg.connect(owner)
        for statement in _BEFORE:
            await connection.execute(statement)
        yield connection, owner
        await connection.close()


async def test_what_was_there_stands_since_it_was_entered_and_its_history_is_in_the_feed(old, service):
    connection, owner = old
    await migrations.migrate(service.name, owner)
    assert await connection.fetchval("SELECT valid_from FROM place") == date(2020, 2, 29)
    assert await connection.fetchval("SELECT count(*) FROM place_past") == 0
    rows = await connection.fetch("SELECT version FROM history ORDER BY xact, position")
    assert [row["version"] for row in rows] == [1, 2]
    with pytest.raises(asyncpg.RaiseError, match="keeps its rows"):
        await connection.execute("UPDATE history SET actor = 'nobody'")
    with pytest.raises(asyncpg.RaiseError, match="keeps its rows"):
        await connection.execute("DELETE FROM street_history")


async def test_a_change_never_stands_before_the_one_it_follows(old, service):
    """A transaction that began earlier may change a property later: its place is after, not before."""
    connection, owner = old
    await migrations.migrate(service.name, owner)
    late = """INSERT INTO history (council, uprn, version, actor, kind, xact)
        VALUES ('citytown', 7, 3, 'b', $1, '3')"""
    await connection.execute(late, "retired")
    xacts = await connection.fetch("SELECT xact::text::bigint AS xact FROM history ORDER BY version")
    assert xacts[0]["xact"] <= xacts[1]["xact"] == xacts[2]["xact"]
    with pytest.raises(asyncpg.CheckViolationError):
        await connection.execute(late.replace("7, 3", "7, 4"), "undone")
