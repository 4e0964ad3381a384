"""From the outbox through NATS into the inbox: once, in order, whatever happens."""

import asyncio
from contextlib import suppress

import asyncpg
import pytest
from event_helpers import write_note
from notes.app import calls, note, notes
from prometheus_client import REGISTRY
from sqlalchemy import func, select

from chassis.delivery.dead_letters import DeadLetters
from chassis.delivery.runner import ConsumerRunner
from chassis.relay import Relay
from chassis.testing import eventually

COPIES = select(func.count()).select_from(note).where(note.c.text.like("copy of %"))


@pytest.fixture
async def runner(database, nc):
    runner = ConsumerRunner("notes", notes, database, nc)
    task = asyncio.create_task(runner.run())
    yield runner
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def count_copies(database, words):
    async with database.reading("citytown") as session:
        return await session.scalar(COPIES.where(note.c.text == f"copy of {words}"))


async def test_an_event_reaches_its_consumer_once(database, connection, js, nc, runner):
    await write_note(database, "hello")
    assert await Relay(connection, nc).drain() == 1
    assert await Relay(connection, nc).drain() == 0
    await eventually(lambda: count_copies(database, "hello"))
    assert await count_copies(database, "hello") == 1


async def test_an_event_published_twice_has_one_effect(database, connection, js, nc, runner):
    await write_note(database, "twice")
    (row,) = await connection.fetch("SELECT * FROM outbox")
    for _ in range(2):  # without the message id, so that the stream does not drop the second itself
        await js.publish(row["nats_subject"], row["envelope"].encode())
    await Relay(connection, nc).drain()
    await write_note(database, "after")
    await Relay(connection, nc).drain()
    await eventually(lambda: count_copies(database, "after"))
    assert await count_copies(database, "twice") == 1


async def test_a_batch_half_published_before_a_crash_is_completed_in_order(database, connection, nc, runner):
    for number in range(1, 6):
        await write_note(database, f"batch {number}", sequence=number)
    rows = await connection.fetch("SELECT * FROM outbox ORDER BY id")
    for row in rows[:2]:  # the relay died here: published, and not deleted
        await nc.jetstream().publish(
            row["nats_subject"], row["envelope"].encode(), headers={"Nats-Msg-Id": row["event_id"].hex}
        )
    assert await Relay(connection, nc).drain() == 5
    assert await connection.fetchval("SELECT count(*) FROM outbox") == 0
    await eventually(lambda: count_copies(database, "batch 5"))
    assert [call for call in calls if call.startswith("batch")] == [f"batch {n}" for n in range(1, 6)]


async def test_a_poisonous_event_is_buried_with_the_services_own_rights_and_counted(
    database, connection, nc, owner, runner, monkeypatch
):
    monkeypatch.setattr("chassis.delivery.settlement._RETRY_DELAYS", (0.05, 0.05))
    monkeypatch.setattr("chassis.delivery.runner._MEASURE_INTERVAL", 0.1)
    for words in ("before", "poison 1", "behind"):
        await write_note(database, words, subject=words)
    await Relay(connection, nc).drain()
    await eventually(lambda: count_copies(database, "behind"), within=30)
    assert calls.count("poison 1") >= 3
    (letter,) = [letter async for letter in DeadLetters(owner, "notes").list()]
    assert letter.detail == "RuntimeError: it is poison"
    assert letter.nats_subject == "townhall.citytown.notes.note.written"
    names = {"consumer": "notes-notes"}
    await eventually(
        lambda: REGISTRY.get_sample_value("townhall_consumer_dead_letters", names) == 1, within=20
    )


async def test_the_runtime_role_may_not_change_tables(database):
    connection = await database.listen()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("CREATE TABLE mine (n int)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("ALTER TABLE note DISABLE ROW LEVEL SECURITY")
    await connection.close()
