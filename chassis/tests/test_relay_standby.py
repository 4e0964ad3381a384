"""A standby relay costs nothing and takes over; a client or a server that vanished is noticed."""

import asyncio
import ctypes
import socket
import struct
import time
from contextlib import asynccontextmanager, suppress

import asyncpg
import pytest
from consumer_harness import open_distant
from event_helpers import running_broker, write_note
from sqlalchemy import text

from chassis import relay
from chassis.database import Database, lock_session
from chassis.relay import Relay
from chassis.testing import eventually

LOCK = 7_420_777
KEEPALIVES = ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout")
_IS_HOLDER = """SELECT true FROM pg_locks JOIN pg_database ON pg_database.oid = database
    WHERE datname = current_database() AND locktype = 'advisory' AND granted AND pid = $1"""
_SESSION = (
    "SELECT query, state, wait_event, backend_xmin IS NULL AS frees FROM pg_stat_activity WHERE pid = $1"
)


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    """A server of these tests' own: consumers of other tests would have to process these events."""
    with running_broker(tmp_path_factory.mktemp("nats")) as broker:
        yield broker


@pytest.fixture
async def admin(postgres_url, database_url):
    """A superuser in the database, who sees what others' sessions do."""
    connection = await asyncpg.connect(postgres_url, database=database_url.rpartition("/")[2])
    yield connection
    await connection.execute("DROP TABLE IF EXISTS dead_rows")
    await connection.close()


@asynccontextmanager
async def running_relay(database, nc):
    connection = await relay.connect(database)
    task = asyncio.create_task(Relay(connection, nc).run())
    yield connection
    task.cancel()
    with suppress(asyncio.CancelledError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        await task
    connection.terminate()


async def becomes_holder(admin, connection, *, within=5.0):
    pid = connection.get_server_pid()
    await eventually(lambda: admin.fetchval(_IS_HOLDER, pid), within=within)


async def becomes_empty(admin):
    async def is_empty():
        return await admin.fetchval("SELECT count(*) FROM outbox") == 0

    await eventually(is_empty)


async def measure_after_vacuum(admin):
    """Make a table of dead rows, vacuum it, and return what is left of it in bytes."""
    await admin.execute("DROP TABLE IF EXISTS dead_rows")
    await admin.execute("CREATE TABLE dead_rows AS SELECT n FROM generate_series(1, 1000) n")
    await admin.execute("DELETE FROM dead_rows")
    await admin.execute("VACUUM dead_rows")
    return await admin.fetchval("SELECT pg_relation_size('dead_rows')")


async def test_a_standby_lets_vacuum_remove_rows_and_takes_over(database, nc, admin):
    async with running_relay(database, nc) as primary:
        await becomes_holder(admin, primary)
        async with running_relay(database, nc) as standby:
            pid = standby.get_server_pid()

            async def waits():
                row = await admin.fetchrow(_SESSION, pid)
                return "pg_try_advisory_lock" in row["query"] and row["state"] == "idle"

            await eventually(waits)
            assert (await admin.fetchrow(_SESSION, pid))["frees"]
            assert await measure_after_vacuum(admin) == 0
            assert not await admin.fetchval(_IS_HOLDER, pid)
            primary.terminate()  # as when its process is killed
            await becomes_holder(admin, standby)
            await write_note(database, "taken over")
            await becomes_empty(admin)


async def test_a_session_that_waits_for_the_lock_in_postgresql_holds_vacuum_up(database, admin):
    """The control: why a standby polls."""
    holder, waiter = await database.listen(), await database.listen()
    await holder.execute("SELECT pg_advisory_lock($1)", LOCK)
    waiting = asyncio.create_task(waiter.execute("SELECT pg_advisory_lock($1)", LOCK))

    async def waits():
        row = await admin.fetchrow(_SESSION, waiter.get_server_pid())
        return row["wait_event"] == "advisory" and not row["frees"]

    await eventually(waits)
    assert await measure_after_vacuum(admin) > 0
    holder.terminate()
    await waiting
    await waiter.close()


async def read_keepalives(fetchval):
    return [await fetchval(f"SHOW {name}") for name in KEEPALIVES]


async def test_every_connection_of_a_service_has_keepalives(database):
    expected = ["10", "5", "3", "25000"]
    connection = await database.listen()
    assert await read_keepalives(connection.fetchval) == expected
    await connection.close()
    async with database.fast.acquire() as pooled:
        assert await read_keepalives(pooled.fetchval) == expected
    for opening in (database.reading, database.writing):
        async with opening("citytown") as session:
            assert [await session.scalar(text(f"SHOW {name}")) for name in KEEPALIVES] == expected


async def test_keepalives_can_be_left_to_the_server(settings):
    database = Database(settings.model_copy(update={"tcp_timeout": 0}), "notes")
    connection = await database.listen()
    sources = "SELECT count(*) FROM pg_settings WHERE source = 'client' AND name LIKE 'tcp_%'"
    assert await connection.fetchval(sources) == 0
    await connection.close()
    await database.close()


def drop_all_packets(connection):
    """Let the kernel drop whatever comes for the client: no packet acknowledges anything from now on."""
    drop = struct.pack("HBBI", 0x06, 0, 0, 0)  # BPF: return 0 bytes
    buffer = ctypes.create_string_buffer(drop)
    program = struct.pack("HL", 1, ctypes.addressof(buffer))
    so_attach_filter = 26
    client = connection._transport.get_extra_info("socket")
    client.setsockopt(socket.SOL_SOCKET, so_attach_filter, program)


@pytest.mark.long
async def test_a_client_that_vanished_without_a_packet_loses_its_lock_within_30_seconds(database):
    vanished, standby = await database.listen(), await database.listen()
    await lock_session(vanished, LOCK)
    drop_all_packets(vanished)
    started = time.monotonic()
    async with asyncio.timeout(30):
        await lock_session(standby, LOCK)
    assert time.monotonic() - started > 5  # it was not free at once
    await standby.close()
    vanished.terminate()


async def test_the_relay_gives_up_a_server_that_does_not_answer(settings, nc, admin, monkeypatch):
    monkeypatch.setattr(relay, "_STATEMENT_TIMEOUT", 0.3)
    async with asyncio.timeout(15), open_distant(settings) as (database, proxy):
        connection = await relay.connect(database)
        publishing = asyncio.create_task(Relay(connection, nc).run())
        await becomes_holder(admin, connection)
        proxy.freeze()
        with pytest.raises(TimeoutError):
            await publishing
        connection.terminate()
        proxy.thaw()
