"""NATS loses everything, and copies are wrong in every way: told again from the record, they end equal."""

import shutil
import subprocess
import sys

import asyncpg
import pytest

from chassis.testing import eventually as wait_for
from dev import broker, ports, stack
from tests.waiting import eventually

pytestmark = pytest.mark.long

RECORD = """SELECT council, uprn, version AS sequence, easting, northing FROM blpu
    WHERE logical_status <> 8 ORDER BY council, uprn"""
COPY = """SELECT council, uprn, sequence, easting, northing FROM property_point
    WHERE NOT retired ORDER BY council, uprn"""
COUNCILS = "SELECT slug, name, status, version FROM council ORDER BY slug"
SPOIL = """
    UPDATE property_point SET sequence = 99, easting = 1 WHERE uprn % 3 = 0;
    UPDATE property_point SET sequence = 0, northing = 1 WHERE uprn % 3 = 1;
    DELETE FROM property_point WHERE uprn % 5 = 2;
    UPDATE council SET version = 99, name = 'of a change that was lost' WHERE slug = 'citytown';
    DELETE FROM council WHERE slug = 'hillshire';
    INSERT INTO revoked_token (council, id, expires_at) VALUES ('citytown', 'kept', now() + interval '1 hour')
"""


async def read(platform, database, statement):
    connection = await asyncpg.connect(url(platform, database))
    try:
        return [tuple(row) for row in await connection.fetch(statement)]
    finally:
        await connection.close()


async def execute(platform, database, statements):
    connection = await asyncpg.connect(url(platform, database))
    await connection.execute(statements)
    await connection.close()


def url(platform, database):
    stack_ = stack.Stack(platform.state, ports.Ports(platform.base))
    return stack.admin_url(stack_).rpartition("/")[0] + f"/{database}"


def run_as_operator(platform, *arguments, **environment):
    stack_ = stack.Stack(platform.state, ports.Ports(platform.base))
    environment = broker.owner_environment(stack_) | stack.base_environment() | environment
    subprocess.run([sys.executable, "-m", *arguments], env=environment, check=True, capture_output=True)


async def test_copies_end_equal_to_the_record_after_nats_lost_everything(platform, citytown):
    record = await read(platform, "address", RECORD)
    assert len(record) > 1_000
    before = platform.processes()["nats"]
    shutil.rmtree(platform.state / "nats" / "store")
    before.kill()
    eventually(lambda: platform.processes().get("nats", before).pid != before.pid)
    await execute(platform, "mapping", SPOIL)
    run_as_operator(platform, "chassis.broker", "streams", "--contract", str(broker.CONTRACT))
    stack_ = stack.Stack(platform.state, ports.Ports(platform.base))
    for service in ("identity", "address"):
        run_as_operator(platform, "chassis", "resync", service, **stack.service_environment(stack_, service))

    async def is_equal():
        return await read(platform, "mapping", COPY) == record and (
            await read(platform, "mapping", COUNCILS) == await read(platform, "identity", COUNCILS)
        )

    await wait_for(is_equal, within=60)
    assert await read(platform, "mapping", "SELECT id FROM revoked_token WHERE id = 'kept'")
    uprn = record[0][1]
    assert citytown.get(f"/citytown/mapping/v1/points/{uprn}").status_code == 200
