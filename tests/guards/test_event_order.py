"""What holds an aggregate's events in the order of its changes: see ``chassis.relay``."""

import json
import re
from uuid import UUID

import asyncpg
import pytest

from chassis import ids
from chassis.testing import event_order, fresh_database
from tests.guards.conftest import service_of
from tests.guards.sources import production


@pytest.fixture
async def owner_url(postgres_url, service):
    async with fresh_database(postgres_url, service) as url:
        yield url.replace(f"//{service.name}:", f"//{service.name}_owner:")


def test_every_aggregate_that_events_are_about_has_its_row_declared(service):
    """So that ``event_order`` holds every test to writing that row before the event."""
    declared = [table.info["aggregate"] for table in event_order.list_aggregates(service)]
    assert sorted(declared) == sorted({event.aggregate() for event in service.publishes})


async def test_the_outbox_draws_its_ids_one_by_one(owner_url):
    """An identity that caches numbers gives a later change of an aggregate a lower id."""
    connection = await asyncpg.connect(owner_url)
    cache = (
        "SELECT seqcache FROM pg_sequence WHERE seqrelid = pg_get_serial_sequence('outbox', 'id')::regclass"
    )
    assert await connection.fetchval(cache) == 1
    await connection.close()


def test_no_production_code_waits_for_a_session_lock():
    """Waiting inside PostgreSQL holds a snapshot, for ever if the client dies: see ``lock_session``."""
    waits = re.compile(r"\bpg_advisory_lock(_shared)?\(")
    assert [str(path) for path in production() if waits.search(path.read_text())] == []
    assert waits.search("SELECT pg_advisory_lock($1)")


ADD_PROPERTY = """INSERT INTO blpu (council, uprn, logical_status, classification, easting, northing,
        postcode, postal, entry_date, start_date, last_update, version)
    SELECT 'citytown', uprn, 1, 'RD', 1, 1, '', 'D', now(), now(), now(), 1 FROM unnest($1::bigint[]) uprn"""


@pytest.fixture
async def property_events(postgres_url):
    """A connection to address's database, and a function that writes the event of a property."""
    async with fresh_database(postgres_url, service_of("address")) as url:
        connection = await asyncpg.connect(url)

        async def write(uprn, sequence, **members):
            await connection.execute(
                """INSERT INTO outbox (council, event_id, nats_subject, envelope)
                    VALUES ('citytown', $1, 'townhall.citytown.address.property.changed', $2)""",
                ids.new(),
                json.dumps({"subject": str(uprn), "sequence": sequence, **members}),
            )

        yield connection, write
        await connection.close()


async def test_an_event_after_the_write_of_its_row_is_accepted(property_events):
    connection, write = property_events
    async with connection.transaction():
        await connection.execute(ADD_PROPERTY, [1, 2])
        await write(1, 1)
    async with connection.transaction():
        async with connection.transaction():  # a savepoint
            await connection.execute("UPDATE blpu SET version = 2 WHERE uprn = 1")
        await write(1, 2)
    assert await connection.fetchval("SELECT count(*) FROM outbox") == 2


async def test_a_snapshot_needs_the_lock_of_its_row_only(property_events):
    connection, write = property_events
    await connection.execute(ADD_PROPERTY, [1, 2])
    async with connection.transaction():
        await connection.fetch("SELECT FROM blpu WHERE uprn = 1 FOR SHARE")
        await write(1, 1, snapshot=True)
    with pytest.raises(asyncpg.RaiseError, match=r"address.property 2 with sequence 1"):
        await write(2, 1, snapshot=True)


@pytest.mark.parametrize(
    ("uprn", "sequence"), [(1, 2), (2, 1), (3, 1)], ids=["another version", "only read", "not there"]
)
async def test_an_event_before_the_write_of_its_row_is_refused_in_every_test(property_events, uprn, sequence):
    connection, write = property_events
    await connection.execute(ADD_PROPERTY, [1, 2])
    with pytest.raises(asyncpg.RaiseError, match=f"address.property {uprn} with sequence {sequence}"):
        async with connection.transaction():
            await connection.execute("UPDATE blpu SET easting = 2 WHERE uprn = 1")
            await connection.fetch("SELECT FROM blpu WHERE uprn = 2 FOR UPDATE")
            await write(uprn, sequence)


async def test_the_ids_of_events_are_those_of_their_rows(property_events):
    connection, _ = property_events
    for each in (ids.new(), UUID(int=0), UUID(int=2**128 - 1)):
        assert await connection.fetchval("SELECT parse_id($1)", ids.show(each)) == each
