"""From the outbox through NATS into the inbox: once, in order, whatever happens."""

import asyncio
from contextlib import suppress
from types import SimpleNamespace

import asyncpg
import nats.errors
import nats.js.errors
import pytest
from event_helpers import write_note
from notes.app import calls, note, notes
from sqlalchemy import func, select, text

from chassis import ids
from chassis.deliveries import ConsumerRunner
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


async def test_a_poisonous_event_ends_in_the_dead_letters_and_holds_nobody_up(
    database, connection, js, nc, runner, monkeypatch, owner
):
    monkeypatch.setattr("chassis.deliveries._RETRY_DELAYS", (0.05, 0.05))
    for words in ("before", "poison 1", "behind"):
        await write_note(database, words, subject=words)
    await Relay(connection, nc).drain()
    await eventually(lambda: count_copies(database, "behind"), within=30)

    async def count_dead_letters():
        return (await js.stream_info("DEAD_NOTES")).state.messages

    assert await eventually(count_dead_letters, within=30) == 1
    assert calls.count("poison 1") >= 3
    letter = await js.get_msg("DEAD_NOTES", seq=None, subject="dead.notes.notes", next=True)
    assert "it is poison" in letter.headers["Townhall-Reason"]
    assert letter.headers["Townhall-Subject"] == "townhall.citytown.notes.note.written"
    replayer = ConsumerRunner("notes", notes, database, owner)
    assert await replayer.replay() == (0, 1)
    monkeypatch.setitem(
        notes.handlers,
        "notes.note.written.v1",
        SimpleNamespace(view=notes.handlers["notes.note.written.v1"].view, handle=write_copies),
    )
    assert await replayer.replay() == (1, 0)
    assert await count_dead_letters() == 0
    assert await count_copies(database, "poison 1") == 1


async def write_copies(session, events):
    for event in events:
        await session.execute(
            text("INSERT INTO note VALUES (:council, :id, :text)"),
            {"council": event.council, "id": ids.new(), "text": f"copy of {event.data.text}"},
        )


async def test_a_message_that_is_no_event_becomes_a_dead_letter_at_once(js, nc, runner):
    before = (await js.stream_info("DEAD_NOTES")).state.messages
    await js.publish("townhall.citytown.notes.note.written", b"\xff not json")

    async def has_one_more():
        return (await js.stream_info("DEAD_NOTES")).state.messages == before + 1

    await eventually(has_one_more)


async def read_last_reason(js):
    """Read the reason of the last dead letter; empty while there is none (JetStream answers 404)."""
    try:
        message = await js.get_last_msg("DEAD_NOTES", "dead.notes.notes")
    except nats.js.errors.NotFoundError:
        return ""
    return message.headers["Townhall-Reason"]


async def test_an_event_that_does_not_fit_the_view_becomes_a_dead_letter_that_names_the_field(
    database, connection, js, nc, runner
):
    await write_note(database, "x" * 60)
    await Relay(connection, nc).drain()

    async def names_the_field():
        reason = await read_last_reason(js)
        return "does not fit" in reason and "text" in reason

    await eventually(names_the_field)


async def test_the_runtime_role_may_not_change_tables(database):
    connection = await database.listen()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("CREATE TABLE mine (n int)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("ALTER TABLE note DISABLE ROW LEVEL SECURITY")
    await connection.close()
